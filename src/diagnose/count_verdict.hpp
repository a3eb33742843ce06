// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/diagnose/margin.hpp>
#include <optional>

namespace moebius {

constexpr std::size_t enough_steps = 200;  // 20 blocks of the shortest length

/// Loads as a collapsed router has them: few experts get nearly all, by exp(entropy), which is k
/// for a router of k choices that always takes the same, or half of them have less than a tenth of
/// an even share.
[[nodiscard]] bool has_collapsed(const Eigen::VectorXd& loads, double top_k);

/// Verdict and reason of a warning.
void judge_warning(const warning& now, layer_diagnosis& out);

/// What counts alone say of a layer that raises no warning.
/// @param slow  the slow motion of the layer, where there are steps enough
void judge_rest(std::size_t steps, const std::optional<warning>& slow, layer_diagnosis& out);

/// Steps until one expert has half of its most, by the growth that is seen.
[[nodiscard]] std::optional<double> steps_left(const warning& now, const Eigen::VectorXd& loads,
                                               double top_k);

/// What counts alone tell.
[[nodiscard]] margin growth_margin(const warning& now, const warning& slow);

}  // namespace moebius
