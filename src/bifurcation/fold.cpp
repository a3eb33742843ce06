// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <cmath>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/newton.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

fold_curve::fold_curve(const problem& base, const std::vector<parameter_range>& ranges)
    : base_(base), scaling_(base, ranges), x_(base.model->dimension()), p_(base.parameters) {
    const auto n = static_cast<Index>(x_.size());
    f_.resize(n);
    b_ = c_ = v_ = w_ = VectorXd::Constant(n, 1 / std::sqrt(static_cast<double>(n)));
    fx_.resize(n, n);
    fp_.resize(n, static_cast<Index>(p_.size()));
}

Index fold_curve::unknowns() const { return scaling_.units().size(); }

/// Sets f, f_x, f_p and the solutions v, w, g of the bordered systems at u.
void fold_curve::null_vectors_at(const VectorXd& u) {
    const auto n = static_cast<Index>(x_.size());
    scaling_.unscale(u, x_, p_);
    base_.model->linear(x_.data(), p_.data(), f_.data(), fx_.data(), fp_.data());
    if (n == 1) {
        v_[0] = w_[0] = 1;
        g_ = -fx_(0, 0);
        return;
    }
    MatrixXd bordered(n + 1, n + 1);
    bordered << fx_, b_, c_.transpose(), 0;
    const Eigen::PartialPivLU<MatrixXd> lu(bordered);
    const VectorXd right = lu.solve(VectorXd::Unit(n + 1, n));
    const VectorXd left = lu.transpose().solve(VectorXd::Unit(n + 1, n));
    v_ = right.head(n);
    w_ = left.head(n);
    g_ = right[n];
}

void fold_curve::evaluate(const VectorXd& u, VectorXd& f, MatrixXd& df) {
    const auto n = static_cast<Index>(x_.size());
    const Index free = unknowns() - n;
    null_vectors_at(u);
    f.head(n) = f_;
    f[n] = g_;
    df.topLeftCorner(n, n) = fx_;
    for (Index k = 0; k < free; ++k)
        df.col(n + k).head(n) =
            fp_.col(static_cast<Index>(scaling_.free()[static_cast<std::size_t>(k)]));
    VectorXd v = VectorXd::Zero(n + free);
    v.head(n) = v_;
    const multilinear forms(*base_.model, x_, p_, scaling_.free());
    df.row(n) = -forms.hessian_times(w_, v).transpose();
    df = df * scaling_.units().asDiagonal();
}

void fold_curve::adapt(const VectorXd& u) {
    if (x_.size() == 1) return;
    scaling_.unscale(u, x_, p_);
    base_.model->linear(x_.data(), p_.data(), f_.data(), fx_.data(), fp_.data());
    const auto null = null_vectors(fx_);
    b_ = null.left;
    c_ = null.right;
}

double fold_curve::quadratic(const VectorXd& u) {
    null_vectors_at(u);
    VectorXd v = VectorXd::Zero(unknowns());
    v.head(v_.size()) = v_;
    const multilinear forms(*base_.model, x_, p_, scaling_.free());
    return w_.dot(forms.second(v));
}

special_point point_at(const field& model, point_type type, const std::vector<double>& x,
                       const std::vector<double>& p) {
    const auto n = static_cast<Index>(x.size());
    VectorXd f(n);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(p.size()));
    model.linear(x.data(), p.data(), f.data(), fx.data(), fp.data());
    special_point point;
    point.type = type;
    point.state = x;
    point.parameters = p;
    point.eigenvalues = eigenvalues(fx);
    point.residual = f.lpNorm<Eigen::Infinity>();
    return point;
}

centre_manifold centre_manifold_at(const field& model, const std::vector<double>& x,
                                   const std::vector<double>& p) {
    const auto n = static_cast<Index>(x.size());
    VectorXd f(n);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(p.size()));
    model.linear(x.data(), p.data(), f.data(), fx.data(), fp.data());
    const auto null = null_vectors(fx);
    const VectorXd v = null.right;
    const VectorXd w = null.left / null.left.dot(v);
    const multilinear forms(model, x, p, {});
    const VectorXd vv = forms.second(v);
    // h2 solves f_x h2 = (w . f_xx(v, v)) v - f_xx(v, v) with w . h2 = 0
    MatrixXd bordered(n + 1, n + 1);
    bordered << fx, v, w.transpose(), 0;
    VectorXd right(n + 1);
    right << w.dot(vv) * v - vv, 0;
    const VectorXd h2 = bordered.fullPivLu().solve(right).head(n);
    return {w.dot(vv) / 2, w.dot(forms.third(v) + 3 * forms.second(v, h2)) / 6};
}

std::optional<special_point> find_fold(const problem& base, const parameter_range& range,
                                       const std::vector<double>& x, const std::vector<double>& p) {
    problem here = base;
    here.parameters = p;
    fold_curve folds(here, {range});
    const VectorXd start = folds.units().scale(x, p);
    folds.adapt(start);
    const auto found = newton(
        [&](const VectorXd& u, VectorXd& f, MatrixXd& df) { folds.evaluate(u, f, df); }, start);
    if (!found) return std::nullopt;
    std::vector<double> x_fold = x, p_fold = p;
    folds.units().unscale(found.u, x_fold, p_fold);
    auto point = point_at(*base.model, point_type::LP, x_fold, p_fold);
    point.residual = std::max(point.residual, found.residual);
    const auto form = centre_manifold_at(*base.model, x_fold, p_fold);
    const auto n = static_cast<Index>(x.size());
    VectorXd f(n);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(p.size()));
    base.model->linear(x_fold.data(), p_fold.data(), f.data(), fx.data(), fp.data());
    const auto null = null_vectors(fx);
    const double slope = null.left.dot(fp.col(static_cast<Index>(base.index_of(range.name)))) /
                         null.left.dot(null.right);
    point.normal_form = {{"quadratic", form.quadratic}, {"parameter", slope}};
    return point;
}

}  // namespace moebius
