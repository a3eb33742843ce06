// SPDX-License-Identifier: MIT
#pragma once

namespace moebius {

/// Variance that tokens make of the loads of a step (shares of its choices), summed over experts:
/// each of the tokens chooses top_k experts, on its own. An expert's share p is the mean of tokens
/// of which each gives 1/top_k or nothing, p (1/top_k - p)/tokens.
///
/// @param squares  sum over experts of the squared mean loads; 1/E of equal ones
/// @param tokens   of the step, > 0
/// @source docs/theory.md section 7
[[nodiscard]] constexpr double token_noise(double squares, double top_k, double tokens) {
    return (1 / top_k - squares) / tokens;
}

}  // namespace moebius
