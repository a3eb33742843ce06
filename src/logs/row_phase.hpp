// SPDX-License-Identifier: MIT
// Which rows of a log are of training, and which of evaluation.
#pragma once

#include <string_view>

namespace moebius {

enum class row_phase { unsaid, training, evaluation };

/// Whether a column or member of that name says it: split, phase, mode and stage by a word, and
/// is_eval, eval, evaluation, is_training, training by true, false, 1 or 0, whatever their case.
[[nodiscard]] bool names_phase(std::string_view name);

/// What its value says: `unsaid` of other names, and of values that are none of these.
[[nodiscard]] row_phase phase_of(std::string_view name, std::string_view value);

}  // namespace moebius
