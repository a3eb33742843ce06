// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <functional>
#include <moebius/base/enclosed.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Sets F (m) at y (m), both constants of s; their slopes are derivatives.
using enclosed_system = std::function<void(std::span<const enclosed> y, std::span<enclosed> f)>;

/// What is known of a zero of F near a guess.
struct zero_enclosure {
    bool proven = false;      ///< look here first
    bool solved = false;      ///< whether Newton's method found one in floating point
    std::vector<bounds> box;  ///< (m): holds one zero of F, and no other, if that is proven

    [[nodiscard]] explicit operator bool() const noexcept { return proven; }
};

/// Encloses the zero of F to which Newton's method goes from `guess`: with Y near F'(m)^-1,
///
///     K(X) = m - Y F(m) + (1 - Y F'(X)) (X - m)
///
/// lies in the interior of the box X, so that X holds exactly one zero of F, and F' is regular
/// there. X begins at what Newton's method leaves, and is blown up until that holds.
///
/// @param units  (m): sizes of the unknowns, > 0; with m = 0 there is nothing to be proven
/// @cost    3 to 6 times m evaluations of F, and as often 2 m^3 products
/// @source  Krawczyk, Computing 4 (1969) 187; Moore, Kearfott & Cloud, Introduction to Interval
///          Analysis, theorem 8.2; Rump, Acta Numerica 19 (2010) 287, section 13 (inflation)
[[nodiscard]] zero_enclosure enclose_zero(const enclosed_system& f, const Eigen::VectorXd& guess,
                                          const Eigen::VectorXd& units);

}  // namespace moebius
