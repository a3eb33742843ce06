// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <utility>

namespace moebius {

/// Sorts so many numbers by putting fixed pairs in order, one after the other: no branch depends on
/// the numbers, and they stay in registers.
/// @source Batcher, AFIPS Spring Joint Computer Conference (1968) 307; Knuth, The Art of Computer
/// Programming 3 (1998), algorithm 5.2.2M
template <std::size_t numbers>
class merge_network {
public:
    static void sort(std::array<double, numbers>& of) {
        sort(of, std::make_index_sequence<pairs_.size()>());
    }

private:
    struct pair {
        std::size_t first, second;
    };

    template <typename Take>
    static constexpr void each_pair(Take take) {
        constexpr std::size_t top = std::bit_ceil(numbers) / 2;
        for (std::size_t p = top; p > 0; p /= 2) {
            std::size_t rest = 0, apart = p;
            for (std::size_t q = top;; q /= 2) {
                for (std::size_t i = 0; i + apart < numbers; ++i)
                    if ((i & p) == rest) take(pair{i, i + apart});
                if (q == p) break;
                apart = q - p;
                rest = p;
            }
        }
    }

    static constexpr std::size_t count() {
        std::size_t out = 0;
        each_pair([&](pair) { ++out; });
        return out;
    }

    static constexpr auto all() {
        std::array<pair, count()> out{};
        std::size_t at = 0;
        each_pair([&](pair one) { out[at++] = one; });
        return out;
    }

    static constexpr auto pairs_ = all();

    template <std::size_t... which>
    static void sort(std::array<double, numbers>& of, std::index_sequence<which...>) {
        (order(of[pairs_[which].first], of[pairs_[which].second]), ...);
    }
    static void order(double& a, double& b) {
        const double least = std::min(a, b);
        b = std::max(a, b);
        a = least;
    }
};

}  // namespace moebius
