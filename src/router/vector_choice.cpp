// SPDX-License-Identifier: MIT
//
// Filter and settle. The expert with the largest z_e - log E_e, E_e = -log u_e, is the one with the
// smallest cost E_e exp(-z_e): one logarithm a draw, of any base. Costs are computed in float;
// where the best two are further apart than their errors, the choice is that of exact arithmetic
// and of the plain code.
//
// The floor, in operations on vectors of 512 bits for 16 draws: 4 Philox blocks of 8 lanes, 10
// rounds of 6 operations each, are 30; the logarithm 18; the cost and the best two 6.
//
// Compiled once for each instruction set; the processor's is chosen when it runs.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <moebius/base/constants.hpp>

#include "vector_choice.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector_choice.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "vector_math.hpp"

HWY_BEFORE_NAMESPACE();
namespace moebius::HWY_NAMESPACE {

/// -log2(uniform(word)), within 9e-6 of it, relative.
///
/// u = (1 + t) 2^e with 1 + t in [sqrt(1/2), sqrt(2)). Where e = 0 and u < 1, t = u - 1 is computed
/// from the word's complement: there the logarithm is as small as t. Minimax (Remez) for
/// -log2(1 + t)/t: 7.5e-6.
HWY_INLINE vf exponential(vu word) {
    const lanes_f d;
    const lanes_i di;
    const vf u = hn::MulAdd(number_of(word), hn::Set(d, 0x1p-32F), hn::Set(d, 0x1p-33F));
    const vf below_one = hn::MulAdd(hn::ConvertTo(d, hn::BitCast(di, hn::Not(word))),
                                    hn::Set(d, -0x1p-32F), hn::Set(d, -0x1p-33F));
    const auto bits = hn::BitCast(di, u);
    const auto e = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, 0x3f3504f3)));
    const vf m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(e)));
    const auto near_one = hn::Ge(u, hn::Set(d, 0x1.6a09e6p-1F));  // the float of these bits
    const vf t = hn::IfThenElse(near_one, below_one, hn::Sub(m, hn::Set(d, 1.0F)));
    const vf p =
        polynomial(t, 0.20619105F, -0.3181999F, 0.3664917F, -0.47981185F, 0.72120637F, -1.4427016F);
    return hn::MulSub(t, p, hn::ConvertTo(d, e));
}

/// normal_pair(uniform(u), uniform(v)), within 4e-5 of it: the radius, at most 6.8, is right to
/// 5e-6, and to 5e-7 are sine and cosine of the y quarters of a turn that v is beyond the nearest
/// quadrant.
HWY_INLINE void normals(vu u, vu v, vf& first, vf& second) {
    const lanes_f d;
    const lanes_u du;
    const lanes_i di;
    const vf radius = hn::Sqrt(hn::Mul(hn::Set(d, 1.3862944F), exponential(u)));
    const auto quadrant = hn::ShiftRight<30>(hn::Add(v, hn::Set(du, 1U << 29)));
    const vf y = hn::MulAdd(hn::ConvertTo(d, hn::BitCast(di, hn::ShiftLeft<2>(v))),
                            hn::Set(d, 0x1p-32F), hn::Set(d, 0x1p-31F));
    const vf yy = hn::Mul(y, y);
    const vf sine = hn::Mul(hn::Mul(y, radius),
                            polynomial(yy, -0.004602177F, 0.07968023F, -0.6459635F, 1.5707964F));
    const vf cosine = hn::Mul(radius, polynomial(yy, -0.020408353F, 0.25359863F, -1.233697F, 1.0F));
    const auto odd = hn::RebindMask(d, hn::Ne(hn::And(quadrant, hn::Set(du, 1U)), hn::Zero(du)));
    // quarter turns: (c, s), (-s, c), (-c, -s), (s, -c)
    const auto first_sign =
        hn::ShiftLeft<30>(hn::And(hn::Add(quadrant, hn::Set(du, 1U)), hn::Set(du, 2U)));
    const auto second_sign = hn::ShiftLeft<30>(hn::And(quadrant, hn::Set(du, 2U)));
    first = hn::Xor(hn::IfThenElse(odd, sine, cosine), hn::BitCast(d, first_sign));
    second = hn::Xor(hn::IfThenElse(odd, cosine, sine), hn::BitCast(d, second_sign));
}

/// Weights of an expert for the tokens of a vector.
HWY_INLINE vf weights_at(const float* at, bool each) {
    const lanes_f d;
    return each ? hn::LoadU(d, at) : hn::Set(d, *at);
}

HWY_INLINE void consider(vf cost, std::size_t e, vf& best, vf& second, vu& expert) {
    const lanes_u du;
    const auto less = hn::Lt(cost, best);
    second = hn::Min(second, hn::IfThenElse(less, best, cost));
    best = hn::IfThenElse(less, cost, best);
    expert = hn::IfThenElse(hn::RebindMask(du, less), hn::Set(du, static_cast<std::uint32_t>(e)),
                            expert);
}

