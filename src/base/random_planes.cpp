// SPDX-License-Identifier: MIT
//
// Philox in vectors. Compiled once for each instruction set; the processor's is chosen when it
// runs.
#include <algorithm>
#include <moebius/base/random.hpp>

#include "philox_call.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "random_planes.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace moebius::HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR  // no vectors: one block after the other

void write_planes(const philox_call& call, std::uint32_t first, std::size_t n, std::uint32_t* out) {
    for (std::size_t i = 0; i < n; ++i) {
        const auto words = random_words(call.seed, static_cast<random_stream>(call.stream),
                                        call.step, first + static_cast<std::uint32_t>(i));
        for (std::size_t w = 0; w < 4; ++w) out[w * n + i] = words[w];
    }
}

void write_blocks(const philox_call& call, std::uint32_t first, std::size_t n, std::uint32_t* out) {
    for (std::size_t i = 0; i < n; ++i) {
        const auto words = random_words(call.seed, static_cast<random_stream>(call.stream),
                                        call.step, first + static_cast<std::uint32_t>(i));
        std::copy(words.begin(), words.end(), out + 4 * i);
    }
}

#else

namespace hn = hwy::HWY_NAMESPACE;

template <typename D, typename V>
HWY_INLINE V swap_halves(D d, V x) {
    return hn::BitCast(d, hn::Shuffle2301(hn::BitCast(hn::Repartition<std::uint32_t, D>{}, x)));
}

/// Ten rounds on blocks whose words are the lower halves of 64-bit lanes; the upper halves come out
/// as rubbish, which no round reads. Each round is 2 products, 2 shifts and 2 threefold xors.
/// @source Philox4x32-10, Salmon et al., SC11 (Random123)
template <typename D, typename V>
HWY_INLINE void philox(D d, const philox_call& call, V index, V& w0, V& w1, V& w2, V& w3) {
    const hn::Repartition<std::uint32_t, D> words;
    const auto m0 = hn::BitCast(words, hn::Set(d, 0xd2511f53U));
    const auto m1 = hn::BitCast(words, hn::Set(d, 0xcd9e8d57U));
    w0 = hn::Set(d, call.step);
    w1 = hn::Set(d, call.step >> 32);
    w2 = index;
    w3 = hn::Set(d, std::uint64_t{call.stream});
    for (const auto& key : call.keys) {
        const auto p0 = hn::MulEven(hn::BitCast(words, w0), m0);
        const auto p1 = hn::MulEven(hn::BitCast(words, w2), m1);
        w0 = hn::Xor3(swap_halves(d, p1), w1, hn::Set(d, key[0]));
        w2 = hn::Xor3(swap_halves(d, p0), w3, hn::Set(d, key[1]));
        w1 = p1;
        w3 = p0;
    }
}

/// The words of the next Lanes(d) indices.
template <typename D, typename V>
HWY_INLINE void next_words(D d, const philox_call& call, std::uint32_t first, V& w0, V& w1, V& w2,
                           V& w3) {
    const hn::Repartition<std::uint64_t, D> wide;
    const auto low = hn::Iota(wide, std::uint64_t{first});
    const auto high = hn::Add(low, hn::Set(wide, hn::Lanes(wide)));
    auto a0 = low, a1 = low, a2 = low, a3 = low, b0 = low, b1 = low, b2 = low, b3 = low;
    philox(wide, call, low, a0, a1, a2, a3);
    philox(wide, call, high, b0, b1, b2, b3);
    w0 = hn::ConcatEven(d, hn::BitCast(d, b0), hn::BitCast(d, a0));
    w1 = hn::ConcatEven(d, hn::BitCast(d, b1), hn::BitCast(d, a1));
    w2 = hn::ConcatEven(d, hn::BitCast(d, b2), hn::BitCast(d, a2));
    w3 = hn::ConcatEven(d, hn::BitCast(d, b3), hn::BitCast(d, a3));
}

/// @param out  (4, n)
void write_planes(const philox_call& call, std::uint32_t first, std::size_t n, std::uint32_t* out) {
    const hn::ScalableTag<std::uint32_t> d;
    const std::size_t lanes = hn::Lanes(d);
    auto w0 = hn::Zero(d), w1 = w0, w2 = w0, w3 = w0;
    for (std::size_t i = 0; i < n; i += lanes) {
        next_words(d, call, first + static_cast<std::uint32_t>(i), w0, w1, w2, w3);
        if (i + lanes <= n) {
            hn::StoreU(w0, d, out + i);
            hn::StoreU(w1, d, out + n + i);
            hn::StoreU(w2, d, out + 2 * n + i);
            hn::StoreU(w3, d, out + 3 * n + i);
        } else {
            HWY_ALIGN std::uint32_t last[4 * hn::MaxLanes(d)];
            hn::Store(w0, d, last);
            hn::Store(w1, d, last + lanes);
            hn::Store(w2, d, last + 2 * lanes);
            hn::Store(w3, d, last + 3 * lanes);
            for (std::size_t w = 0; w < 4; ++w)
                std::copy_n(last + w * lanes, n - i, out + w * n + i);
        }
    }
}

/// @param out  (n, 4)
void write_blocks(const philox_call& call, std::uint32_t first, std::size_t n, std::uint32_t* out) {
    const hn::ScalableTag<std::uint32_t> d;
    const std::size_t lanes = hn::Lanes(d);
    auto w0 = hn::Zero(d), w1 = w0, w2 = w0, w3 = w0;
    for (std::size_t i = 0; i < n; i += lanes) {
        next_words(d, call, first + static_cast<std::uint32_t>(i), w0, w1, w2, w3);
        if (i + lanes <= n) {
            hn::StoreInterleaved4(w0, w1, w2, w3, d, out + 4 * i);
        } else {
            HWY_ALIGN std::uint32_t last[4 * hn::MaxLanes(d)];
            hn::StoreInterleaved4(w0, w1, w2, w3, d, last);
            std::copy_n(last, 4 * (n - i), out + 4 * i);
        }
    }
}

#endif

}  // namespace moebius::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace moebius {

HWY_EXPORT(write_planes);
HWY_EXPORT(write_blocks);

void random_words(std::uint64_t seed, random_stream stream, std::uint64_t step, std::uint32_t first,
                  std::span<random_block> out) noexcept {
    HWY_DYNAMIC_DISPATCH(write_blocks)
    ({seed, step, static_cast<std::uint32_t>(stream)}, first, out.size(),
     reinterpret_cast<std::uint32_t*>(out.data()));
}

void random_planes(std::uint64_t seed, random_stream stream, std::uint64_t step,
                   std::uint32_t first, std::span<std::uint32_t> out) noexcept {
    HWY_DYNAMIC_DISPATCH(write_planes)
    ({seed, step, static_cast<std::uint32_t>(stream)}, first, out.size() / 4, out.data());
}

}  // namespace moebius
#endif
