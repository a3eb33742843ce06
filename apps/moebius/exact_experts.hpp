// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/io/result.hpp>
#include <optional>

#include "problem_choice.hpp"

namespace moebius::cli {

/// b_e <- b_e - size sign(load_e - 1/N) after each batch.
struct sign_steps {
    double size;         ///< u
    std::size_t tokens;  ///< of a batch
    double step;         ///< time of a batch
};

/// The closed forms of softmax and exact-k for the experts of `on`: the threshold of the balanced
/// state and, for softmax, each m-winner branch, the one-winner cusp, and its fold set up to the
/// largest feedback of the range, if there is one; with a sign rule what it holds at the feedback
/// of `on`.
/// @throws invalid_argument if the experts do not all have the same bias
[[nodiscard]] result_document exact_experts(chosen_problem on, std::size_t points,
                                            const watch& watched,
                                            const std::optional<sign_steps>& rule = {});

}  // namespace moebius::cli
