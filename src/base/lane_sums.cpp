// SPDX-License-Identifier: MIT
#include <moebius/base/lane_sums.hpp>

#include <algorithm>

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

/// As folded() of all lanes; a target without vectors has no halves.
template <class D>
double folded_lanes(D, hn::Vec<D> all) {
#if HWY_TARGET != HWY_SCALAR
    if constexpr (hn::MaxLanes(D()) > 1) {
        const hn::Half<D> half;
        return folded_lanes(half, hn::Add(hn::LowerHalf(half, all), hn::UpperHalf(half, all)));
    }
#endif
    return hn::GetLane(all);
}

/// Sum of all lanes, and of numbers that fill no row of them.
/// @param rest  gives number i of these, which joins lane i
template <typename Rest>
double folded(vd (&row)[parts], std::size_t rest_count, const Rest& rest) {
    const lanes d;
    if (rest_count > 0) {
        double s[sum_lanes];
        for (std::size_t part = 0; part < parts; ++part) hn::StoreU(row[part], d, s + part * wide);
        for (std::size_t i = 0; i < rest_count; ++i) s[i] += rest(i);
        return moebius::folded(s);
    }
    for (std::size_t half = parts / 2; half > 0; half /= 2)
        for (std::size_t part = 0; part < half; ++part)
            row[part] = hn::Add(row[part], row[part + half]);
    return folded_lanes(d, row[0]);
}

lane_total total_of(const double* values, std::size_t count) {
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
    for (std::size_t part = 1; part < parts; ++part) most[0] = hn::Max(most[0], most[part]);
    double largest = hn::GetLane(hn::MaxOfLanes(d, most[0]));
    const double all = folded(sum, count - at, [&](std::size_t i) {
        largest = std::max(largest, values[at + i]);
        return values[at + i];
    });
    return {all, largest};
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

double add_change(const double* values, std::size_t count, double* last, double* sums) {
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
    return folded(square, count - at, [&](std::size_t i) {
        const double change = values[at + i] - last[at + i];
        last[at + i] = values[at + i];
        sums[at + i] += values[at + i];
        return change * change;
    });
}

/// @param abreast  columns, as each waits for its own sum alone
/// @param to       (abreast) of as many columns
template <std::size_t abreast>
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
    for (std::size_t c = 0; c < abreast; ++c)
        to[c] = folded(sum[c], count - at,
                       [&](std::size_t i) { return columns[c * count + at + i] * values[at + i]; });
}

/// @param number  of columns, a multiple of 4
void products_with(const double* columns, std::size_t count, const double* values, double* to,
                   std::size_t number) {
    constexpr std::size_t most = parts == 1 ? 8 : 4;  // whose sums registers hold
    std::size_t c = 0;
    for (; c + most <= number; c += most)
        add_products<most>(columns + c * count, values, count, to + c);
    for (; c < number; c += 4) add_products<4>(columns + c * count, values, count, to + c);
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

/// Not where one is NaN.
bool all_within(const double* values, std::size_t count, double least, double most) {
    const lanes d;
    const vd low = hn::Set(d, least), high = hn::Set(d, most);
    auto good = hn::Eq(low, low);
    std::size_t at = 0;
    for (; at + wide <= count; at += wide) {
        const vd value = hn::LoadU(d, values + at);
        good = hn::And(good, hn::And(hn::Ge(value, low), hn::Le(value, high)));
    }
    bool out = hn::AllTrue(d, good);
    for (; at < count; ++at) out = out && values[at] >= least && values[at] <= most;
    return out;
}

}  // namespace moebius::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius {
namespace {

HWY_EXPORT(total_of);
HWY_EXPORT(add_scaled);
HWY_EXPORT(add_to);
HWY_EXPORT(add_floats_to);
HWY_EXPORT(round_to);
HWY_EXPORT(scale_to);
HWY_EXPORT(add_change);
HWY_EXPORT(products_with);
HWY_EXPORT(none_changes);
HWY_EXPORT(all_within);

}  // namespace

lane_total lane_total_of(std::span<const double> values) {
    return HWY_DYNAMIC_DISPATCH(total_of)(values.data(), values.size());
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
    return HWY_DYNAMIC_DISPATCH(add_change)(values.data(), values.size(), last.data(), sums.data());
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

bool are_within(std::span<const double> values, double least, double most) {
    return HWY_DYNAMIC_DISPATCH(all_within)(values.data(), values.size(), least, most);
}

}  // namespace moebius
#endif
