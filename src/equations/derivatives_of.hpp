// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "graph.hpp"

namespace moebius::detail {

/// A function of one number at z.
[[nodiscard]] double value_of(operation what, double z);

/// Its value and first three derivatives; those of a function with steps are zero, also where it
/// steps.
[[nodiscard]] std::array<double, 4> derivatives_of(operation what, double z);

/// z^c and its first three derivatives by z.
[[nodiscard]] std::array<double, 4> power_derivatives(double z, double c);

}  // namespace moebius::detail
