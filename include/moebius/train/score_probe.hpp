// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

namespace moebius {

/// What is done to scores and asked of a router beside training, so that a log of it tells the gain
/// of its loop while its gates learn.
/// @source docs/theory.md section 7, Training
struct score_probe {
    double dither = 0;     ///< A: in each batch each score is routed by A more or less; 0: none
    bool moments = false;  ///< whether training_state::products are kept
};

/// What batch `step` of a run adds to its scores: A or -A each, independently. The rule by which
/// scores move does not see it.
/// @param seed  of the run
/// @param to    (L E), overwritten
void dither_of(double amplitude, std::uint64_t seed, std::uint64_t step, std::span<double> to);

/// Adds the sum over tokens of p p^T, p = softmax(beta (logit + score)).
/// @param logits  (T, E), row-major, finite
/// @param scores  (E)
/// @param to      (E, E)
void add_products(std::span<const double> logits, std::span<const double> scores, double beta,
                  std::span<double> to);

}  // namespace moebius
