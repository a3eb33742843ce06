// SPDX-License-Identifier: MIT
//
// What the oracle of a routing step shares with its quick form.
#pragma once

#include <moebius/simulate/route_step.hpp>

namespace moebius {

/// What some tokens of a step add up to.
struct step_tally {
    std::vector<std::uint32_t> counts;  ///< (E)
    std::uint64_t unrouted = 0, near_ties = 0;
};

/// Room for the choices of so many tokens.
[[nodiscard]] routed_batch empty_step(std::size_t tokens, std::size_t choices);

/// What is to be known of one token for its choices.
struct token_values {
    explicit token_values(std::size_t experts) : values(experts), noise(experts), noisy(experts) {}

    /// From logits in `values` to beta (logit + score); false if the token goes nowhere.
    [[nodiscard]] bool scale(std::span<const double> scores, double beta);

    /// Draws its noise, if there is any, for what is compared.
    void add_noise(const route_step_options& options, std::uint32_t token);

    std::vector<double> values;  ///< (E) beta (logit + score)
    std::vector<double> noise;   ///< (E)
    std::vector<double> noisy;   ///< (E) what is compared; minus infinity: closed to this token
    std::vector<std::uint32_t> best = {};  ///< the largest k + 1 first, ties to the lower expert
};

/// Sorts the best of the noisy values first, k + 1 of them if there are as many.
void sort_best(token_values& of, std::size_t k);

/// Writes the choices of token t, and counts them.
void choose(std::size_t t, const token_values& of, const route_step_options& options,
            routed_batch& routed, step_tally& tally);

/// Adds the tallies up, lets the scores follow and gives slots.
void finish_step(std::span<const step_tally> tallies, const std::vector<double>& scores,
                 std::size_t tokens, const route_step_options& options, routed_batch& routed);

}  // namespace moebius
