// SPDX-License-Identifier: MIT
// Continuous functions of a spectrum that change sign where something crosses the imaginary axis.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <vector>

namespace moebius {

using spectrum_values = std::vector<std::complex<double>>;

/// Whether +-i omega are a pair, and not a double zero up to rounding.
/// @param size  of the matrix
[[nodiscard]] inline bool oscillates(double omega, double size) {
    constexpr double slowest = 1e-6;
    return omega > slowest * size;
}

/// The values without the one nearest to `target`.
[[nodiscard]] inline spectrum_values without(spectrum_values values, std::complex<double> target) {
    const auto nearest = std::min_element(values.begin(), values.end(), [&](auto l, auto r) {
        return std::abs(l - target) < std::abs(r - target);
    });
    if (nearest != values.end()) values.erase(nearest);
    return values;
}

/// Has the sign of the product of all eigenvalues, and the size of the smallest against the largest
/// and another rate, such as that of a pair beside them.
[[nodiscard]] inline double zero_test(const spectrum_values& values, double rate) {
    double sign = 1, smallest = std::numeric_limits<double>::infinity(), largest = rate;
    for (const auto& value : values) {
        if (value.imag() == 0 && value.real() < 0) sign = -sign;
        smallest = std::min(smallest, std::abs(value));
        largest = std::max(largest, std::abs(value));
    }
    return values.empty() ? 1 : largest > 0 ? sign * smallest / largest : 0;
}

/// The pair of eigenvalues whose sum is smallest against their sizes, and a number with the sign of
/// the product of all pairs' sums: it vanishes at +-i omega, and at neutral saddles.
struct pair_test {
    double value = 1;
    std::complex<double> first, second;

    explicit pair_test(const spectrum_values& values) {
        double sign = 1;
        std::vector<double> size(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            size[i] = std::abs(values[i]);
            for (std::size_t j = 0; j < i; ++j) {
                const auto sum = values[i] + values[j];
                const double sizes = size[i] + size[j], least = value * sizes;
                // sums that are not real come in conjugate pairs
                if (sum.imag() == 0 && sum.real() < 0) sign = -sign;
                // without a root, which of hundreds of values there would be many
                if (std::norm(sum) > least * least * (1 + rounding)) continue;
                const double share = sizes > 0 ? std::abs(sum) / sizes : 0;
                if (share > value) continue;
                value = share;
                first = values[i];
                second = values[j];
            }
        }
        value *= sign;
    }
    [[nodiscard]] bool is_oscillation() const { return first.imag() != 0; }
    [[nodiscard]] double frequency() const { return std::abs(first.imag()); }  ///< 0: no pair

private:
    static constexpr double rounding = 1e-14;  // of squares
};

}  // namespace moebius
