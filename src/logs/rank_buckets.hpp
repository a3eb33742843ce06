// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace moebius {

/// The numbers that would stand at some places if all were sorted, as std::nth_element has them,
/// without a branch a number: each is counted in one of 256 buckets between the least and the
/// largest, and only the few of a bucket that holds a wanted place are sorted.
/// @param of     finite, one or more
/// @param ranks  places, in increasing order
/// @param room   for the numbers of one bucket
template <std::size_t Ranks>
std::array<double, Ranks> numbers_of_rank(std::span<const double> of,
                                          const std::array<std::size_t, Ranks>& ranks,
                                          std::vector<double>& room) {
    constexpr std::size_t buckets = 256;
    const Eigen::Map<const Eigen::ArrayXd> all(of.data(), static_cast<Eigen::Index>(of.size()));
    const double from = all.minCoeff(), spread = all.maxCoeff() - from;
    std::array<double, Ranks> out;
    out.fill(from);
    if (!(spread > 0)) return out;
    const double scale = std::min((buckets - 1) / spread, std::numeric_limits<double>::max());
    const auto bucket_of = [&](double value) {  // in the order of the numbers
        return static_cast<std::size_t>(static_cast<int>((value - from) * scale));
    };
    std::array<std::uint32_t, buckets> counts{};
    for (const double value : of) ++counts[bucket_of(value)];
    std::size_t bucket = 0, below = 0, sorted = buckets;
    for (std::size_t i = 0; i < Ranks; ++i) {
        while (below + counts[bucket] <= ranks[i]) below += counts[bucket++];
        if (bucket != sorted) {
            room.clear();
            for (const double value : of)
                if (bucket_of(value) == bucket) room.push_back(value);
            std::sort(room.begin(), room.end());
            sorted = bucket;
        }
        out[i] = room[ranks[i] - below];
    }
    return out;
}

}  // namespace moebius
