// SPDX-License-Identifier: MIT
#include "normal_logits.hpp"

#include <algorithm>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normal_logits.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace moebius::HWY_NAMESPACE {

#if !HWY_NATIVE_FMA

bool draw_features(const std::uint32_t*, std::size_t, std::size_t, std::size_t, float*) {
    return false;
}

void multiply_features(const float*, const float*, std::size_t, std::size_t, double*) {}

#else

namespace hn = hwy::HWY_NAMESPACE;

using lanes_f = hn::CappedTag<float, 16>;
using lanes_i = hn::RebindToSigned<lanes_f>;
using lanes_u = hn::RebindToUnsigned<lanes_f>;
using lanes_d = hn::Repartition<double, lanes_f>;
using vf = hn::Vec<lanes_f>;
using vu = hn::Vec<lanes_u>;

HWY_INLINE vf fused(vf a, vf b, float c) { return hn::MulAdd(a, b, hn::Set(lanes_f{}, c)); }

/// The nearest bfloat16, ties to even, of numbers.
HWY_INLINE vf rounded_to_bf16(vf x) {
    const lanes_u du;
    const auto bits = hn::BitCast(du, x);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1U));
    const auto up = hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fffU)));
    return hn::BitCast(lanes_f{}, hn::And(up, hn::Set(du, 0xffff0000U)));
}

/// coarse_normals of include/moebius/base/coarse_normal.hpp, operation by operation.
HWY_INLINE void coarse_normals_of(vu word, vf& first, vf& second) {
    const lanes_f d;
    const lanes_i di;
    const lanes_u du;
    const auto number = [&](vu w) HWY_ATTR { return hn::ConvertTo(d, hn::BitCast(di, w)); };
    const vf scaled = hn::Add(number(hn::ShiftRight<12>(word)), hn::Set(d, 0.5F));
    const auto bits = hn::Sub(hn::BitCast(di, scaled), hn::Set(di, 0x3f3504f3));
    const vf e = hn::ConvertTo(d, hn::Sub(hn::ShiftRight<23>(bits), hn::Set(di, 20)));
    const auto mantissa = hn::And(bits, hn::Set(di, 0x007fffff));
    const vf t =
        hn::Sub(hn::BitCast(d, hn::Add(mantissa, hn::Set(di, 0x3f3504f3))), hn::Set(d, 1.0F));
    vf log = fused(t, hn::Set(d, 0.28584149F), -0.44111875F);
    log = fused(log, t, 0.5080654F);
    log = fused(log, t, -0.6651605F);
    log = fused(log, t, 0.9998044F);
    log = fused(log, t, -2.000009F);
    const vf radius = hn::Sqrt(hn::MulAdd(log, t, hn::Mul(hn::Set(d, -1.3862944F), e)));

    const vf y =
        fused(number(hn::And(word, hn::Set(du, 1023U))), hn::Set(d, 0x1p-10F), 0x1p-11F - 0.5F);
    const vf yy = hn::Mul(y, y);
    const vf s = fused(fused(yy, hn::Set(d, 0.07793993F), -0.645798F), yy, 1.570794F);
    const vf c = fused(fused(yy, hn::Set(d, 0.2457284F), -1.2329245F), yy, 0.9999882F);
    const vf sine = hn::Mul(hn::Mul(y, s), radius), cosine = hn::Mul(c, radius);
    const auto odd = hn::RebindMask(d, hn::Ne(hn::And(word, hn::Set(du, 1024U)), hn::Zero(du)));
    const auto sign = hn::BitCast(d, hn::ShiftLeft<20>(hn::And(word, hn::Set(du, 2048U))));
    first = hn::Xor(hn::IfThenElse(odd, hn::Neg(sine), cosine), sign);
    second = hn::Xor(hn::IfThenElse(odd, cosine, sine), sign);
}

