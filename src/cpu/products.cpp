// SPDX-License-Identifier: MIT
#include "products.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "products.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace moebius::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using lanes_f = hn::CappedTag<float, 16>;
using lanes_u = hn::RebindToUnsigned<lanes_f>;
using vf = hn::Vec<lanes_f>;

/// Numbers i, i + 1, ... of a row, all of one vector of floats.
struct reader_f {
    const float* at;
    static constexpr std::size_t per_word = 1;
    HWY_INLINE void read(std::size_t i, vf* out) const { out[0] = hn::LoadU(lanes_f{}, at + i); }
};

/// Two vectors of bfloat16 as floats, those at even places first: two operations, no shuffle.
struct reader_h {
    const std::uint16_t* at;
    static constexpr std::size_t per_word = 2;
    HWY_INLINE void read(std::size_t i, vf* out) const {
        const lanes_f d;
        const lanes_u du;
        const auto words = hn::LoadU(du, reinterpret_cast<const std::uint32_t*>(at + i));
        out[0] = hn::BitCast(d, hn::ShiftLeft<16>(words));
        out[1] = hn::BitCast(d, hn::And(words, hn::Set(du, 0xffff0000U)));
    }
};

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE hn::Vec1<double> low_half(vf x) { return hn::PromoteTo(hn::Sisd<double>{}, x); }
HWY_INLINE hn::Vec1<double> high_half(vf) { return hn::Zero(hn::Sisd<double>{}); }
#else
HWY_INLINE auto low_half(vf x) {
    return hn::PromoteTo(hn::Repartition<double, lanes_f>{}, hn::LowerHalf(x));
}
HWY_INLINE auto high_half(vf x) {
    return hn::PromoteTo(hn::Repartition<double, lanes_f>{}, hn::UpperHalf(hn::Half<lanes_f>{}, x));
}
#endif

/// Four tokens with four rows of the gate: 16 sums, 8 numbers read for 16 products.
template <typename Reader, typename T>
HWY_INLINE void four_by_four(const T* tokens, const T* gate, std::size_t stride, std::size_t rows,
                             float* logits) {
    const lanes_f d;
    vf sum[4][4];
    for (auto& row : sum)
        for (auto& s : row) s = hn::Zero(d);
    for (std::size_t i = 0; i < stride; i += Reader::per_word * hn::Lanes(d)) {
        vf x[4][Reader::per_word], w[Reader::per_word];
        for (std::size_t t = 0; t < 4; ++t) Reader{tokens + t * stride}.read(i, x[t]);
        for (std::size_t e = 0; e < 4; ++e) {
            Reader{gate + e * stride}.read(i, w);
            for (std::size_t k = 0; k < Reader::per_word; ++k)
                for (std::size_t t = 0; t < 4; ++t)
                    sum[t][e] = hn::MulAdd(x[t][k], w[k], sum[t][e]);
        }
    }
    for (std::size_t t = 0; t < 4; ++t)
        for (std::size_t e = 0; e < 4; ++e)
            logits[t * rows + e] = hn::GetLane(hn::SumOfLanes(d, sum[t][e]));
}

template <typename Reader, typename T>
HWY_INLINE float square_of(const T* token, std::size_t stride) {
    const lanes_f d;
    auto sum = hn::Zero(d);
    for (std::size_t i = 0; i < stride; i += Reader::per_word * hn::Lanes(d)) {
        vf x[Reader::per_word];
        Reader{token + i}.read(0, x);
        for (const auto& v : x) sum = hn::MulAdd(v, v, sum);
    }
    return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <typename Reader, typename T>
HWY_INLINE void multiply_block(const T* tokens, const T* gate, std::size_t stride, std::size_t rows,
                               float* logits, float* squares) {
    for (std::size_t t = 0; t < block_of_tokens; t += 4)
        for (std::size_t e = 0; e < rows; e += 4)
            four_by_four<Reader>(tokens + t * stride, gate + e * stride, stride, rows,
                                 logits + t * rows + e);
    for (std::size_t t = 0; t < block_of_tokens; ++t)
        squares[t] = square_of<Reader>(tokens + t * stride, stride);
}

void multiply_floats(const float* tokens, const float* gate, std::size_t stride, std::size_t rows,
                     float* logits, float* squares) {
    multiply_block<reader_f>(tokens, gate, stride, rows, logits, squares);
}

void multiply_halves(const std::uint16_t* tokens, const std::uint16_t* gate, std::size_t stride,
                     std::size_t rows, float* logits, float* squares) {
    multiply_block<reader_h>(tokens, gate, stride, rows, logits, squares);
}

/// Products are exact in double; sums are taken in an order of their own.
template <typename Reader, typename T>
HWY_INLINE double sum_in_double(const T* token, const T* weights, std::size_t stride) {
    const hn::Repartition<double, lanes_f> d;
    auto even = hn::Zero(d), odd = even;
    for (std::size_t i = 0; i < stride; i += Reader::per_word * hn::Lanes(lanes_f{})) {
        vf x[Reader::per_word], w[Reader::per_word];
        Reader{token}.read(i, x);
        Reader{weights}.read(i, w);
        for (std::size_t k = 0; k < Reader::per_word; ++k) {
            even = hn::MulAdd(low_half(x[k]), low_half(w[k]), even);
            odd = hn::MulAdd(high_half(x[k]), high_half(w[k]), odd);
        }
    }
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
}

double sum_of_floats(const float* token, const float* weights, std::size_t stride) {
    return sum_in_double<reader_f>(token, weights, stride);
}

double sum_of_halves(const std::uint16_t* token, const std::uint16_t* weights, std::size_t stride) {
    return sum_in_double<reader_h>(token, weights, stride);
}

std::size_t lanes_of_products() { return hn::Lanes(lanes_f{}); }

}  // namespace moebius::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius {

HWY_EXPORT(multiply_floats);
HWY_EXPORT(multiply_halves);
HWY_EXPORT(sum_of_floats);
HWY_EXPORT(sum_of_halves);
HWY_EXPORT(lanes_of_products);

bool use_tiles() { return have_tiles() && HWY_DYNAMIC_DISPATCH(lanes_of_products)() == 16; }

double sum_in_any_order(const packed_batch& batch, std::size_t token, std::size_t expert) {
    const std::size_t x = token * batch.stride, w = expert * batch.stride;
    return batch.bf16 ? HWY_DYNAMIC_DISPATCH(sum_of_halves)(&batch.halves[x], &batch.gate_halves[w],
                                                            batch.stride)
                      : HWY_DYNAMIC_DISPATCH(sum_of_floats)(&batch.floats[x], &batch.gate[w],
                                                            batch.stride);
}

std::size_t roundings(const packed_batch& batch) {
    if (batch.bf16 && use_tiles()) return 18 + batch.stride / 32;
    const std::size_t lanes = HWY_DYNAMIC_DISPATCH(lanes_of_products)();
    return lanes + batch.stride / lanes;
}

void multiply(const packed_batch& batch, std::size_t first, float* logits, float* squares) {
    const std::size_t from = first * batch.stride;
    if (batch.bf16) HWY_DYNAMIC_DISPATCH(multiply_halves)
    (batch.halves.data() + from, batch.gate_halves.data(), batch.stride, batch.rows, logits,
     squares);
    else HWY_DYNAMIC_DISPATCH(multiply_floats)(batch.floats.data() + from, batch.gate.data(),
                                               batch.stride, batch.rows, logits, squares);
}

}  // namespace moebius
#endif
