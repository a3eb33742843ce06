// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

namespace moebius {

/// The numbers of one bucket in order.
/// @param places  the bucket of each number
inline void sort_bucket(std::span<const double> of, std::span<const std::uint8_t> places,
                        std::size_t bucket, std::size_t count, std::vector<double>& to) {
    const std::uint8_t* const all = places.data();
    to.clear();
    for (std::size_t at = 0; to.size() < count; ++at) {
        const void* next = std::memchr(all + at, static_cast<int>(bucket), places.size() - at);
        at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(next) - all);
        to.push_back(of[at]);
    }
    std::sort(to.begin(), to.end());
}

/// The numbers that would stand at some places if all were sorted, as std::nth_element has them,
/// without a branch a number: each is counted in a bucket between the least and the largest, and
/// only the few of a bucket that holds a wanted place are sorted. There are as many buckets as
/// numbers, up to 256.
/// @param of     finite, one or more
/// @param ranks  places, in increasing order
/// @param places, room  to work in: the bucket of each number, and the numbers of one bucket
template <std::size_t Ranks>
std::array<double, Ranks> numbers_of_rank(std::span<const double> of,
                                          const std::array<std::size_t, Ranks>& ranks,
                                          std::vector<std::uint8_t>& places,
                                          std::vector<double>& room) {
    constexpr std::size_t most_buckets = 256;
    const std::size_t size = of.size(),
                      buckets = std::min(most_buckets, std::max<std::size_t>(size, 2));
    const Eigen::Map<const Eigen::ArrayXd> all(of.data(), static_cast<Eigen::Index>(size));
    const double least = all.minCoeff(), most = all.maxCoeff(), spread = most - least;
    std::array<double, Ranks> out;
    out.fill(least);
    if (!(spread > 0)) return out;
    const double scale =
        std::min(static_cast<double>(buckets - 1) / spread, std::numeric_limits<double>::max());
    places.resize(size);
    std::uint8_t* const bucket_of = places.data();
    for (std::size_t i = 0; i < size; ++i)  // in the order of the numbers
        bucket_of[i] = static_cast<std::uint8_t>(static_cast<int>((of.data()[i] - least) * scale));
    std::array<std::uint32_t, most_buckets> counts;
    std::fill_n(counts.begin(), buckets, 0U);
    for (const std::uint8_t one : places) ++counts[one];
    std::size_t bucket = 0, below = 0, sorted = most_buckets;
    for (std::size_t i = 0; i < Ranks; ++i) {
        if (ranks[i] == 0) continue;
        if (ranks[i] + 1 == size) {
            out[i] = most;
            continue;
        }
        while (below + counts[bucket] <= ranks[i]) below += counts[bucket++];
        if (bucket != sorted) {
            sort_bucket(of, places, bucket, counts[bucket], room);
            sorted = bucket;
        }
        out[i] = room[ranks[i] - below];
    }
    return out;
}

}  // namespace moebius
