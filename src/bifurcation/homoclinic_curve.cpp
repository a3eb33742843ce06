// SPDX-License-Identifier: MIT
#include "homoclinic_curve.hpp"

#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectral_split.hpp>
#include <utility>

namespace moebius::detail {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// So many rows whose products with a projection of that rank are orthonormal, and span its rows.
MatrixXd rows_of(const MatrixXd& projection, Index rank) {
    const auto parts = svd(projection);
    return parts.values.head(rank).cwiseInverse().asDiagonal() * parts.u.leftCols(rank).transpose();
}

}  // namespace

VectorXd homoclinic_curve::scale_orbit(const piecewise& values, double period,
                                       const std::vector<double>& parameters,
                                       const VectorXd& saddle) const {
    VectorXd u = scale(values, period, parameters);
    u.tail(saddle.size()) = saddle.cwiseQuotient(units().tail(saddle.size()));
    return u;
}

saddle_point homoclinic_curve::saddle(const VectorXd& u) const {
    const problem at = problem_at(u);
    const auto n = static_cast<Index>(at.model->dimension());
    return saddle_at(at, u.tail(n).cwiseProduct(units().tail(n)));
}

bool homoclinic_curve::adapt(const VectorXd& u) {
    const saddle_point at = saddle(u);
    if (at.eigenvalues.empty()) return false;
    const Index n = at.x.size(), up = static_cast<Index>(unstable_);
    const MatrixXd upper = split_spectrum(at.fx, unstable_).upper;
    if (!upper.allFinite()) return false;
    returns_ = rows_of(upper, up);
    leaves_ = rows_of(MatrixXd::Identity(n, n) - upper, n - up);
    return true;
}

bool homoclinic_curve::linearize(const VectorXd& u, VectorXd& f) {
    const Index n = static_cast<Index>(base().model->dimension()), own = size() - 2 - 2 * n;
    if (!evaluate(u, f.head(own))) return false;
    f[own] = period(u) / period_ - 1;
    rows_ = MatrixXd::Zero(1 + 2 * n, size());
    const Index at = coordinate(0) - 1;
    rows_(0, at) = period(VectorXd::Unit(size(), at)) / period_;
    const saddle_point rest = saddle(u);
    if (rest.eigenvalues.empty()) return false;
    project(u, rest, f);
    return f.allFinite() && rows_.allFinite();
}

/// f(s, p) / |f_x| and the two projections, over the unit of states, and their derivatives.
void homoclinic_curve::project(const VectorXd& u, const saddle_point& at, VectorXd& f) {
    const Index n = at.x.size(), count = std::ssize(free()), back = returns_.rows(), gap = gap_at();
    const problem here = problem_at(u);
    const multilinear forms(*here.model, view(at.x), here.parameters, free());
    std::vector<MatrixXd> bends(static_cast<std::size_t>(n + count), MatrixXd(n, n));  // of f_x
    const MatrixXd along = MatrixXd::Identity(n + count, n + count);
    for (Index k = 0; k < n + count; ++k)
        for (Index j = 0; j < n; ++j)
            bends[static_cast<std::size_t>(k)].col(j) = forms.second(along.col(j), along.col(k));
    const auto [upper, turned] = split_spectrum(at.fx, unstable_, bends);

    const double scale = units()[gap];
    const VectorXd first = (u.head(n).cwiseProduct(units().head(n)) - at.x) / scale;
    const VectorXd last = first - u.segment(gap, n);  // in the same unit
    const MatrixXd leaving = leaves_ - leaves_ * upper, coming = returns_ * upper;
    f.tail(2 * n) << at.f / (scale * at.fx.norm()), leaving * first, coming * last;

    auto rest = rows_.middleRows(1, n), leave = rows_.middleRows(1 + n, n - back),
         come = rows_.bottomRows(back);
    leave.leftCols(n) = leaving;
    leave.rightCols(n) = -leaving;
    come.leftCols(n) = coming;
    come.middleCols(gap, n) = come.rightCols(n) = -coming;
    for (Index k = 0; k < n + count; ++k) {
        const Index to = k < n ? gap + n + k : coordinate(static_cast<std::size_t>(k - n));
        const MatrixXd& change = turned[static_cast<std::size_t>(k)];
        rest.col(to) = k < n
                           ? at.fx.col(k)
                           : at.fp.col(static_cast<Index>(free()[static_cast<std::size_t>(k - n)]));
        leave.col(to) -= leaves_ * change * first * scale;
        come.col(to) += returns_ * change * last * scale;
    }
    rest /= at.fx.norm();
    rows_.bottomRows(2 * n) *= (units() / scale).asDiagonal();
}

void homoclinic_curve::factor(const VectorXd& row) {
    row_ = row;
    MatrixXd rows(rows_.rows() + 1, size());
    rows << rows_, row.transpose();
    border(rows);
}

void homoclinic_curve::rebase(VectorXd& u, VectorXd& direction, Index intervals) {
    const saddle_point at = saddle(u);
    const auto parts = static_cast<double>(beyond().order);
    carried_orbit now{values(u), values(direction).values, period(u) / parts};
    if (!at.eigenvalues.empty() && !near_saddle_node(at, unstable_))
        truncate(now, problem_at(u), at, unstable_);
    piecewise change = now.values;
    change.values = now.change;
    period_ = now.time * parts;
    cycle_equations::rebase(u, direction, {now.values, period_}, {change, 0}, intervals);
}

}  // namespace moebius::detail
