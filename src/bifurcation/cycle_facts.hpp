// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <moebius/continuation/collocation.hpp>
#include <moebius/model/field.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "floquet.hpp"

namespace moebius::detail {

/// Minimum and maximum over the cycle of each load, or of each state of a model without loads.
[[nodiscard]] std::vector<double> cycle_extremes(const problem& at, const piecewise& values,
                                                 double period);

/// Multipliers of perturbations that differ within a group of cells and sum to zero there.
struct group_multipliers {
    std::vector<std::complex<double>> values;
    std::size_t copies = 1;  ///< each counts so many times
};
[[nodiscard]] std::vector<group_multipliers> multipliers_within(const problem& at,
                                                                const piecewise& values,
                                                                double period);

/// The columns of a branch of cycles, and the row of one cycle, without its arclength.
[[nodiscard]] std::vector<std::string> cycle_columns(const problem& base, std::string_view varied);
[[nodiscard]] std::vector<double> cycle_row(const problem& at, std::size_t varied,
                                            const piecewise& values, double period,
                                            const floquet& mu);

}  // namespace moebius::detail
