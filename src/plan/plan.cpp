// SPDX-License-Identifier: MIT
#include <array>
#include <bit>
#include <cmath>
#include <moebius/base/random.hpp>
#include <moebius/io/checkpoint.hpp>
#include <moebius/plan/plan.hpp>

namespace moebius {
namespace {

/// A permutation of 0, ..., n - 1 that needs no list: a Feistel network on the next power of four,
/// walked until it is back below n, which takes four steps at most on average.
/// @source Black and Rogaway, CT-RSA 2002, section 4 (cycle walking)
std::uint64_t permuted(std::uint64_t i, std::uint64_t n, std::uint64_t seed) {
    if (n < 2) return i;
    const auto half = (static_cast<int>(std::bit_width(n - 1)) + 1) / 2;
    const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
    constexpr int rounds = 6;
    do {
        std::uint64_t left = i >> half, right = i & mask;
        for (int round = 0; round < rounds; ++round) {
            const auto mixed = derived_seed(seed + static_cast<std::uint64_t>(round), right) & mask;
            left = std::exchange(right, left ^ mixed);
        }
        i = left << half | right;
    } while (i >= n);
    return i;
}

/// A place in part `permuted(i)` of `samples`, as a share of the axis.
double latin_share(const sweep_plan& plan, std::size_t axis, std::uint64_t i) {
    const auto seed = derived_seed(plan.latin_seed, axis);
    const auto part = permuted(i, plan.samples, derived_seed(seed, 0));
    const auto word = derived_seed(derived_seed(seed, 1), i);
    const double within =
        uniform(static_cast<std::uint32_t>(word >> 32), static_cast<std::uint32_t>(word));
    return (static_cast<double>(part) + within) / static_cast<double>(plan.samples);
}

std::uint64_t places(const sweep_plan& plan) {
    if (plan.layout == plan_layout::latin) return plan.samples;
    if (plan.layout == plan_layout::list) return plan.axes.empty() ? 1 : plan.axes[0].size();
    std::uint64_t out = 1;
    for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) out *= plan.axis_size(axis);
    return out;
}

}  // namespace

double plan_axis::between(double share) const {
    if (share <= 0) return from;
    if (share >= 1) return to;
    if (!logarithmic) return from + share * (to - from);
    return from * std::exp(share * std::log(to / from));
}

double plan_axis::at(std::size_t i) const {
    if (!values.empty()) return values[i];
    return points < 2 ? from : between(static_cast<double>(i) / static_cast<double>(points - 1));
}

std::size_t sweep_plan::axis_size(std::size_t axis) const noexcept {
    const auto coarse = axes[axis].size();
    return refined.halvings == 0 || coarse < 2 ? coarse : ((coarse - 1) << refined.halvings) + 1;
}

double sweep_plan::axis_value(std::size_t axis, std::size_t i) const {
    if (refined.halvings == 0) return axes[axis].at(i);
    const auto last = axis_size(axis) - 1;
    return axes[axis].between(static_cast<double>(i) / static_cast<double>(last));
}

std::uint64_t sweep_plan::points() const noexcept {
    return places(*this) * (seeds.empty() ? 1 : seeds.size());
}

plan_point sweep_plan::point(std::uint64_t index) const {
    plan_point out;
    if (!seeds.empty()) {
        out.seed = seeds[index % seeds.size()];
        index /= seeds.size();
    }
    out.at.resize(axes.size());
    for (auto axis = axes.size(); axis-- > 0;) {
        if (layout == plan_layout::latin) {
            out.at[axis] = axes[axis].between(latin_share(*this, axis, index));
        } else if (layout == plan_layout::list) {
            out.at[axis] = axes[axis].at(index);
        } else {
            out.at[axis] = axis_value(axis, index % axis_size(axis));
            index /= axis_size(axis);
        }
    }
    return out;
}

std::uint64_t sweep_plan::hash() const noexcept { return fingerprint(text); }

}  // namespace moebius
