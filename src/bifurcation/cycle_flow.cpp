// SPDX-License-Identifier: MIT
#include "cycle_flow.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/model/derivatives.hpp>
#include <utility>

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t degree = 6;      // of a step
constexpr double length_of_steps = 2;  // times |f_x|
constexpr double most_steps = 4;       // in an interval, whose mesh suits what is slow
constexpr int most_corrections = 8;
constexpr double corrected = 1e-10;  // of the states: the next correction is rounding

/// The largest |f_x| at the base points of an interval.
double rate_within(const problem& at, const piecewise& cycle, Index interval) {
    const Index n = cycle.values.rows();
    VectorXd f(n);
    MatrixXd fx(n, n);
    double most = 0;
    for (Index k = 0; k <= cycle.degree; ++k) {
        const VectorXd x = cycle.values.col(interval * cycle.degree + k);
        at.model->linear_in(view(x), at.parameters, {}, view(f), view(fx), {});
        most = std::max(most, fx.norm());
    }
    return most;
}

}  // namespace

cycle_flow::cycle_flow(const problem& at, const piecewise& cycle, double time, int more)
    : at_(at), basis_(degree) {
    const Index n = cycle.values.rows(), m = basis_.degree;
    for (Index j = 0; j < cycle.intervals(); ++j) {
        const double from = cycle.breaks[j], length = cycle.breaks[j + 1] - from;
        const double wanted =
            std::ceil(rate_within(at, cycle, j) * time * length / length_of_steps);
        const double count =
            more + (std::isfinite(wanted) ? std::clamp(wanted, 1.0, most_steps) : 1);
        MatrixXd base(n, m + 1);
        base.col(0) = cycle.values.col(j * cycle.degree);
        for (double k = 0; k < count; ++k) {
            for (Index i = 1; i <= m; ++i)
                base.col(i) = cycle.at(
                    from + length / count * (k + static_cast<double>(i) / static_cast<double>(m)));
            base.col(0) = add_step(base, time * length / count);
        }
    }
}

/// Rows S y - h f(V y) for the values y at base points, at each Gauss point; their derivative.
void cycle_flow::linearize(const MatrixXd& base, step& at, VectorXd& residual) const {
    const Index n = base.rows(), m = basis_.degree;
    VectorXd f(n);
    MatrixXd fx(n, n);
    auto inner = at.beside.inner();
    auto outer = at.beside.outer();
    at.cycle = base * basis_.values.transpose();
    for (Index i = 0; i < m; ++i) {
        at_.model->linear_in(view(at.cycle.col(i)), at_.parameters, {}, view(f), view(fx), {});
        residual.segment(i * n, n) = base * basis_.slopes.row(i).transpose() - at.time * f;
        for (Index k = 0; k <= m; ++k) {
            const MatrixXd block =
                basis_.slopes(i, k) * MatrixXd::Identity(n, n) - at.time * basis_.values(i, k) * fx;
            if (k == 0)
                outer.middleRows(i * n, n) = block;
            else
                inner.block(i * n, (k - 1) * n, n, n) = block;
        }
    }
}

/// @param base  a guess of the solution from its first point. Shape (n, degree + 1)
VectorXd cycle_flow::add_step(MatrixXd base, double time) {
    const Index n = base.rows(), m = basis_.degree;
    step& made = steps_.emplace_back();
    made.time = time;
    made.beside.resize(m * n, n);
    VectorXd change(m * n);
    for (int k = 0; k < most_corrections; ++k) {
        linearize(base, made, change);
        made.beside.condense();
        made.beside.solve(change);
        base.rightCols(m) -= change.reshaped(n, m);
        if (!(change.norm() > corrected * base.norm())) break;
    }
    return base.col(m);
}

MatrixXd cycle_flow::derivative() const {
    const Index n = steps_.front().cycle.rows();
    MatrixXd product = MatrixXd::Identity(n, n);
    for (const step& along : steps_) product = along.beside.outer().bottomRows(n) * product;
    return product;
}

/// The term of s^2 of f along y_1 s, or that of s^3 along y_1 s + y_2 s^2.
VectorXd cycle_flow::forcing(const step& along, const std::vector<MatrixXd>& lower) const {
    const Index n = along.cycle.rows(), m = basis_.degree;
    const auto orders = static_cast<Index>(lower.size());
    const std::vector<double> still(at_.parameters.size());
    VectorXd added = VectorXd::Zero(m * n);
    for (Index i = 0; orders > 0 && i < m; ++i) {
        MatrixXd y = MatrixXd::Zero(n, 4);
        y.col(0) = along.cycle.col(i);
        for (Index k = 0; k < orders; ++k) y.col(k + 1) = lower[static_cast<std::size_t>(k)].col(i);
        added.segment(i * n, n) = composed(*at_.model, y, at_.parameters, still).col(orders + 1);
    }
    return added;
}

MatrixXd cycle_flow::carried(MatrixXd start) const {
    const Index n = start.rows(), m = basis_.degree;
    for (const step& along : steps_) {
        std::vector<MatrixXd> at_nodes;  // each order at the Gauss points
        for (Index k = 0; k < start.cols(); ++k) {
            VectorXd y = along.time * forcing(along, at_nodes);
            along.beside.solve(y);
            y += along.beside.outer() * start.col(k);
            at_nodes.emplace_back(start.col(k) * basis_.values.col(0).transpose() +
                                  y.reshaped(n, m) * basis_.values.rightCols(m).transpose());
            start.col(k) = y.tail(n);
        }
    }
    return start;
}

}  // namespace moebius::detail
