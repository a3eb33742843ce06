// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/model/field.hpp>
#include <vector>

namespace moebius {

/// The same equations for states that are told in units of their own: y_i = x_i / units_i, with
/// y_i' = f_i(units y, p) / units_i. Names, parameters and loads stay; its states have scale 1. It
/// is not seen as one of interchangeable cells.
/// @param units  (n), > 0; powers of two change no digit
[[nodiscard]] problem in_units(const problem& at, std::vector<double> units);

}  // namespace moebius
