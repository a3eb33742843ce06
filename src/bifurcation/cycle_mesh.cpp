// SPDX-License-Identifier: MIT
#include "cycle_mesh.hpp"

#include <algorithm>
#include <cmath>

namespace moebius::detail {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// At the mesh points collocation of degree m errs by (m!)^4 / (2m)!^3 h^(2m) u^(2m) or so in all,
/// and the extremes, from x, x' and x'' at three of them, by 0.385^3 / 9! h^9 u^(9). A tenth of
/// what that allows: derivatives are taken to grow as powers, and meshes suit the cycle of some
/// steps ago.
double smooth_error_for(double tolerance, Index degree) {
    const double m = static_cast<double>(degree);
    const double at_mesh = std::exp(4 * std::lgamma(m + 1) - 3 * std::lgamma(2 * m + 1));
    constexpr double between = 1.6e-7, share = 0.03;
    return share * std::min(std::pow(tolerance / between, (m + 1) / 9),
                            std::pow(tolerance / at_mesh, (m + 1) / (2 * m)));
}

/// Between Radau's points, of degree 4, the polynomial errs by 1/4! of the integral of
/// (s - c_1) ... (s - c_4) of the interval's error, 4.8e-5 at most.
double damped_error_for(double tolerance) { return tolerance / 4.8e-5; }

double interval_error_for(double tolerance, const piecewise& values) {
    const double smooth = smooth_error_for(tolerance, values.degree);
    if (values.rules.empty()) return smooth;
    return std::min(smooth,
                    fast_modes_for(tolerance, values.degree).counts * damped_error_for(tolerance));
}

VectorXd errors_for(const piecewise& values, double tolerance) {
    return interval_errors(values, fast_modes_for(tolerance, values.degree).counts);
}

}  // namespace

/// From 15 time constants on Gauss's points, of degree 4, keep more than 7 % of what decays; 5 is
/// where the slopes of such a mode begin to show at 1e-8.
cycle_equations::fast_modes fast_modes_for(double tolerance, Index degree) {
    constexpr double first = 5, last = 15, most_counts = 4;
    const double finer = smooth_error_for(tolerance, degree) / damped_error_for(tolerance);
    return {std::clamp(first * std::pow(tolerance / 1e-8, 0.125), first, last),
            std::clamp(finer, 1.0, most_counts)};
}

Index fewest_intervals_of(const twist& beyond) {
    return (fewest_intervals + beyond.order - 1) / beyond.order + (beyond.order > 1 ? 1 : 0);
}

Index intervals_for(const piecewise& values, double scale, double tolerance) {
    const double order = static_cast<double>(values.degree + 1);
    const double sum = errors_for(values, tolerance).array().pow(1 / order).sum();
    const double error = interval_error_for(tolerance, values) * scale;
    const double wanted = 1.5 * sum / std::pow(error, 1 / order);  // half is spread even
    const Index fewest = fewest_intervals_of(values.beyond);
    return std::isfinite(wanted)
               ? static_cast<Index>(std::clamp(wanted, static_cast<double>(fewest),
                                               static_cast<double>(most_intervals)))
               : most_intervals;
}

bool too_coarse(const piecewise& values, double scale, double tolerance) {
    return values.intervals() < most_intervals &&
           errors_for(values, tolerance).maxCoeff() >
               2 * interval_error_for(tolerance, values) * scale;
}

double swing(const piecewise& values, const piecewise& like) {
    const auto around_mean = [](const piecewise& cycle) -> MatrixXd {
        return cycle.values.colwise() - cycle.values.rowwise().mean();
    };
    const MatrixXd way = around_mean(values);
    return std::copysign(way.norm(), way.cwiseProduct(around_mean(like)).sum());
}

}  // namespace moebius::detail
