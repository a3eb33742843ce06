// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/base/watch.hpp>
#include <moebius/model/field.hpp>
#include <vector>

namespace moebius {

/// Equilibria of a problem at its parameters, each once, from scratch.
///
/// One state: all of them that lie in field::state_bounds and are further apart than a tenth of
/// the state scale, by a scan with bracketing; closer pairs are found when the scan sees
/// |f| dip between two of its points. More states: those that Newton's method reaches from zero and
/// from a fixed set of starts, each again and again with what is known deflated; so some may be
/// missing.
/// @throws invalid_argument if a parameter is not allowed
/// @throws interrupted      if the watch asks to stop
[[nodiscard]] std::vector<Eigen::VectorXd> find_equilibria(const problem& base,
                                                           const watch& watched = {});

}  // namespace moebius
