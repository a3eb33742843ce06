// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/bifurcation/cycle_fold_curve.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

cycle_fold_curve::cycle_fold_curve(const problem& base, const std::vector<parameter_range>& ranges,
                                   const orbit& start)
    : cycle_equations(base, ranges, start), d_(0.8, 0.6) {}

void cycle_fold_curve::solve() {
    const Index last = size() - 1;
    MatrixXd rows = MatrixXd::Zero(2, size());
    rows.row(0) = c_.transpose();
    rows(1, last - 1) = -d_[1];
    rows(1, last) = d_[0];
    border(rows);
    v_ = VectorXd::Unit(size(), last - 1);
    solve_bordered(v_);
    w_ = VectorXd::Zero(size());
    w_.tail(2) = d_;
    solve_bordered_transposed(w_);
}

bool cycle_fold_curve::adapt(const VectorXd& u) {
    VectorXd f(size() - 2);
    if (!evaluate(u, f)) return false;
    c_ = generic_vector(size());
    for (int pass = 0; pass < 2; ++pass) {  // the second time with borders that suit
        c_.tail(2).setZero();
        c_.normalize();
        solve();
        // w^T F_p = d - s d', s the part of w that belongs to the row d' across d
        const double s = w_[size() - 1];
        d_ = Eigen::Vector2d(d_[0] + s * d_[1], d_[1] - s * d_[0]).normalized();
        c_ = v_;
        if (!v_.allFinite() || !d_.allFinite()) return false;
    }
    c_.tail(2).setZero();
    c_.normalize();
    return true;
}

bool cycle_fold_curve::linearize(const VectorXd& u, VectorXd& f) {
    const Index last = size() - 2;
    if (!evaluate(u, f.head(last))) return false;
    solve();
    if (!v_.allFinite() || !w_.allFinite()) return false;
    f[last] = d_.dot(v_.tail<2>());
    change_ = -bent(u, w_, variation_of(v_));
    const VectorXd along = v_.head(last);
    quadratic_ = change_.head(last).dot(along) / along.squaredNorm();
    return change_.allFinite();
}

void cycle_fold_curve::factor(const VectorXd& row) {
    row_ = row;
    MatrixXd rows(2, size());
    rows << change_.transpose(), row.transpose();
    border(rows);
}

/// As of cycle_curve.
double cycle_fold_curve::regularity(const VectorXd& tangent) const {
    return border_regularity() / row_.dot(tangent);
}

}  // namespace moebius
