// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <moebius/continuation/collocation.hpp>
#include <moebius/model/field.hpp>
#include <string>
#include <vector>

namespace moebius::detail {

/// Names of what cycle_extremes gives: the least and greatest of each load, or of each state.
[[nodiscard]] std::vector<std::string> extreme_names(const field& model);

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

}  // namespace moebius::detail
