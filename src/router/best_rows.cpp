// SPDX-License-Identifier: MIT
#include <moebius/router/best_rows.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "best_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "vector_math.hpp"

HWY_BEFORE_NAMESPACE();
namespace moebius::HWY_NAMESPACE {
HWY_INLINE best_of_row best_of(const float* logits, float beta, std::span<const float> scores) {
    const lanes_f d;
    const lanes_u du;
    const std::size_t lanes = hn::Lanes(d);
    // not minus infinity: the largest of its lanes is the lowest number where vectors are emulated
    const auto scale = hn::Set(d, beta), none = hn::Set(d, hwy::LowestValue<float>());
    auto best = none, second = none;
    auto at = hn::Zero(du);
    for (std::size_t e = 0; e < scores.size(); e += lanes) {
        const auto v = hn::Mul(scale, hn::Add(hn::LoadU(d, logits + e), hn::LoadU(d, &scores[e])));
        const auto more = hn::Gt(v, best);
        second = hn::Max(second, hn::IfThenElse(more, best, v));
        best = hn::IfThenElse(more, v, best);
        at = hn::IfThenElse(hn::RebindMask(du, more), hn::Iota(du, static_cast<std::uint32_t>(e)),
                            at);
    }
    const auto top = hn::MaxOfLanes(d, best);
    const auto of_all = hn::RebindMask(du, hn::Eq(best, top));
    const auto where = hn::MinOfLanes(du, hn::IfThenElse(of_all, at, hn::Set(du, ~0U)));
    // of the lane of the winner its second, of the others their best
    const auto others = hn::IfThenElse(hn::RebindMask(d, hn::Eq(at, where)), second, best);
    auto sum = hn::Zero(d);
    for (std::size_t e = 0; e < scores.size(); e += lanes) {
        const auto v = hn::Mul(scale, hn::Add(hn::LoadU(d, logits + e), hn::LoadU(d, &scores[e])));
        sum = hn::Add(sum, exponential_of(hn::Max(hn::Sub(v, top), hn::Set(d, -87.0F))));
    }
    return {hn::GetLane(top), hn::GetLane(hn::MaxOfLanes(d, others)),
            1 / hn::GetLane(hn::SumOfLanes(d, sum)), hn::GetLane(where)};
}

void find_best(const float* logits, float beta, std::span<const float> scores,
               std::span<best_of_row> out) {
    for (std::size_t r = 0; r < out.size(); ++r)
        out[r] = best_of(logits + r * scores.size(), beta, scores);
}

}  // namespace moebius::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius {

HWY_EXPORT(find_best);

void best_of_rows(const float* logits, float beta, std::span<const float> scores,
                  std::span<best_of_row> out) {
    HWY_DYNAMIC_DISPATCH(find_best)(logits, beta, scores, out);
}

}  // namespace moebius
#endif
