// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <moebius/bifurcation/branch_point_curve.hpp>
#include <moebius/bifurcation/pair_curve.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::Matrix2d;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// The solutions of [m b; c^T 0] (V, G) = (0, I) and of its transpose.
struct plane {
    MatrixXd right, left;  // V and W, (n, 2)
    Matrix2d g;

    plane(const MatrixXd& m, const MatrixXd& b, const MatrixXd& c) {
        const Index n = m.rows();
        MatrixXd bordered = MatrixXd::Zero(n + 2, n + 2);
        bordered.topLeftCorner(n, n) = m;
        bordered.topRightCorner(n, 2) = b;
        bordered.bottomLeftCorner(2, n) = c.transpose();
        const partial_lu<double> lu(bordered);
        MatrixXd unit = MatrixXd::Zero(n + 2, 2);
        unit.bottomRows(2).setIdentity();
        const MatrixXd solved = lu.solve_each(unit);
        right = solved.topRows(n);
        g = solved.bottomRows(2);
        left.resize(n, 2);
        for (Index j = 0; j < 2; ++j) {
            const VectorXd transposed = lu.solve_transposed(unit.col(j));
            left.col(j) = transposed.head(n);
        }
    }
};

/// Columns f_xx(a, e_j) over states and free parameters. Shape (n, n + free)
MatrixXd second_columns(const multilinear& forms, const VectorXd& a, Index states) {
    MatrixXd columns(states, a.size());
    for (Index j = 0; j < a.size(); ++j)
        columns.col(j) = forms.second(a, VectorXd::Unit(a.size(), j));
    return columns;
}

}  // namespace

pair_curve::pair_curve(const problem& base, const std::vector<parameter_range>& ranges)
    : bifurcation_curve(base, ranges), ranges_(ranges) {}

Index pair_curve::unknowns() const { return scaling_.units().size() + 1; }

MatrixXd pair_curve::matrix(const quadratic& at) const {
    const MatrixXd& fx = terms_.jacobian();
    return fx * fx + at.r * fx + at.t * MatrixXd::Identity(fx.rows(), fx.cols());
}

bool pair_curve::adapt(const VectorXd& u) {
    if (states() < 2 || !terms_at(u)) return false;  // one alone has no pair
    const MatrixXd m = matrix(of(u[unknowns() - 1]));
    if (!m.allFinite()) return false;
    const auto near = svd(m);
    const MatrixXd b = near.u.rightCols(2), c = near.v.rightCols(2);
    const plane at(m, b, c);
    const Matrix2d a = c.transpose() * terms_.jacobian() * at.right;
    const Matrix2d traceless = a - a.trace() / 2 * Matrix2d::Identity();
    // G = -(W^T V)((tr(A) + r) A + (t - det A))
    const Matrix2d inverse = (at.left.transpose() * at.right).inverse().transpose() / unit();
    const Matrix2d other = inverse * traceless / traceless.norm();
    if (!inverse.allFinite() || !other.allFinite()) return false;
    b_ = b;
    c_ = c;
    weight_ = {inverse / 2, other};
    return true;
}

void pair_curve::evaluate(const VectorXd& u, VectorXd& f, MatrixXd& df) {
    const Index n = states(), last = unknowns() - 1;
    const bool finite = terms_at(u);
    const auto [r, t, r_by, t_by] = of(u[last]);
    const MatrixXd m = matrix({r, t, r_by, t_by});
    if (!finite || !m.allFinite()) return not_finite(f, df);
    const plane at(m, b_, c_);
    const MatrixXd fx = terms_.jacobian();
    f.head(n) = terms_.f();
    df.setZero();
    df.topLeftCorner(n, n) = fx;
    for (Index k = 0; k < free(); ++k) df.col(n + k).head(n) = by_parameter(k);
    for (Index i = 0; i < 2; ++i)
        f[n + i] = weight_[static_cast<std::size_t>(i)].cwiseProduct(at.g).sum();
    // dG = -W^T (f_x' f_x + f_x f_x' + r f_x' + dr f_x + dt) V
    const multilinear forms(model(), x_, p_, scaling_.free());
    for (Index j = 0; j < 2; ++j) {
        const VectorXd v = at.right.col(j), image = fx * v;
        const MatrixXd change = second_columns(forms, along_states(image + r * v), n) +
                                fx * second_columns(forms, along_states(v), n);
        for (Index i = 0; i < 2; ++i) {
            const VectorXd y = at.left * weight_[static_cast<std::size_t>(i)].col(j);
            df.row(n + i).head(last) -= y.transpose() * change;
            df(n + i, last) -= y.dot(r_by * image + t_by * v);
        }
    }
    df.leftCols(last) = df.leftCols(last) * scaling_.units().asDiagonal();
}

VectorXd pair_curve::crossing_tangent(const VectorXd& u) {
    VectorXd f(unknowns() - 1);
    MatrixXd df(unknowns() - 1, unknowns()), full(unknowns(), unknowns());
    evaluate(u, f, df);
    full << df, along_states(null_vectors(terms_.jacobian()).right).transpose(), 0;
    return null_vectors(full).right;
}

/// The curve of branch points tells them exactly.
std::optional<VectorXd> pair_curve::zeros_at_crossing(const VectorXd& u) {
    terms_at(u);
    special_point near;
    near.state = x_;
    near.parameters = p_;
    branch_point_curve crossings(base_, ranges_);
    const auto exact = crossings.bogdanov_takens_near(near);
    if (!exact) return std::nullopt;
    VectorXd found = u;
    found.head(exact->size()) = *exact;
    return found;
}

}  // namespace moebius