/// Features 2w, 2w + 1 of every token from its word w of a block.
/// @param planes    (4, tokens)
/// @param features  (seen, tokens)
bool draw_features(const std::uint32_t* planes, std::size_t pairs, std::size_t seen,
                   std::size_t tokens, float* features) {
    const lanes_f d;
    for (std::size_t p = 0; p < pairs; ++p)
        for (std::size_t t = 0; t < tokens; t += hn::Lanes(d)) {
            vf a = hn::Zero(d), b = a;
            coarse_normals_of(hn::LoadU(lanes_u{}, planes + p * tokens + t), a, b);
            hn::StoreU(rounded_to_bf16(a), d, features + 2 * p * tokens + t);
            if (2 * p + 1 < seen)
                hn::StoreU(rounded_to_bf16(b), d, features + (2 * p + 1) * tokens + t);
        }
    return true;
}

/// Four sums a token at once, so that none waits for the one before it. Products of bfloat16 are
/// exact in double, so that it is the same whether they are fused.
/// @param gate      (4, width)
/// @param features  (width, tokens)
/// @param out       (4, tokens)
void multiply_features(const float* gate, const float* features, std::size_t width,
                       std::size_t tokens, double* out) {
    const lanes_d d;
    const hn::Rebind<float, lanes_d> half;
    for (std::size_t t = 0; t < tokens; t += hn::Lanes(d)) {
        auto a = hn::Zero(d), b = a, c = a, e = a;
        for (std::size_t i = 0; i < width; ++i) {
            const auto x = hn::PromoteTo(d, hn::LoadU(half, features + i * tokens + t));
            const auto weight = [&](std::size_t row) HWY_ATTR {
                return hn::Set(d, static_cast<double>(gate[row * width + i]));
            };
            a = hn::MulAdd(x, weight(0), a);
            b = hn::MulAdd(x, weight(1), b);
            c = hn::MulAdd(x, weight(2), c);
            e = hn::MulAdd(x, weight(3), e);
        }
        hn::StoreU(a, d, out + t);
        hn::StoreU(b, d, out + tokens + t);
        hn::StoreU(c, d, out + 2 * tokens + t);
        hn::StoreU(e, d, out + 3 * tokens + t);
    }
}

#endif

}  // namespace moebius::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius {
namespace {

HWY_EXPORT(draw_features);
HWY_EXPORT(multiply_features);

constexpr std::size_t tokens_of_a_group = 32;  // whose features stay in the first caches

}  // namespace

bool normal_logits(batch_key key, std::uint32_t first, std::span<const float> gate,
                   std::size_t width, std::size_t experts, std::span<double> out) {
    constexpr std::size_t group = tokens_of_a_group;
    const std::size_t tokens = out.size() / experts, rows = (experts + 3) / 4 * 4;
    std::vector<float> weights(rows * width), features(width * group);
    std::copy(gate.begin(), gate.end(), weights.begin());
    std::array<std::uint32_t, 4 * group> planes{};
    std::array<double, 4 * group> sums{};
    for (std::size_t from = 0; from < tokens; from += group) {
        for (std::size_t i = 0; i < width; i += 8) {
            random_planes(key.seed,
                          block(random_stream::feature, static_cast<std::uint32_t>(i / 8)),
                          key.step, first + static_cast<std::uint32_t>(from), planes);
            const std::size_t seen = std::min<std::size_t>(8, width - i);
            if (!HWY_DYNAMIC_DISPATCH(draw_features)(planes.data(), (seen + 1) / 2, seen, group,
                                                     features.data() + i * group))
                return false;
        }
        for (std::size_t e = 0; e < rows; e += 4) {
            HWY_DYNAMIC_DISPATCH(multiply_features)
            (weights.data() + e * width, features.data(), width, group, sums.data());
            for (std::size_t k = 0; k < std::min<std::size_t>(4, experts - e); ++k)
                for (std::size_t t = 0; t < std::min(group, tokens - from); ++t)
                    out[(from + t) * experts + e + k] = sums[k * group + t];
        }
    }
    return true;
}

}  // namespace moebius
#endif
