// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/model/field.hpp>
#include <span>
#include <vector>

namespace moebius {

/// The n-th iterate of the discrete rule F(x) = x + step f(x, p), as the field F^n(x) - x: its
/// equilibria are the points of period n (and of what divides n), and the rule of step 1 on it is
/// F^n. Names, units, loads and groups of alike cells are those of f; bounds of states are not
/// known.
/// @throws invalid_argument unless step > 0 and finite, and 1 <= count <= most_iterations
/// @cost   `count` evaluations of f each; of `along` five each
[[nodiscard]] problem iterated(const problem& at, double step, std::size_t count);

inline constexpr std::size_t most_iterations = 1024;

/// The orbit x, F(x), ..., `count` points of it.
[[nodiscard]] std::vector<std::vector<double>> orbit_of_map(const problem& at, double step,
                                                            std::span<const double> x,
                                                            std::size_t count);

}  // namespace moebius
