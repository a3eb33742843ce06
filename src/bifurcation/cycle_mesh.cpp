// SPDX-License-Identifier: MIT
#include "cycle_mesh.hpp"

#include <algorithm>
#include <cmath>

#include "cycle_facts.hpp"

namespace moebius::detail {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double mesh_error = 1e-4;  // of interval_errors, in state scales: some 1e-9 in extremes

}  // namespace

Index intervals_for(const piecewise& values, double scale) {
    const double order = static_cast<double>(values.degree + 1);
    const double sum = interval_errors(values).array().pow(1 / order).sum();
    const double wanted =
        1.5 * sum / std::pow(mesh_error * scale, 1 / order);  // half is spread even
    return std::isfinite(wanted)
               ? static_cast<Index>(std::clamp(wanted, static_cast<double>(fewest_intervals),
                                               static_cast<double>(most_intervals)))
               : most_intervals;
}

bool too_coarse(const piecewise& values, double scale) {
    return values.intervals() < most_intervals &&
           interval_errors(values).maxCoeff() > 4 * mesh_error * scale;
}

double swing(const piecewise& values, const piecewise& like) {
    const auto around_mean = [](const piecewise& cycle) -> MatrixXd {
        return cycle.values.colwise() - cycle.values.rowwise().mean();
    };
    const MatrixXd way = around_mean(values);
    return std::copysign(way.norm(), way.cwiseProduct(around_mean(like)).sum());
}

VectorXd cycle_mark(const cycle_equations& curve, const VectorXd& u, double period) {
    const auto extremes = cycle_extremes(curve.problem_at(u), curve.values(u), curve.period(u));
    const auto count = static_cast<Index>(extremes.size());
    const Index first = curve.coordinate(0);
    VectorXd mark(count + 1 + u.size() - first);
    mark << Eigen::Map<const VectorXd>(extremes.data(), count), curve.period(u) / period,
        u.tail(u.size() - first);
    return mark;
}

}  // namespace moebius::detail
