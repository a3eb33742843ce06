// SPDX-License-Identifier: MIT
#pragma once

#include <Random123/philox.h>

#include <cstdint>

namespace moebius::cuda {

/// random_words of base/random.hpp: the same four words.
__device__ inline uint4 random_words(std::uint64_t seed, std::uint32_t stream, std::uint64_t step,
                                     std::uint32_t index) {
    const r123::Philox4x32::key_type key{
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
    const r123::Philox4x32::ctr_type counter{
        {static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32), index, stream}};
    const auto drawn = r123::Philox4x32{}(counter, key);
    return {drawn[0], drawn[1], drawn[2], drawn[3]};
}

/// random_stream of base/random.hpp; its static_asserts are in cuda_backend.cpp.
enum stream : std::uint32_t { token_stream = 0, noise_stream = 1, mixture_stream = 2, coin_stream = 6 };

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

}  // namespace moebius::cuda
