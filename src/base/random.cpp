// SPDX-License-Identifier: MIT
#include <Random123/philox.h>

#include <moebius/base/random.hpp>

namespace moebius {

random_block random_words(std::uint64_t seed, random_stream stream, std::uint64_t step,
                          std::uint32_t index) noexcept {
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
    r123::Philox4x32 generator;
    const auto drawn =
        generator({{low(step), high(step), index, static_cast<std::uint32_t>(stream)}},
                  {{low(seed), high(seed)}});
    return {drawn[0], drawn[1], drawn[2], drawn[3]};
}

std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t index) noexcept {
    const auto words = random_words(seed, random_stream::seed, index, 0);
    return std::uint64_t{words[1]} << 32 | words[0];
}

}  // namespace moebius
