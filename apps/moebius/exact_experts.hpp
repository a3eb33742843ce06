// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/io/result.hpp>

#include "problem_choice.hpp"

namespace moebius::cli {

/// The closed forms of softmax and exact-k for the experts of `on`: the threshold of the balanced
/// state and, for softmax, each m-winner branch, the one-winner cusp, and its fold set up to the
/// largest feedback of the range, if there is one.
/// @throws invalid_argument if the experts do not all have the same bias
[[nodiscard]] result_document exact_experts(chosen_problem on, std::size_t points,
                                            const watch& watched);

}  // namespace moebius::cli
