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

/// The numbers that would stand at some places if all were sorted, as std::nth_element has them,
/// without a branch a number: each is counted in one of 256 buckets between the least and the
/// largest, and only the few of a bucket that holds a wanted place are sorted.
/// @param of     finite, one or more
/// @param ranks  places, in increasing order
/// @param places, room  to work in: the bucket of each number, and the numbers of one bucket
template <std::size_t Ranks>
std::array<double, Ranks> numbers_of_rank(std::span<const double> of,
                                          const std::array<std::size_t, Ranks>& ranks,
                                          std::vector<std::uint8_t>& places,
                                          std::vector<double>& room) {
    constexpr std::size_t buckets = 256;
    const Eigen::Map<const Eigen::ArrayXd> all(of.data(), static_cast<Eigen::Index>(of.size()));
    const double from = all.minCoeff(), spread = all.maxCoeff() - from;
    std::array<double, Ranks> out;
    out.fill(from);
    if (!(spread > 0)) return out;
    const double scale = std::min((buckets - 1) / spread, std::numeric_limits<double>::max());
    places.resize(of.size());
    std::uint8_t* const bucket_of = places.data();
    for (std::size_t i = 0; i < of.size(); ++i)  // in the order of the numbers
        bucket_of[i] = static_cast<std::uint8_t>(static_cast<int>((of.data()[i] - from) * scale));
    std::array<std::uint32_t, buckets> counts{};
    for (const std::uint8_t one : places) ++counts[one];
    std::size_t bucket = 0, below = 0, sorted = buckets;
    for (std::size_t i = 0; i < Ranks; ++i) {
        while (below + counts[bucket] <= ranks[i]) below += counts[bucket++];
        if (bucket != sorted) {
            room.clear();
            for (std::size_t at = 0; room.size() < counts[bucket]; ++at) {
                const void* next =
                    std::memchr(bucket_of + at, static_cast<int>(bucket), of.size() - at);
                at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(next) - bucket_of);
                room.push_back(of[at]);
            }
            std::sort(room.begin(), room.end());
            sorted = bucket;
        }
        out[i] = room[ranks[i] - below];
    }
    return out;
}

}  // namespace moebius