/// Lets n tokens see experts e, ..., e + seen - 1, whose words are those of `planes`.
/// @param planes   (4, stride)
/// @param weights  (seen, stride) of these experts; (seen) if they are the same for each token
void see(bool gaussian, bool each, const std::uint32_t* planes, const float* weights,
         std::size_t stride, std::size_t e, std::size_t seen, std::size_t n, best_two& state) {
    const lanes_f d;
    const lanes_u du;
    const std::size_t next = each ? stride : 1;
    for (std::size_t t = 0; t < n; t += hn::Lanes(d)) {
        vf best = hn::LoadU(d, state.best.data() + t),
           second = hn::LoadU(d, state.second.data() + t);
        vu expert = hn::LoadU(du, state.expert.data() + t);
        for (std::size_t j = 0; j < seen; j += 2) {
            const auto u = hn::LoadU(du, planes + j * stride + t);
            const auto v = hn::LoadU(du, planes + (j + 1) * stride + t);
            vf a = hn::Zero(d), b = a;
            if (gaussian)
                normals(u, v, a, b);
            else
                a = exponential(u);
            const float* at = weights + j * next + (each ? t : 0);
            const vf w = weights_at(at, each);
            consider(gaussian ? hn::Sub(w, a) : hn::Mul(w, a), e + j, best, second, expert);
            if (j + 1 == seen) break;
            const vf x = weights_at(at + next, each);
            consider(gaussian ? hn::Sub(x, b) : hn::Mul(x, exponential(v)), e + j + 1, best, second,
                     expert);
        }
        hn::StoreU(best, d, state.best.data() + t);
        hn::StoreU(second, d, state.second.data() + t);
        hn::StoreU(expert, du, state.expert.data() + t);
    }
}

using lanes_d = hn::ScalableTag<double>;

/// The largest z = beta (logit + score) of a row; NaN if the row goes nowhere, or if z are so large
/// that the plain code rounds noise off.
double top_of(double beta, const double* row, std::span<const double> scores) {
    const lanes_d d;
    const std::size_t lanes = hn::Lanes(d), experts = scores.size();
    const auto scale = hn::Set(d, beta), never = hn::Set(d, infinite);
    auto tops = hn::Set(d, -infinite);
    auto sound = hn::Lt(tops, never);
    std::size_t e = 0;
    for (; e + lanes <= experts; e += lanes) {
        const auto logit = hn::LoadU(d, row + e);
        sound = hn::And(sound, hn::Lt(logit, never));
        tops = hn::Max(tops, hn::Mul(scale, hn::Add(logit, hn::LoadU(d, &scores[e]))));
    }
    double top = hn::GetLane(hn::MaxOfLanes(d, tops));
    bool routable = hn::AllTrue(d, sound);
    for (; e < experts; ++e) {
        routable = routable && row[e] < infinite;
        top = std::max(top, beta * (row[e] + scores[e]));
    }
    return routable && std::abs(top) < 0x1p26 ? top : std::numeric_limits<double>::quiet_NaN();
}

/// out = top - z, at most 80: no expert that far below the top can win, whatever the noise.
void below_top(double top, double beta, const double* row, std::span<const double> scores,
               float* out) {
    const lanes_d d;
    const hn::Rebind<float, lanes_d> half;
    const std::size_t lanes = hn::Lanes(d), experts = scores.size();
    const auto scale = hn::Set(d, beta), high = hn::Set(d, top), most = hn::Set(d, 80.0);
    std::size_t e = 0;
    for (; e + lanes <= experts; e += lanes) {
        const auto z = hn::Mul(scale, hn::Add(hn::LoadU(d, row + e), hn::LoadU(d, &scores[e])));
        hn::StoreU(hn::DemoteTo(half, hn::Min(hn::Sub(high, z), most)), half, out + e);
    }
    for (; e < experts; ++e)
        out[e] = static_cast<float>(std::min(top - beta * (row[e] + scores[e]), 80.0));
}

/// exp(top - z) of every logit, or for gaussian noise top - z; NaN for a row that has no top.
/// @param logits   (rows, E)
/// @param weights  (rows, E): overwritten
void weigh(bool gaussian, double beta, const double* logits, std::size_t rows,
           std::span<const double> scores, float* weights) {
    const std::size_t experts = scores.size(), size = rows * experts;
    for (std::size_t r = 0; r < rows; ++r) {
        const double* row = logits + r * experts;
        const double top = top_of(beta, row, scores);
        if (std::isnan(top))
            std::fill_n(weights + r * experts, experts, std::numeric_limits<float>::quiet_NaN());
        else
            below_top(top, beta, row, scores, weights + r * experts);
    }
    if (gaussian) return;
    const lanes_f d;
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= size; i += hn::Lanes(d))
        hn::StoreU(exponential_of(hn::LoadU(d, weights + i)), d, weights + i);
    for (; i < size; ++i) weights[i] = std::exp(weights[i]);
}

