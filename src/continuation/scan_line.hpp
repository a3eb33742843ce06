// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/model/field.hpp>
#include <vector>

namespace moebius {

constexpr double unbounded_reach = 50;  ///< state scales, where the model gives no bounds

/// The equilibria of a model of one state, as find_equilibria says.
/// @throws interrupted  if the watch asks to stop
[[nodiscard]] std::vector<Eigen::VectorXd> scan_line(const problem& base, search_record& record,
                                                     const watch& watched);

}  // namespace moebius
