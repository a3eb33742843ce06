// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/diagnose/margin.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace moebius {

constexpr std::size_t enough_steps = 200;  // 20 blocks of the shortest length
constexpr double returning_t = -3;         // a random walk seems to come back in one window of 20
/// Of so many swings of stationary gates seem to have begun late in half of 6,000 steps; of 8
/// never.
constexpr std::size_t few_experts = 4;
constexpr double far_moved =
    0.25;  // rms of block means, in even shares: from here no layer is safe

/// Period and size of a swing.
/// @param unit  of blocks: steps, or rows that are not one step apart
[[nodiscard]] std::string swing_words(const block_line& line, std::string_view unit);

/// Why a log of fewer rows than enough_steps tells nothing by blocks.
[[nodiscard]] std::string too_few_rows(std::size_t rows, std::string_view unit);

/// Of the 90 % interval of the multiplier.
[[nodiscard]] double lower_end(const block_growth& growth);

/// Whether block means scatter as those of independent steps but for one jump.
[[nodiscard]] bool jumped_once(const warning& slow, const log_head& head);

/// Verdict and reason of a warning.
/// @param unit  of blocks: steps, or rows that are not one step apart
/// @param lead  lead_words
void judge_warning(const warning& now, std::string_view unit, std::size_t experts,
                   std::string_view lead, layer_diagnosis& out);

/// What counts alone say of a layer that raises no warning. Of logs whose steps are independent
/// some layer is called drifting in .3 %, whatever the number of layers.
/// @param slow  the slow motion of the layer, where there are steps enough
/// @param head  of the log: its experts, and how many layers it has
/// @param swing  that has a period and is no warning
void judge_rest(std::size_t rows, const std::optional<warning>& slow, std::string_view unit,
                const log_head& head, const std::optional<warning>& swing, layer_diagnosis& out);

/// That choices of a step are guessed from shares, or not known.
/// @param told  whether the log says how many tokens a step has
void note_choices(const step_choices& choices, bool told, layer_diagnosis& out);

/// Rows until one expert has least_lead, by the growth that is seen.
/// @param loads  their mean over the last rows
[[nodiscard]] std::optional<double> rows_left(const warning& now, const Eigen::VectorXd& loads,
                                              std::size_t rows, double top_k);

/// What counts alone tell: 1 - |multiplier|, as deviations that change their sign grow, too.
[[nodiscard]] margin growth_margin(const warning& now, const warning& slow, std::string_view unit);

}  // namespace moebius
