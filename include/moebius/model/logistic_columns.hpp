// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace moebius::models {

/// Margins of single values and their weights, in columns for vectors.
class logistic_columns {
public:
    logistic_columns() = default;
    /// @param centers  (T)
    /// @param weights  (T)
    logistic_columns(std::span<const double> centers, std::span<const double> weights);

    [[nodiscard]] bool empty() const { return centers_.empty(); }

    /// Sums over tokens of w t, w t', w t'', w t''' at z_i = beta (a_i + x), t(z) = tanh(z/2), and
    /// of w (a_i + x) t'.
    ///
    /// The order of the sum and each product and quotient are the same for every instruction set,
    /// and so is the result, to the last bit; each term is within 4e-16 of its value, relative to
    /// t, 1/2, t' and t'.
    [[nodiscard]] std::array<double, 5> sums(double x, double beta) const;

private:
    std::vector<double> centers_, weights_;  // filled up with tokens of no weight
};

}  // namespace moebius::models
