// SPDX-License-Identifier: MIT
// What the curves of special fixed points of a map have in common.
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/model/field.hpp>
#include <string_view>
#include <vector>

#include "floquet.hpp"

namespace moebius {

inline constexpr double no_pair = 1e-6;  ///< sin(theta) below which multipliers are no pair

/// Of a normal form's coefficient against its terms: below it nothing is known of its sign.
inline constexpr double rounding_of_forms = 1e-11;

/// A size of cubic terms, at amplitudes of a state scale, below which they are those of a linear
/// map.
inline constexpr double least_of_forms = 1e-3;

/// "supercritical" if what is born is stable.
[[nodiscard]] std::string_view word_of(bool stable);
/// Whether theta is that of an R3 or R4, next to which more than the cubic coefficient decides.
[[nodiscard]] bool is_strong(double theta);

/// 1 + step z for the eigenvalues z of f_x.
[[nodiscard]] detail::floquet multipliers_of(const linear_terms& terms, double step);

/// Whether these multipliers are what the letters say, of LPPD, LPNS, PDNS and NSNS: else a test
/// jumped, or vanished for two real multipliers whose product is 1.
[[nodiscard]] bool is_critical_at(point_type type, const detail::floquet& all);

/// point_at with the normal form of a PD, of R1 to R4 and, given theta, of an NS; criticality where
/// that form decides it.
[[nodiscard]] special_point map_point_at(const field& model, double step, point_type type,
                                         const std::vector<double>& x, const std::vector<double>& p,
                                         double theta = 0);

}  // namespace moebius
