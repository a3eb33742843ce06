// SPDX-License-Identifier: MIT
#include <moebius/base/lane_sums.hpp>

#include <algorithm>
#include <array>

#include "lane_fold.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lane_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace moebius::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using lanes = hn::CappedTag<double, sum_lanes>;
using vd = hn::Vec<lanes>;
constexpr std::size_t wide = hn::MaxLanes(lanes()), parts = sum_lanes / wide;

/// @param sums, largest  (sum_lanes)
/// @returns how many values are in them: the last ones, which fill no row of lanes, are not
std::size_t add_lanes(const double* values, std::size_t count, double* sums, double* largest) {
    const lanes d;
    vd sum[parts], most[parts];
    for (std::size_t part = 0; part < parts; ++part) sum[part] = most[part] = hn::Zero(d);
    std::size_t at = 0;
    for (; at + sum_lanes <= count; at += sum_lanes)
        for (std::size_t part = 0; part < parts; ++part) {
            const vd next = hn::LoadU(d, values + at + part * wide);
            sum[part] = hn::Add(sum[part], next);
            most[part] = hn::Max(most[part], next);
        }
    for (std::size_t part = 0; part < parts; ++part) {
        hn::StoreU(sum[part], d, sums + part * wide);
        hn::StoreU(most[part], d, largest + part * wide);
    }
    return at;
}

void add_to(double* sums, const double* values, std::size_t count) {
    const lanes d;
    std::size_t at = 0;
    for (; at + wide <= count; at += wide)
        hn::StoreU(hn::Add(hn::LoadU(d, sums + at), hn::LoadU(d, values + at)), d, sums + at);
    for (; at < count; ++at) sums[at] += values[at];
}

void add_floats_to(double* sums, const float* values, std::size_t count) {
    const lanes d;
    const hn::Rebind<float, lanes> f;
    std::size_t at = 0;
    for (; at + wide <= count; at += wide) {
        const vd next = hn::PromoteTo(d, hn::LoadU(f, values + at));
        hn::StoreU(hn::Add(hn::LoadU(d, sums + at), next), d, sums + at);
    }
    for (; at < count; ++at) sums[at] += static_cast<double>(values[at]);
}

void round_to(const double* values, std::size_t count, float* to) {
    const lanes d;
    const hn::Rebind<float, lanes> f;
    std::size_t at = 0;
    for (; at + wide <= count; at += wide)
        hn::StoreU(hn::DemoteTo(f, hn::LoadU(d, values + at)), f, to + at);
    for (; at < count; ++at) to[at] = static_cast<float>(values[at]);
}

void scale_to(const double* values, std::size_t count, double scale, double* to) {
    const lanes d;
    const vd factor = hn::Set(d, scale);
    std::size_t at = 0;
    for (; at + wide <= count; at += wide)
        hn::StoreU(hn::Mul(factor, hn::LoadU(d, values + at)), d, to + at);
    for (; at < count; ++at) to[at] = scale * values[at];
}

/// @param squares  (sum_lanes)
/// @returns how many values are in them
std::size_t add_change(const double* values, std::size_t count, double* last, double* sums,
                       double* squares) {
    const lanes d;
    vd square[parts];
    for (auto& one : square) one = hn::Zero(d);
    std::size_t at = 0;
    for (; at + sum_lanes <= count; at += sum_lanes)
        for (std::size_t part = 0; part < parts; ++part) {
            const std::size_t k = at + part * wide;
            const vd next = hn::LoadU(d, values + k);
            const vd change = hn::Sub(next, hn::LoadU(d, last + k));
            square[part] = hn::Add(square[part], hn::Mul(change, change));
            hn::StoreU(next, d, last + k);
            hn::StoreU(hn::Add(hn::LoadU(d, sums + k), next), d, sums + k);
        }
    for (std::size_t part = 0; part < parts; ++part)
        hn::StoreU(square[part], d, squares + part * wide);
    return at;
}

constexpr std::size_t abreast = 4;  ///< columns: each waits for its own sum alone

/// @param to  (abreast) of as many columns
void add_products(const double* columns, const double* values, std::size_t count, double* to) {
    const lanes d;
    vd sum[abreast][parts];
    for (auto& column : sum)
        for (auto& one : column) one = hn::Zero(d);
    std::size_t at = 0;
    for (; at + sum_lanes <= count; at += sum_lanes)
        for (std::size_t part = 0; part < parts; ++part) {
            const std::size_t k = at + part * wide;
            const vd value = hn::LoadU(d, values + k);
            for (std::size_t c = 0; c < abreast; ++c)
                sum[c][part] =
                    hn::Add(sum[c][part], hn::Mul(hn::LoadU(d, columns + c * count + k), value));
        }
    for (std::size_t c = 0; c < abreast; ++c) {
        double s[sum_lanes];
        for (std::size_t part = 0; part < parts; ++part)
            hn::StoreU(sum[c][part], d, s + part * wide);
        for (std::size_t i = 0; at + i < count; ++i)
            s[i] += columns[c * count + at + i] * values[at + i];
        to[c] = folded(s);
    }
}

