// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

namespace moebius {

/// Four words that depend on nothing but where they are asked for.
using random_block = std::array<std::uint32_t, 4>;

/// What random numbers are for. Numbers of different streams are independent.
enum class random_stream : std::uint32_t {
    token = 0,     ///< word 0: noise of two experts, words 0, 1: of the first two of more;
                   ///< words 2, 3: which token comes
    noise = 1,     ///< noise of experts 2, 3, ..., a word each
    mixture = 2,   ///< margins drawn from a Gaussian mixture
    gate = 3,      ///< random gates
    chain = 4,     ///< a block for four batches of a member of dynamics/noisy_chain.hpp
    seed = 5,      ///< words 0, 1: a derived seed, low word first
    coin = 6,      ///< noise of two experts where no token is drawn: word t % 4 of block t / 4
    subset = 7,    ///< word e % 4 of block e / 4: whether expert e < E is in; for e = E: how many
    branch = 8,    ///< word 0: whether a batch is balanced by Sinkhorn's scaling
    feature = 9,   ///< features 2i, 2i + 1 of a token: word i % 4 of block i / 4
    picked = 10,   ///< words 0, 1: which expert comes next in a random subset of all
    weight = 11,   ///< parameters 2i, 2i + 1 of a network at the start
    shuffle = 12,  ///< words 0, 1: the key by which row i of a data set is sorted
    made = 13,     ///< made-up data: normals 2i, 2i + 1 of one purpose, the step
    damage = 14,   ///< words 0, 1: a place in an image; block 1 + i: features 2i, 2i + 1
    start = 15,    ///< words 0, 1: coordinate i of a random start, the step
};

/// Where an index of a stream needs more than one block: its block j, j < 2^24.
[[nodiscard]] constexpr random_stream block(random_stream stream, std::uint32_t j) noexcept {
    return static_cast<random_stream>(static_cast<std::uint32_t>(stream) + (j << 8));
}

/// Counter-based random words: the same for any order of calls and any number of threads.
///
/// @source Philox4x32-10, Salmon et al., SC11 (Random123); key = seed, counter = (step, index,
///         stream), low words first
[[nodiscard]] random_block random_words(std::uint64_t seed, random_stream stream,
                                        std::uint64_t step, std::uint32_t index) noexcept;

/// out[i] = random_words(seed, stream, step, first + i), in vectors: a tenth of the time.
void random_words(std::uint64_t seed, random_stream stream, std::uint64_t step, std::uint32_t first,
                  std::span<random_block> out) noexcept;

/// The same words one kind after the other, as vector code reads them: word w of index first + i is
/// out[w n + i].
/// @param out  (4, n)
void random_planes(std::uint64_t seed, random_stream stream, std::uint64_t step,
                   std::uint32_t first, std::span<std::uint32_t> out) noexcept;

/// The seed of part `index` of what has one seed, such as a replica: words 0 and 1 of its block.
///
/// Parts of adjacent seeds have nothing in common, which seed + index would give them; two of n
/// derived seeds are equal with probability n^2 / 2^65.
[[nodiscard]] std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t index) noexcept;

/// Uniform in (0, 1), never 0 or 1: the middles of 2^32 equal intervals.
[[nodiscard]] inline double uniform(std::uint32_t word) noexcept { return (word + 0.5) * 0x1p-32; }

/// Uniform in (0, 1), never 0 or 1, from 52 bits of two words: the finest grid whose middles are
/// doubles.
[[nodiscard]] inline double uniform(std::uint32_t high, std::uint32_t low) noexcept {
    const std::uint64_t bits = (std::uint64_t{high} << 20) | (low >> 12);
    return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}

/// How many words w have uniform(w) < share, for a share in [0, 1]: those below the result.
[[nodiscard]] inline std::uint64_t words_below(double share) noexcept {
    return static_cast<std::uint64_t>(std::ceil(share * 0x1p32 - 0.5));
}

/// Standard Gumbel (distribution function exp(-exp(-g))) from u uniform in (0, 1).
[[nodiscard]] inline double gumbel(double u) noexcept { return -std::log(-std::log(u)); }

/// Two independent standard normals from two independent uniforms in (0, 1).
/// @source Box and Muller, Ann. Math. Stat. 29 (1958)
[[nodiscard]] inline std::pair<double, double> normal_pair(double u, double v) noexcept {
    const double radius = std::sqrt(-2 * std::log(u));
    const double angle = 2 * std::numbers::pi * v;
    return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace moebius
