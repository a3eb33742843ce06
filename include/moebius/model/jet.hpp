// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <boost/math/differentiation/autodiff.hpp>
#include <cstddef>
#include <moebius/model/dual.hpp>
#include <type_traits>

namespace moebius {

/// A Taylor polynomial of order 3 in one variable: the value of a model along a line.
using jet = boost::math::differentiation::autodiff_fvar<double, 3>;

template <typename S>
inline constexpr bool is_jet = std::is_same_v<S, jet>;

/// x + slope s, along a straight line.
[[nodiscard]] inline jet line(double x, double slope) {
    return x + slope * boost::math::differentiation::make_fvar<double, jet::order_sum>(0.0);
}

/// Coefficient of s^k, k <= 3.
[[nodiscard]] inline double coefficient(const jet& f, std::size_t k) { return f.at(k); }

/// g(z) for a function known by its value and first three derivatives at z(0).
///
/// Much cheaper than the library's own tanh and erf on jets, and exact to the same order.
/// @source Faa di Bruno's formula to third order
[[nodiscard]] inline jet compose(const jet& z, const std::array<double, 4>& g) {
    const jet dz = z - z.at(0);
    return g[0] + dz * (g[1] + dz * (g[2] / 2 + dz * (g[3] / 6)));
}

[[nodiscard]] inline dual compose(const dual& z, const std::array<double, 4>& g) {
    return z.through(g[0], g[1]);
}

}  // namespace moebius
