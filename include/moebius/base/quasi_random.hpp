// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>

namespace moebius {

/// Coordinate i of point k of a Kronecker sequence, which fills the unit cube evenly: the fraction
/// of k sqrt(p), p the i-th prime (from 2, i = 0). The square roots of primes are independent over
/// the rationals, so that no coordinate stands still or follows another.
/// @source  Niederreiter, Random Number Generation and Quasi-Monte Carlo Methods, section 3.1
/// @cost    the primes are counted anew: for some hundred coordinates
[[nodiscard]] inline double kronecker_share(std::size_t k, std::size_t i) {
    const auto is_prime = [](std::size_t p) {
        for (std::size_t d = 2; d * d <= p; ++d)
            if (p % d == 0) return false;
        return true;
    };
    std::size_t p = 2;
    for (std::size_t found = 0; found < i; ++found) do
            ++p;
        while (!is_prime(p));
    return std::fmod(static_cast<double>(k) * std::sqrt(static_cast<double>(p)), 1.0);
}

}  // namespace moebius
