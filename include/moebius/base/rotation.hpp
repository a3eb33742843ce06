// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// A permutation of interchangeable things by which a periodic motion goes on: what the thing g
/// does, next[g] does 1/order() of the period later. Empty if there is none.
/// @source  Golubitsky & Stewart, The Symmetry Perspective, section 3.1 (spatio-temporal symmetry)
struct rotation {
    std::vector<std::size_t> next;

    /// Length of its longest cycle, which every other one's divides; 1 if there is none.
    [[nodiscard]] std::size_t order() const;

    friend bool operator==(const rotation&, const rotation&) = default;
};

/// Those that change places in turn, each cycle from its least member. Shape: as many vectors as
/// cycles, but for what stays.
[[nodiscard]] std::vector<std::vector<std::size_t>> cycles_of(const rotation& of);

/// So many things from `first` on in turn, out of `all`; the others stay.
[[nodiscard]] rotation turning(std::size_t first, std::size_t parts, std::size_t all);

/// Done twice.
[[nodiscard]] rotation squared(const rotation& of);

/// "(1 3 5)(2 4 6)": members counted from 1; empty if there is none.
[[nodiscard]] std::string to_string(const rotation& of);
/// @param members  of which it is a permutation
/// @throws invalid_argument for a text that to_string writes of no rotation
[[nodiscard]] rotation rotation_from(std::string_view text, std::size_t members);

}  // namespace moebius