/// @param number  of columns, a multiple of `abreast`
void products_with(const double* columns, std::size_t count, const double* values, double* to,
                   std::size_t number) {
    for (std::size_t c = 0; c < number; c += abreast)
        add_products(columns + c * count, values, count, to + c);
}

void add_scaled(const double* values, std::size_t count, double scale, double* sums,
                double* squares) {
    const lanes d;
    const vd factor = hn::Set(d, scale);
    std::size_t at = 0;
    for (; at + wide <= count; at += wide) {
        const vd value = hn::Mul(factor, hn::LoadU(d, values + at));
        hn::StoreU(hn::Add(hn::LoadU(d, sums + at), value), d, sums + at);
        hn::StoreU(hn::Add(hn::LoadU(d, squares + at), hn::Mul(value, value)), d, squares + at);
    }
    for (; at < count; ++at) {
        const double value = scale * values[at];
        sums[at] += value;
        squares[at] += value * value;
    }
}

/// Whether none changes where 2^52 is added and taken off again, which takes fractions off.
bool none_changes(const double* values, std::size_t count) {
    const lanes d;
    const vd whole_from = hn::Set(d, 0x1p52);
    auto changed = hn::MaskFromVec(hn::Zero(d));
    std::size_t at = 0;
    for (; at + wide <= count; at += wide) {
        const vd value = hn::LoadU(d, values + at);
        const vd rounded = hn::Sub(hn::Add(value, whole_from), whole_from);
        changed = hn::Or(changed, hn::Ne(rounded, value));
    }
    bool out = hn::AllFalse(d, changed);
    for (; at < count; ++at) out = out && (values[at] + 0x1p52) - 0x1p52 == values[at];
    return out;
}

}  // namespace moebius::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius {
namespace {

HWY_EXPORT(add_lanes);
HWY_EXPORT(add_scaled);
HWY_EXPORT(add_to);
HWY_EXPORT(add_floats_to);
HWY_EXPORT(round_to);
HWY_EXPORT(scale_to);
HWY_EXPORT(add_change);
HWY_EXPORT(products_with);
HWY_EXPORT(none_changes);

}  // namespace

lane_total lane_total_of(std::span<const double> values) {
    std::array<double, sum_lanes> sums{}, largest{};
    const std::size_t taken =
        HWY_DYNAMIC_DISPATCH(add_lanes)(values.data(), values.size(), sums.data(), largest.data());
    for (std::size_t i = 0; taken + i < values.size(); ++i) {
        const double value = values.data()[taken + i];
        sums[i] += value;
        largest[i] = std::max(largest[i], value);
    }
    for (std::size_t half = sum_lanes / 2; half > 0; half /= 2)
        for (std::size_t i = 0; i < half; ++i) {
            sums[i] += sums[i + half];
            largest[i] = std::max(largest[i], largest[i + half]);
        }
    return {sums[0], largest[0]};
}

void add_scaled(std::span<const double> values, double scale, std::span<double> sums,
                std::span<double> squares) {
    HWY_DYNAMIC_DISPATCH(add_scaled)
    (values.data(), values.size(), scale, sums.data(), squares.data());
}

void scale_to(std::span<const double> values, double scale, std::span<double> to) {
    HWY_DYNAMIC_DISPATCH(scale_to)(values.data(), values.size(), scale, to.data());
}

double add_change(std::span<const double> values, std::span<double> last, std::span<double> sums) {
    std::array<double, sum_lanes> s{};
    const std::size_t taken = HWY_DYNAMIC_DISPATCH(add_change)(values.data(), values.size(),
                                                               last.data(), sums.data(), s.data());
    for (std::size_t i = 0, at = taken; at < values.size(); ++at, ++i) {
        const double change = values.data()[at] - last.data()[at];
        s[i] += change * change;
        last.data()[at] = values.data()[at];
        sums.data()[at] += values.data()[at];
    }
    return folded(s.data());
}

void products_with(std::span<const double> columns, std::span<const double> values,
                   std::span<double> to) {
    HWY_DYNAMIC_DISPATCH(products_with)
    (columns.data(), values.size(), values.data(), to.data(), to.size());
}

void add_to(std::span<double> sums, std::span<const double> values) {
    HWY_DYNAMIC_DISPATCH(add_to)(sums.data(), values.data(), values.size());
}

void add_to(std::span<double> sums, std::span<const float> values) {
    HWY_DYNAMIC_DISPATCH(add_floats_to)(sums.data(), values.data(), values.size());
}

void round_to(std::span<const double> values, std::span<float> to) {
    HWY_DYNAMIC_DISPATCH(round_to)(values.data(), values.size(), to.data());
}

bool are_whole(std::span<const double> values) {
    constexpr double whole_from = 0x1p52;  // numbers from there on have no fractions
    return HWY_DYNAMIC_DISPATCH(none_changes)(values.data(), values.size()) ||
           std::all_of(values.begin(), values.end(), [](double value) {
               return value >= whole_from || (value + whole_from) - whole_from == value;
           });
}

}  // namespace moebius
#endif
