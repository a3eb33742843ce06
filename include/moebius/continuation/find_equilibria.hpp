// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace moebius {

/// Equilibria of a problem at its parameters, each once, from scratch.
///
/// One state: all of them that lie in field::state_bounds and are further apart than a tenth of
/// the state scale, by a scan with bracketing; closer pairs are found when the scan sees
/// |f| dip between two of its points; where f is no number none is found, and the record says so.
/// More states: those to which the flow goes where some groups of experts hold all the load
/// (field::rest; one, all but one, two, ... of them, as long as there are no more than 256 choices
/// in all), then up to 32 states those that Newton's method reaches from each of these choices, if
/// all of them were made, with equal states of the winners (of softmax with biases that is every
/// root, docs/theory.md section 3), and from zero and a fixed set of starts, each again and again
/// with what is known deflated; so some may be missing.
/// @param record  if given, is told of the starts and whether choices were left out
/// @throws invalid_argument if a parameter is not allowed
/// @throws interrupted      if the watch asks to stop
[[nodiscard]] std::vector<Eigen::VectorXd> find_equilibria(const problem& base,
                                                           search_record* record = nullptr,
                                                           const watch& watched = {});

inline constexpr std::size_t most_deflated = 32;  ///< states; beyond, dense Newton steps take
                                                  ///< seconds

/// Between what each state of a start lies: the model's bounds, or ten state scales.
[[nodiscard]] std::pair<double, double> start_box(const problem& base);

/// Those of them to which the flow goes from each choice of winners, and from zero: what is stable
/// is among them.
/// @param apart  groups of alike cells of which one wins and the other does not: from elsewhere the
///               flow stays where both agree
[[nodiscard]] std::vector<Eigen::VectorXd> flow_equilibria(
    const problem& base, search_record* record = nullptr,
    std::optional<std::pair<std::size_t, std::size_t>> apart = {});

}  // namespace moebius
