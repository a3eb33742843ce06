// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace moebius::gpu {

/// The ten rounds of Philox4x32. Shapes: keys(r) -> the two keys of round r.
/// @source Salmon et al., SC11; tests/gpu holds its words against Random123's on the CPU
template <typename Keys>
__device__ uint4 philox_rounds(uint4 c, Keys keys) {
#pragma unroll
    for (int r = 0; r < 10; ++r) {
        const std::uint64_t p = std::uint64_t{0xD2511F53U} * c.x;
        const std::uint64_t q = std::uint64_t{0xCD9E8D57U} * c.z;
        const uint2 key = keys(r);
        c = {static_cast<std::uint32_t>(q >> 32) ^ c.y ^ key.x, static_cast<std::uint32_t>(q),
             static_cast<std::uint32_t>(p >> 32) ^ c.w ^ key.y, static_cast<std::uint32_t>(p)};
    }
    return c;
}

__device__ inline uint2 philox_key(std::uint64_t seed, int round) {
    const auto r = static_cast<std::uint32_t>(round);
    return {static_cast<std::uint32_t>(seed) + r * 0x9E3779B9U,
            static_cast<std::uint32_t>(seed >> 32) + r * 0xBB67AE85U};
}

__device__ inline uint4 philox_counter(std::uint32_t stream, std::uint64_t step,
                                       std::uint32_t index) {
    return {static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32), index,
            stream};
}

/// random_words of base/random.hpp: the same four words.
__device__ inline uint4 random_words(std::uint64_t seed, std::uint32_t stream, std::uint64_t step,
                                     std::uint32_t index) {
    return philox_rounds(philox_counter(stream, step, index),
                         [seed](int round) { return philox_key(seed, round); });
}

/// The same for many blocks under one seed: the keys of the rounds stay in registers. Computing
/// them anew is half of the work.
class philox {
public:
    __device__ explicit philox(std::uint64_t seed) {
#pragma unroll
        for (int r = 0; r < 10; ++r) {
            keys_[r] = philox_key(seed, r);
            asm volatile("" : "+r"(keys_[r].x), "+r"(keys_[r].y));  // computed here, once
        }
    }

    __device__ uint4 words(std::uint32_t stream, std::uint64_t step, std::uint32_t index) const {
        return philox_rounds(philox_counter(stream, step, index),
                             [this](int round) { return keys_[round]; });
    }

private:
    uint2 keys_[10];
};

/// random_stream of base/random.hpp; its static_asserts are in cuda_backend.cpp.
enum stream : std::uint32_t {
    token_stream = 0,
    noise_stream = 1,
    mixture_stream = 2,
    coin_stream = 6,
    subset_stream = 7,
    feature_stream = 9
};

__device__ inline double uniform(std::uint32_t word) { return (word + 0.5) * 0x1p-32; }

__device__ inline double uniform(std::uint32_t high, std::uint32_t low) {
    const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 20) | (low >> 12);
    return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}

__device__ inline double gumbel(double u) { return -log(-log(u)); }

/// Both normals of a pair by Box and Muller.
__device__ inline double2 normal_pair(double u, double v) {
    const double radius = sqrt(__dmul_rn(-2, log(u)));
    const double angle = __dmul_rn(2 * 3.141592653589793238462643383279502884, v);
    return {__dmul_rn(radius, cos(angle)), __dmul_rn(radius, sin(angle))};
}

}  // namespace moebius::gpu
