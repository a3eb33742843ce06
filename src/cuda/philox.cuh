// SPDX-License-Identifier: MIT
#pragma once

#include <Random123/philox.h>

#include <cstdint>

namespace moebius::gpu {

/// The numbers of base/random.hpp on the device: Philox4x32-10 with key = seed and counter =
/// (step, index, stream), low words first.
__host__ __device__ inline uint4 random_words(std::uint64_t seed, std::uint32_t stream,
                                              std::uint64_t step, std::uint32_t index) {
    r123::Philox4x32 generator;
    const r123::Philox4x32::key_type key{
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
    const r123::Philox4x32::ctr_type counter{
        {static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32), index, stream}};
    const auto drawn = generator(counter, key);
    return make_uint4(drawn[0], drawn[1], drawn[2], drawn[3]);
}

}  // namespace moebius::gpu
