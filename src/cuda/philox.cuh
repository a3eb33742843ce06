// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace moebius::gpu {

/// Philox4x32-10 under one seed, with the keys of its ten rounds in registers: they are all that
/// blocks have in common, and half of the work that Random123's generator does for each anew.
/// @source Salmon et al., SC11; tests/gpu holds its words against Random123's on the CPU
class philox {
public:
    __device__ explicit philox(std::uint64_t seed) {
        auto low = static_cast<std::uint32_t>(seed), high = static_cast<std::uint32_t>(seed >> 32);
#pragma unroll
        for (int r = 0; r < rounds; ++r) {
            low_[r] = low + r * 0x9E3779B9U;
            high_[r] = high + r * 0xBB67AE85U;
            asm volatile("" : "+r"(low_[r]), "+r"(high_[r]));  // computed once, not where used
        }
    }

    /// random_words of base/random.hpp: the same four words.
    __device__ uint4 words(std::uint32_t stream, std::uint64_t step, std::uint32_t index) const {
        uint4 c = {static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32), index,
                   stream};
#pragma unroll
        for (int r = 0; r < rounds; ++r) {
            const std::uint64_t p = std::uint64_t{0xD2511F53U} * c.x;
            const std::uint64_t q = std::uint64_t{0xCD9E8D57U} * c.z;
            c = {static_cast<std::uint32_t>(q >> 32) ^ c.y ^ low_[r], static_cast<std::uint32_t>(q),
                 static_cast<std::uint32_t>(p >> 32) ^ c.w ^ high_[r],
                 static_cast<std::uint32_t>(p)};
        }
        return c;
    }

private:
    static constexpr int rounds = 10;
    std::uint32_t low_[rounds], high_[rounds];
};

/// random_stream of base/random.hpp; its static_asserts are in cuda_backend.cpp.
enum stream : std::uint32_t {
    token_stream = 0,
    noise_stream = 1,
    mixture_stream = 2,
    coin_stream = 6
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
