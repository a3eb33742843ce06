// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <moebius/continuation/measured_branch.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace moebius {

struct line_options {
    std::size_t steps = 100;  ///< batches of a window, >= 1
    std::size_t windows = 8;  ///< of each target, >= 2
};

/// Takes a line, which ends with a newline; gives the next one, without it, or nothing at the end.
using say_line = std::function<void(std::string_view)>;
using hear_line = std::function<std::optional<std::string>()>;

/// Holds a loop of another program, by lines of JSON:
///
///   {"target": [s_1, ...], "steps": n}      hold these scores, run n batches
///   {"loads": [n_1, ...]}                   the answer: mean loads over them, of sum 1
///
/// A target is asked for in windows, one after another; the covariance of its mean is that of the
/// windows over their number, which holds where a window is longer than the loop remembers.
/// @throws invalid_argument  for an option out of range
/// The sampler throws io_error for an answer that is missing or another line.
[[nodiscard]] load_sampler sample_by_lines(say_line say, hear_line hear,
                                           const line_options& options = {});

/// {"branch": {"lead": [...], "gap": ..., "gap_error": ..., "feedback": ..., "feedback_error": ...,
/// "growth": ..., "growth_error": ...}, "folds": [{"lead": ..., "lead_error": ..., "feedback": ...,
/// "feedback_error": ...}], "cusps": [the same with "bias" and "bias_error"], "balance": one such
/// place or null, "arrived": true}, as one line.
[[nodiscard]] std::string branch_line(const measured_branch& branch);

}  // namespace moebius
