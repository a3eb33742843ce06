// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace moebius {

/// What all blocks of a call have in common.
struct philox_call {
    philox_call(std::uint64_t seed_of, std::uint64_t step_of, std::uint32_t stream_of)
        : seed(seed_of), step(step_of), stream(stream_of) {
        auto low = static_cast<std::uint32_t>(seed), high = static_cast<std::uint32_t>(seed >> 32);
        for (auto& key : keys) {
            key = {low, high};
            low += 0x9e3779b9U;
            high += 0xbb67ae85U;
        }
    }

    std::uint64_t seed, step;
    std::uint32_t stream;
    /// Of each round. In memory, where a vector of one of them costs no arithmetic.
    std::array<std::array<std::uint64_t, 2>, 10> keys;
};

}  // namespace moebius
