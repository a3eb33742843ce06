// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/model/derivatives.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr std::size_t whole_spectrum = 1024;  // states; beyond it O(n^2) would be felt
constexpr std::size_t leading_few = 16;       // eigenvalues that are told there

}  // namespace

fold_curve::fold_curve(const problem& base, const std::vector<parameter_range>& ranges)
    : base_(base),
      scaling_(base, ranges),
      terms_(*base_.model, {scaling_.free().begin(), scaling_.free().end()}),
      derivative_(terms_.new_linearization()),
      x_(base.model->dimension()),
      p_(base.parameters) {
    const auto n = static_cast<Index>(x_.size());
    b_ = c_ = v_ = w_ = VectorXd::Constant(n, 1 / std::sqrt(static_cast<double>(n)));
    bend_.resize(unknowns());
}

/// Sets f, f_x, f_p, the solutions v, w, g of the bordered systems at u, and the gradient of -g.
bool fold_curve::null_vectors_at(const VectorXd& u) {
    const auto n = static_cast<Index>(x_.size());
    scaling_.unscale(u, x_, p_);
    if (!terms_.evaluate(x_, p_)) return false;
    if (n == 1) {
        v_[0] = w_[0] = 1;
        g_ = -terms_.jacobian()(0, 0);
    } else {
        const VectorXd e = VectorXd::Unit(n + 1, n);
        const VectorXd right = terms_.bordered_solve(linear_terms::side::right, b_, c_, e);
        const VectorXd left = terms_.bordered_solve(linear_terms::side::left, c_, b_, e);
        v_ = right.head(n);
        w_ = left.head(n);
        g_ = right[n];
    }
    base_.model->curvature(x_.data(), p_.data(), scaling_.free(), w_.data(), v_.data(),
                           bend_.data());
    return std::isfinite(g_) && bend_.allFinite();
}

bool fold_curve::linearize(const VectorXd& u, VectorXd& f) {
    if (!null_vectors_at(u)) return false;
    f << terms_.f(), g_;
    const VectorXd row = -bend_;
    terms_.fill(*derivative_, scaling_.units(), {&row, 1});
    return true;
}

outcome fold_curve::newton_step(const VectorXd& u, VectorXd& f, VectorXd& step) {
    if (!null_vectors_at(u)) return outcome::not_finite;
    f << terms_.f(), g_;
    terms_.fill(*derivative_, scaling_.units(), {});
    derivative_->factor((-bend_).cwiseProduct(scaling_.units()));
    step = f;
    derivative_->solve_in_place(step);
    return step.allFinite() ? outcome::converged : outcome::singular_jacobian;
}

void fold_curve::adapt(const VectorXd& u) {
    if (x_.size() == 1) return;
    scaling_.unscale(u, x_, p_);
    if (!terms_.evaluate(x_, p_)) return;
    const auto null = terms_.null_vectors_here();
    b_ = null.left;
    c_ = null.right;
}

double fold_curve::quadratic(const VectorXd& u) {
    null_vectors_at(u);
    return bend_.head(v_.size()).dot(v_);
}

special_point point_at(const field& model, point_type type, const std::vector<double>& x,
                       const std::vector<double>& p) {
    linear_terms terms(model, {});
    terms.evaluate(x, p);
    special_point point;
    point.type = type;
    point.state = x;
    point.parameters = p;
    point.eigenvalues =
        terms.stability_here(x.size() <= whole_spectrum ? x.size() : leading_few).leading;
    point.residual = terms.f().lpNorm<Eigen::Infinity>();
    return point;
}

centre_manifold centre_manifold_at(const field& model, const std::vector<double>& x,
                                   const std::vector<double>& p) {
    const auto n = static_cast<Index>(x.size());
    linear_terms terms(model, {});
    terms.evaluate(x, p);
    const auto null = terms.null_vectors_here();
    const VectorXd v = null.right;
    const VectorXd w = null.left / null.left.dot(v);
    const multilinear forms(model, x, p, {});
    const VectorXd vv = forms.second(v);
    // h2 solves f_x h2 = (w . f_xx(v, v)) v - f_xx(v, v) with w . h2 = 0
    VectorXd right(n + 1);
    right << w.dot(vv) * v - vv, 0;
    const VectorXd h2 = terms.bordered_solve(linear_terms::side::right, v, w, right).head(n);
    return {w.dot(vv) / 2, w.dot(forms.third(v) + 3 * forms.second(v, h2)) / 6};
}

std::optional<special_point> find_fold(const problem& base, const parameter_range& range,
                                       const std::vector<double>& x, const std::vector<double>& p) {
    problem here = base;
    here.parameters = p;
    fold_curve folds(here, {range});
    const VectorXd start = folds.units().scale(x, p);
    folds.adapt(start);
    const auto found =
        newton_by_steps([&](const VectorXd& u, VectorXd& f,
                            VectorXd& step) { return folds.newton_step(u, f, step); },
                        start);
    if (!found) return std::nullopt;
    std::vector<double> x_fold = x, p_fold = p;
    folds.units().unscale(found.u, x_fold, p_fold);
    auto point = point_at(*base.model, point_type::LP, x_fold, p_fold);
    point.residual = std::max(point.residual, found.residual);
    const auto form = centre_manifold_at(*base.model, x_fold, p_fold);
    linear_terms terms(*base.model, {base.index_of(range.name)});
    terms.evaluate(x_fold, p_fold);
    const auto null = terms.null_vectors_here();
    const double slope = null.left.dot(terms.by_parameters().col(0)) / null.left.dot(null.right);
    point.normal_form = {{"quadratic", form.quadratic}, {"parameter", slope}};
    return point;
}

}  // namespace moebius
