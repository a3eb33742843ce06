// SPDX-License-Identifier: MIT
#include "halved_cycle.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <utility>

#include "cycle_mesh.hpp"

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double first_slope_step = 1e-3;  // of the scaled parameter, to which a window is 20
constexpr double shorter = 0.1;            // where there is no cycle
constexpr double rounding = 1e-13;         // of the parameter: no nearer
constexpr double doubles = 1e-6;           // |mu + 1| of a cycle that does
constexpr int most_secants = 20;
constexpr Index finer = 2;  // as many intervals as usual, as where doublings are looked for

/// The mean of a cycle's halves, on a mesh for it.
piecewise mean_of_halves(const piecewise& twice, double scale, double tolerance) {
    const Index intervals = std::max<Index>(fewest_intervals, twice.intervals() / 2);
    const Index points = intervals * twice.degree;
    const VectorXd mesh = equidistributed(twice, 2 * intervals);
    piecewise half{mesh.head(intervals + 1) / mesh[intervals], twice.degree, {}};
    half.values.resize(twice.values.rows(), points + 1);
    for (Index k = 0; k <= points; ++k) {
        const Index j = std::min(k / half.degree, intervals - 1);
        const double within =
            static_cast<double>(k - j * half.degree) / static_cast<double>(half.degree);
        const double t = std::lerp(half.breaks[j], half.breaks[j + 1], within);
        half.values.col(k) = (twice.at(t / 2) + twice.at(t / 2 + 0.5)) / 2;
    }
    half.values.rightCols(1) = half.values.leftCols(1);
    const Index wanted = std::min(finer * intervals_for(half, scale, tolerance), most_intervals);
    return resampled(half, equidistributed(half, wanted));
}

/// mu + 1 of the multiplier nearest to -1.
double off_minus_one(const cycle_curve& curve) {
    const auto all = curve.multipliers().others;
    std::complex<double> nearest = std::numeric_limits<double>::infinity();
    for (const auto mu : all)
        if (std::abs(mu + 1.0) < std::abs(nearest + 1.0)) nearest = mu;
    return nearest.real() + 1;
}

}  // namespace

std::optional<doubling_cycle> doubling_of_half(const cycle_curve& on, const parameter_range& range,
                                               const piecewise& near, double period, double scaled,
                                               const continuation_options& options) {
    const auto& base = on.base();
    const double scale = base.model->state_scale(base.parameters);
    const piecewise half = mean_of_halves(near, scale, options.tolerance);
    doubling_cycle found{cycle_curve(base, range, orbit_of(half, period / 2)),
                         {},
                         std::numeric_limits<double>::infinity()};
    const Index p = found.curve.size() - 1;
    tracer trace(found.curve, options);
    VectorXd u = found.curve.scale(half, period / 2, base.parameters);
    const auto value = [&](double at) -> std::optional<double> {
        u[p] = at;
        if (!trace.start_at(u, p, 1)) return std::nullopt;
        u = trace.current().u;
        return off_minus_one(found.curve);
    };
    double before = scaled, here = scaled + first_slope_step;
    auto was = value(before);
    for (int k = 0; was && k < most_secants; ++k) {
        const auto now = value(here);
        if (!now) {  // as beyond a fold that is next to it
            here = std::lerp(before, here, shorter);
            continue;
        }
        found.at = trace.current();
        found.missed = std::abs(*now);
        const double change = *now * (here - before) / (*now - *was);
        if (!(std::abs(change) > rounding * (1 + std::abs(here)))) break;
        before = std::exchange(here, here - change);
        was = now;
    }
    if (!was || !(found.missed < doubles)) return std::nullopt;
    return found;
}

}  // namespace moebius::detail
