// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
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

/// A value of a grid as one would write it, of 15 digits of `scale`: the sum or power that gives it
/// may be 9.999999999999998. Where steps are as small as that, it stays.
double as_written(double value, double scale, double step) {
    constexpr int digits = 15;
    if (!(scale > 0) || !(step > 1e-11 * scale)) return value;
    constexpr double just_above = 1 + 1e-14;  // 0.09999999999999999 is of the scale of 0.1
    const int decimals = digits - 1 - static_cast<int>(std::floor(std::log10(scale * just_above)));
    if (decimals < 0) return value;
    const auto text = fmt::format("{:.{}f}", value, decimals);
    double out = value;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out + 0.0;  // no zero has a sign
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

double plan_axis::on_grid(std::size_t i, std::size_t last) const {
    if (i == 0 || last == 0) return from;
    if (i >= last) return to;
    const auto steps = static_cast<double>(last);
    if (logarithmic) {
        const auto step = std::log(static_cast<long double>(to) / from) / steps;
        const auto value = static_cast<double>(from * std::exp(static_cast<long double>(i) * step));
        return as_written(value, value, value * std::abs(static_cast<double>(step)));
    }
    const double value = between(static_cast<double>(i) / steps);
    return as_written(value, std::max(std::abs(from), std::abs(to)), std::abs(to - from) / steps);
}

double plan_axis::at(std::size_t i) const {
    return values.empty() ? on_grid(i, points - 1) : values[i];
}

std::size_t sweep_plan::axis_size(std::size_t axis) const noexcept {
    const auto coarse = axes[axis].size();
    return refined.halvings == 0 || coarse < 2 ? coarse : ((coarse - 1) << refined.halvings) + 1;
}

double sweep_plan::axis_value(std::size_t axis, std::size_t i) const {
    if (refined.halvings == 0) return axes[axis].at(i);
    return axes[axis].on_grid(i, axis_size(axis) - 1);
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