/// choices[t] = the best expert if no error of the costs can change that, else no_expert;
/// gives the number of the former.
///
/// A cost E w has E within 9e-6 and, of an expert that can win or come next, w within 2e-7 (1 +
/// 26): w E < -log2(2^-33) and E > 2^-33. Two of them, 3e-5 together, are less than 2^-14. With
/// gaussian noise it is twice (4e-5 + 80 2^-24) < 2^-13.
std::size_t decide(bool gaussian, const best_two& state, std::size_t n, std::uint32_t* choices) {
    std::size_t clear = 0;
    for (std::size_t t = 0; t < n; ++t) {
        const float limit = gaussian ? state.best[t] + 0x1p-13F : state.best[t] * (1 + 0x1p-14F);
        choices[t] = limit < state.second[t] ? state.expert[t] : no_expert;
        clear += static_cast<std::size_t>(limit < state.second[t]);
    }
    return clear;
}

}  // namespace moebius::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius {
namespace {

HWY_EXPORT(weigh);
HWY_EXPORT(see);
HWY_EXPORT(decide);

/// out[e stride + r] = rows[r experts + e]: vectors read the weights of one expert.
void transpose(const float* rows, std::size_t n, std::size_t experts, std::size_t stride,
               float* out) {
    for (std::size_t e = 0; e < experts; ++e)
        for (std::size_t r = 0; r < n; ++r) out[e * stride + r] = rows[r * experts + e];
}

constexpr std::size_t most_rows = 16;  // that are weighed before they are transposed

/// Costs of up to at_once() tokens at a time.
class chooser {
public:
    /// @param each  whether each token has logits of its own
    chooser(const top1& router, std::span<const double> scores, bool each)
        : gaussian_(router.noise == noise_law::gaussian),
          each_(each),
          beta_(router.beta),
          scores_(scores),
          rows_(each ? scores.size() * most_rows : 0),
          weights_(each ? scores.size() * at_once() + spare_lanes : scores.size()) {
        if (!each) HWY_DYNAMIC_DISPATCH(weigh)
        (gaussian_, beta_, std::vector<double>(scores.size()).data(), 1, scores_, weights_.data());
    }

    /// Tokens; a multiple of most_rows.
    [[nodiscard]] std::size_t at_once() const {
        constexpr std::size_t cached = 1U << 13;  // weights
        if (!each_) return tokens_at_once;
        return std::clamp(cached / scores_.size() / most_rows * most_rows, most_rows,
                          tokens_at_once);
    }

    std::size_t choose(const double* logits, batch_key key, std::uint32_t first,
                       std::span<const random_block> words, std::span<std::uint32_t> choices) {
        const std::size_t n = choices.size(), experts = scores_.size();
        stride_ = (n + most_rows - 1) / most_rows * most_rows;
        for (std::size_t t = 0; each_ && t < n; t += most_rows) {
            const std::size_t rows = std::min(most_rows, n - t);
            HWY_DYNAMIC_DISPATCH(weigh)
            (gaussian_, beta_, logits + t * experts, rows, scores_, rows_.data());
            transpose(rows_.data(), rows, experts, stride_, weights_.data() + t);
        }
        for (auto* costs : {&state_.best, &state_.second})
            costs->fill(std::numeric_limits<float>::infinity());
        if (words.empty())
            draw(key, random_stream::token, first);
        else
            for (std::size_t t = 0; t < n; ++t)
                for (std::size_t w = 0; w < 2; ++w) planes_[w * stride_ + t] = words[t][w];
        see_some(0, 2, n);
        for (std::size_t e = 2; e < experts; e += 4) {
            draw(key, block(random_stream::noise, static_cast<std::uint32_t>(e - 2) / 4), first);
            see_some(e, 4, n);
        }
        return HWY_DYNAMIC_DISPATCH(decide)(gaussian_, state_, n, choices.data());
    }

private:
    void draw(batch_key key, random_stream stream, std::uint32_t first) {
        random_planes(key.seed, stream, key.step, first, std::span(planes_).first(4 * stride_));
    }

    void see_some(std::size_t e, std::size_t most, std::size_t n) {
        HWY_DYNAMIC_DISPATCH(see)
        (gaussian_, each_, planes_.data(), weights_.data() + e * (each_ ? stride_ : 1), stride_, e,
         std::min(most, scores_.size() - e), n, state_);
    }

    bool gaussian_, each_;
    double beta_;
    std::span<const double> scores_;
    std::size_t stride_ = 0;
    std::vector<float> rows_, weights_;
    best_two state_{};
    std::array<std::uint32_t, 4 * tokens_at_once + spare_lanes> planes_{};
};

}  // namespace

std::size_t choose_clear(const top1& router, std::span<const double> logits,
                         std::span<const double> scores, batch_key key, std::uint32_t first,
                         std::span<const random_block> words, std::span<std::uint32_t> choices) {
    chooser use(router, scores, !logits.empty());
    std::size_t clear = 0;
    for (std::size_t t = 0; t < choices.size(); t += use.at_once()) {
        const std::size_t n = std::min(use.at_once(), choices.size() - t);
        clear += use.choose(logits.empty() ? nullptr : logits.data() + t * scores.size(), key,
                            first + static_cast<std::uint32_t>(t),
                            words.empty() ? words : words.subspan(t, n), choices.subspan(t, n));
    }
    return clear;
}

}  // namespace moebius
#endif
