// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>

#include "truncated_orbit.hpp"

namespace moebius::detail {

constexpr double real_axis = 1e-12;  ///< of an eigenvalue: a real one
inline bool is_pair(std::complex<double> a) { return std::abs(a.imag()) > real_axis * std::abs(a); }

/// The leading eigenvalues, those nearest to the imaginary axis, on one side of it or the other.
struct leading {
    std::complex<double> stable, unstable;
    /// Of the two nearest: positive if the nearest is real, negative if they are a pair.
    double stable_split = 1, unstable_split = 1;

    leading(const saddle_point& at, std::size_t up) {
        const auto& all = at.eigenvalues;
        unstable = all[up - 1];
        stable = all[up];
        if (up > 1) unstable_split = split(all[up - 1], all[up - 2]);
        if (up + 1 < all.size()) stable_split = split(all[up], all[up + 1]);
    }
    [[nodiscard]] double quantity() const { return stable.real() + unstable.real(); }
    /// Zero also where it is rounding, as in systems that keep an energy.
    [[nodiscard]] double quantity_test() const {
        return std::abs(quantity()) > rounding * size() ? quantity() : 0;
    }
    [[nodiscard]] double size() const { return std::abs(stable) + std::abs(unstable); }
    /// Positive as long as the two are on their sides of the imaginary axis.
    [[nodiscard]] double margin() const { return std::min(-stable.real(), unstable.real()); }
    [[nodiscard]] int pairs() const {
        return static_cast<int>(is_pair(stable)) + static_cast<int>(is_pair(unstable));
    }

private:
    static constexpr double rounding = 1e-9;  // of the eigenvalues: a sum that is always zero

    static double split(std::complex<double> a, std::complex<double> b) {
        return is_pair(a) ? -4 * a.imag() * a.imag() : std::norm(a - b);
    }
};

}  // namespace moebius::detail
