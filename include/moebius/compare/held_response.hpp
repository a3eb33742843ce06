// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

namespace moebius {

/// A rest of the gap: where decay X(m) = feedback m + bias.
struct held_state {
    double gap = 0;
    bool stable = false;  ///< the free gap comes back to it
};

/// The response of one model in training: the lead X(m) of the first expert's score over the
/// others', which are equal, that holds the first expert's load m above each of theirs.
///
/// Free scores follow x' = feedback m + bias - decay x and are faster than the gate; the gap grows
/// while the lead is more than holds it. So m rests where decay X(m) = feedback m + bias, stable
/// where decay X(m) rises through the line, whether X rises or falls: a gate that learns from
/// whoever it loads needs less lead for more load, and X falls.
///
/// Between targets X is linear in the softmax lead u(m) = ln(l/(1 - l)) + ln(E - 1), l the first
/// expert's load; beyond the first and the last it goes on as a softmax's, with slope 1/beta.
/// @source docs/theory.md section 11
class held_response {
public:
    /// @param gaps   rising, each in (-1/(E - 1), 1); at least two
    /// @param leads  X of each
    /// @throws invalid_argument  for fewer, others, or leads that are not finite
    held_response(std::vector<double> gaps, std::vector<double> leads, std::size_t experts,
                  double beta);

    [[nodiscard]] double lead(double gap) const;

    /// All rests, by rising gap: those that a table of 64 places between neighbouring targets
    /// tells apart, to rounding.
    [[nodiscard]] std::vector<held_state> states(double feedback, double decay, double bias) const;

    /// The stable rest that a gap flows to.
    [[nodiscard]] double settle(double from, double feedback, double decay, double bias) const;

    /// The gap of a softmax whose first score leads by x: where a start has its gap before the gate
    /// has learnt anything.
    [[nodiscard]] double softmax_gap(double x) const;

private:
    [[nodiscard]] double lead_at(double u) const;
    [[nodiscard]] double gap_at(double u) const;

    std::vector<double> u_, leads_;
    std::size_t experts_;
    double beta_;
};

}  // namespace moebius
