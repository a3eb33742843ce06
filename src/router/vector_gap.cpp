// SPDX-License-Identifier: MIT
//
// Two experts, filter and settle as in vector_choice.cpp: the first wins if u < p, p = 1/(1 +
// exp(-z)). Of the less likely expert, whose share is q = e/(1 + e), e = exp(-|z|), and of v = u or
// 1 - u on its side, only the sign of v (1 + e) - e is asked: in float, unless it is too close to
// 0.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "vector_choice.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector_gap.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "vector_math.hpp"

HWY_BEFORE_NAMESPACE();
namespace moebius::HWY_NAMESPACE {

/// out = beta (l_1 - l_2 + gap) as the plain code computes it, at most 80 either way, in float; NaN
/// if it is not finite.
void gaps(double beta, double gap, const double* logits, std::size_t n, float* out) {
    const hn::ScalableTag<double> d;
    const hn::Rebind<float, decltype(d)> half;
    const auto scale = hn::Set(d, beta), scores = hn::Set(d, gap), most = hn::Set(d, 80.0);
    const auto finite = hn::Set(d, std::numeric_limits<double>::max());
    const auto none = hn::Set(d, std::numeric_limits<double>::quiet_NaN());
    std::size_t t = 0;
    for (; t + hn::Lanes(d) <= n; t += hn::Lanes(d)) {
        auto first = scores, second = scores;
        hn::LoadInterleaved2(d, logits + 2 * t, first, second);
        const auto z = hn::Mul(scale, hn::Add(hn::Sub(first, second), scores));
        const auto held = hn::Max(hn::Min(z, most), hn::Neg(most));
        const auto sound = hn::Le(hn::Abs(z), finite);
        hn::StoreU(hn::DemoteTo(half, hn::IfThenElse(sound, held, none)), half, out + t);
    }
    for (; t < n; ++t) {
        const double z = beta * (logits[2 * t] - logits[2 * t + 1] + gap);
        out[t] = std::isfinite(z) ? static_cast<float>(std::clamp(z, -80.0, 80.0))
                                  : std::numeric_limits<float>::quiet_NaN();
    }
}

/// Gives how many choices are clear; the others are no_expert. All arrays have spare lanes.
///
/// v is within 2e-7 of itself and e within 2e-7 + 3e-7 |z|; where |z| > 24, q is below the least v
/// by a third of it. So the sign is right where it is further from 0 than 2e-5 e.
std::size_t toss(const float* z, const std::uint32_t* words, std::size_t n,
                 std::uint32_t* choices) {
    const lanes_f d;
    const lanes_u du;
    std::size_t clear = 0;
    for (std::size_t t = 0; t < n; t += hn::Lanes(d)) {
        const vf at = hn::LoadU(d, z + t);
        const vu word = hn::LoadU(du, words + t);
        const auto negative = hn::Lt(at, hn::Zero(d));
        const auto turned = hn::IfThenElse(hn::RebindMask(du, negative), word, hn::Not(word));
        const vf v = hn::MulAdd(number_of(turned), hn::Set(d, 0x1p-32F), hn::Set(d, 0x1p-33F));
        const vf e = exponential_of(hn::Neg(hn::Abs(at)));
        const vf away = hn::MulAdd(v, e, hn::Sub(v, e));
        const auto sure = hn::Gt(hn::Abs(away), hn::Mul(e, hn::Set(d, 2e-5F)));
        const auto unlikely = hn::Lt(away, hn::Zero(d));
        const auto second = hn::RebindMask(du, hn::Xor(negative, unlikely));
        const auto choice = hn::IfThenElseZero(second, hn::Set(du, 1U));
        hn::StoreU(hn::IfThenElse(hn::RebindMask(du, sure), choice, hn::Set(du, no_expert)), du,
                   choices + t);
    }
    for (std::size_t t = 0; t < n; ++t) clear += choices[t] != no_expert ? 1U : 0U;
    return clear;
}

}  // namespace moebius::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius {
namespace {

HWY_EXPORT(gaps);
HWY_EXPORT(toss);

}  // namespace

std::size_t toss_clear(const top1& router, std::span<const double> logits,
                       std::span<const double> scores, std::span<const random_block> words,
                       std::span<std::uint32_t> choices) {
    std::array<float, tokens_at_once + spare_lanes> z{};
    std::array<std::uint32_t, tokens_at_once + spare_lanes> first{}, chosen{};
    const double gap = scores[0] - scores[1];
    if (logits.empty()) {
        const double same = router.beta * gap;
        z.fill(std::isfinite(same) ? static_cast<float>(std::clamp(same, -80.0, 80.0))
                                   : std::numeric_limits<float>::quiet_NaN());
    }
    std::size_t clear = 0;
    for (std::size_t t = 0; t < choices.size(); t += tokens_at_once) {
        const std::size_t n = std::min(tokens_at_once, choices.size() - t);
        if (!logits.empty())
            HWY_DYNAMIC_DISPATCH(gaps)(router.beta, gap, logits.data() + 2 * t, n, z.data());
        for (std::size_t i = 0; i < n; ++i) first[i] = words[t + i][0];
        clear += HWY_DYNAMIC_DISPATCH(toss)(z.data(), first.data(), n, chosen.data());
        std::copy_n(chosen.begin(), n, choices.begin() + static_cast<std::ptrdiff_t>(t));
    }
    return clear;
}

}  // namespace moebius
#endif
