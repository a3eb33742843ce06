// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/continuation/check_start.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/newton.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr double degenerate = 1e-12;  // a cubic term over the state's size, against f_x: rounding
constexpr double double_zero = 1e-5;  // second smallest singular value of f_x against the largest
constexpr double right_angle = 1e-6;  // cosine of null vectors: the second eigenvalue over f_x

/// Of a structured f_x by its eigenvalues, without n^3 operations: those above zero and two more.
bool has_two_zeros(const linear_terms& terms) {
    if (terms.is_structured()) {
        const auto n = static_cast<std::size_t>(terms.f().size());
        const std::size_t above = terms.stability_here(1).n_unstable;
        const auto leading = terms.stability_here(std::min(n, above + 2)).leading;
        const double small = double_zero * terms.jacobian_norm();
        return std::count_if(leading.begin(), leading.end(),
                             [&](auto value) { return std::abs(value) < small; }) > 1;
    }
    const VectorXd values = singular_values_of(terms.jacobian());
    return values.size() > 1 && values[values.size() - 2] < double_zero * values[0];
}

}  // namespace

fold_curve::fold_curve(const problem& base, const std::vector<parameter_range>& ranges, double step)
    : zero_eigenvalue_curve(base, ranges, step), bend_(scaling_.units().size()) {
    derivative_ = terms_.new_linearization();
}

Index fold_curve::unknowns() const { return scaling_.units().size(); }

bool fold_curve::bend_at(const VectorXd& u) {
    if (!solve_at(u)) return false;
    model().curvature(x_, p_, scaling_.free(), view(w_), view(v_), view(bend_));
    return bend_.allFinite();
}

bool fold_curve::linearize(const VectorXd& u, VectorXd& f) {
    if (!bend_at(u)) return false;
    f << terms_.f(), g_;
    const VectorXd row = -bend_;
    terms_.fill(*derivative_, scaling_.units(), {&row, 1});
    return true;
}

outcome fold_curve::newton_step(const VectorXd& u, VectorXd& f, VectorXd& step) {
    if (!bend_at(u)) return outcome::not_finite;
    f << terms_.f(), g_;
    terms_.fill(*derivative_, scaling_.units(), {});
    derivative_->factor((-bend_).cwiseProduct(scaling_.units()));
    step = f;
    derivative_->solve_in_place(step);
    return step.allFinite() ? outcome::converged : outcome::singular_jacobian;
}

double fold_curve::quadratic(const VectorXd& u) {
    bend_at(u);
    return bend_.head(v_.size()).dot(v_);
}

std::vector<test_function> fold_curve::tests() {
    auto tests = zero_tests();
    tests.push_back({point_type::CP, [this](const curve_point& at) { return quadratic(at.u); }});
    return tests;
}

std::optional<special_point> fold_curve::described(point_type type, const VectorXd& u) {
    if (type != point_type::CP) return described_zero(type, u);
    solve_at(u);
    if (has_two_zeros(terms_)) return std::nullopt;  // then the quadratic term is that of none
    auto point = point_at(model(), type, x_, p_);
    const auto form = centre_manifold_at(model(), x_, p_);
    const double size = std::max(model().state_scale(p_),
                                 u.head(states()).lpNorm<Eigen::Infinity>() * scaling_.units()[0]);
    if (std::abs(form.cubic) * size * size < degenerate * terms_.jacobian_norm())
        return std::nullopt;  // as far out, where the quadratic term is rounding
    point.normal_form = {{"quadratic", form.quadratic}, {"cubic", form.cubic}};
    point.criticality = form.cubic < 0 ? "supercritical" : "subcritical";
    point.residual = std::max({point.residual, std::abs(g_), std::abs(2 * form.quadratic)});
    return point;
}

std::span<const std::string_view> fold_curve::column_names() const {
    static constexpr std::array<std::string_view, 1> names{"quadratic"};
    return names;
}

/// Half of w^T f_xx(v, v), the normal form's coefficient of w^2.
std::vector<double> fold_curve::columns(const VectorXd& u) { return {quadratic(u) / 2}; }

bool centre_manifold::is_double_zero() const {
    return std::abs(null.left.dot(null.right)) <=
           right_angle * null.left.norm() * null.right.norm();
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
    return {w.dot(vv) / 2, w.dot(forms.third(v) + 3 * forms.second(v, h2)) / 6, null};
}

std::optional<special_point> find_fold(const problem& base, const parameter_range& range,
                                       const std::vector<double>& x, const std::vector<double>& p) {
    special_point near;
    near.label = "start";
    near.state = x;
    near.parameters = p;
    check_start(*base.model, near, "find_fold");
    problem here = base;
    here.parameters = p;
    fold_curve folds(here, {range});
    const VectorXd start = folds.start(near);
    if (start.size() == 0) return std::nullopt;
    const auto found =
        newton_by_steps([&](const VectorXd& u, VectorXd& f,
                            VectorXd& step) { return folds.newton_step(u, f, step); },
                        start);
    if (!found) return std::nullopt;
    std::vector<double> x_fold = x, p_fold = p;
    folds.units().unscale(found.u, x_fold, p_fold);
    const auto form = centre_manifold_at(*base.model, x_fold, p_fold);
    auto point = form.is_double_zero() ? bogdanov_takens_point(*base.model, x_fold, p_fold)
                                       : point_at(*base.model, point_type::LP, x_fold, p_fold);
    point.residual = std::max(point.residual, found.residual);
    if (point.type == point_type::BT) return point;
    linear_terms terms(*base.model, {base.index_of(range.name)});
    terms.evaluate(x_fold, p_fold);
    const auto null = terms.null_vectors_here();
    const double slope = null.left.dot(terms.by_parameters().col(0)) / null.left.dot(null.right);
    point.normal_form = {{"quadratic", form.quadratic}, {"parameter", slope}};
    return point;
}

}  // namespace moebius
