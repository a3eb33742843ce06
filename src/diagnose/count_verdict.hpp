// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/diagnose/margin.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace moebius {

constexpr std::size_t enough_steps = 200;  // 20 blocks of the shortest length

/// Loads as a collapsed router has them: few experts get nearly all, by exp(entropy), which is k
/// for a router of k choices that always takes the same, or half of them have less than a tenth of
/// an even share.
/// @returns the rule that says so; empty where none does
[[nodiscard]] std::string collapse_of(const Eigen::VectorXd& loads, double top_k);

/// Whether one expert has more than half of its most; where half is an even share, more than is
/// midway between them.
[[nodiscard]] bool one_leads(const Eigen::VectorXd& loads, double top_k);

/// Whether experts win in turn: in 15 of the last 20 of the shortest blocks one leads, and at least
/// three times another that has taken the lead's loads. The mean over them may be even.
[[nodiscard]] bool leads_in_turn(const block_scales& blocks, double top_k);

/// Collapsed, whatever else was said, where a rule says so; neither safe nor drifting where one
/// expert leads.
void judge_collapse(const Eigen::VectorXd& loads, double top_k, layer_diagnosis& out);

/// Oscillating, where experts win in turn and no collapse is told.
/// @param unit  of blocks: steps, or rows that are not one step apart
void judge_turns(const block_scales& blocks, double top_k, std::string_view unit,
                 layer_diagnosis& out);

/// Not safe where experts have less than a tenth of an even share, and how many.
void judge_idle(const Eigen::VectorXd& loads, layer_diagnosis& out);

/// Verdict and reason of a warning.
/// @param unit  of blocks: steps, or rows that are not one step apart
void judge_warning(const warning& now, std::string_view unit, layer_diagnosis& out);

/// What counts alone say of a layer that raises no warning. Of logs whose steps are independent
/// some layer is called drifting in .3 %, whatever the number of layers.
/// @param slow  the slow motion of the layer, where there are steps enough
/// @param head  of the log: its experts, and how many layers it has
void judge_rest(std::size_t rows, const std::optional<warning>& slow, std::string_view unit,
                const log_head& head, layer_diagnosis& out);

/// That choices of a step are guessed from shares, or not known.
/// @param told  whether the log says how many tokens a step has
void note_choices(const step_choices& choices, bool told, layer_diagnosis& out);

/// Rows until one expert has half of its most, by the growth that is seen.
[[nodiscard]] std::optional<double> rows_left(const warning& now, const Eigen::VectorXd& loads,
                                              double top_k);

/// What counts alone tell: 1 - |multiplier|, as deviations that change their sign grow, too.
[[nodiscard]] margin growth_margin(const warning& now, const warning& slow, std::string_view unit);

}  // namespace moebius
