// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <functional>
#include <moebius/continuation/collocation.hpp>
#include <moebius/model/field.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "floquet.hpp"

namespace moebius::detail {

/// Numbers told by a state (n); if empty, the state itself.
using observable = std::function<Eigen::VectorXd(const Eigen::VectorXd&)>;
/// Minimum and maximum over the cycle of each of these.
[[nodiscard]] std::vector<double> extremes_along(const problem& at, const piecewise& values,
                                                 double period, const observable& observe);

/// Minimum and maximum over the cycle of each load, or of each state of a model without loads.
[[nodiscard]] std::vector<double> cycle_extremes(const problem& at, const piecewise& values,
                                                 double period);
/// Their names, load_1_min, load_1_max ...
[[nodiscard]] std::vector<std::string> extreme_names(const field& model);

/// Multipliers of perturbations that differ within a group of cells and sum to zero there.
struct group_multipliers {
    std::vector<std::complex<double>> values;
    std::size_t copies = 1;  ///< each counts so many times
    std::size_t group = 0;   ///< that of the cells, the first one of those in turn
};
/// @param turn  of the groups, by which the cycle goes on: those in turn have the same ones
[[nodiscard]] std::vector<group_multipliers> multipliers_within(const problem& at,
                                                                const piecewise& values,
                                                                double period,
                                                                const rotation& turn = {});

/// Multipliers outside the unit circle: of those given, and of perturbations that tear groups of
/// cells apart.
[[nodiscard]] std::size_t count_unstable(std::span<const std::complex<double>> others,
                                         std::span<const group_multipliers> within);

/// The columns of a branch of cycles, and the row of one cycle, without its arclength.
[[nodiscard]] std::vector<std::string> cycle_columns(const problem& base, std::string_view varied);
[[nodiscard]] std::vector<double> cycle_row(const problem& at, std::size_t varied, double period,
                                            std::span<const double> extremes, const floquet& mu,
                                            std::span<const group_multipliers> within);

}  // namespace moebius::detail
