// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "weighted_draws.hpp"

namespace moebius {

/// Subsets with P(S) ~ exp(sum of logits over S) and k_min to k_max members, as independent draws
/// with odds exp(logit + shift): given their number n they are the same subsets, and the weight
/// exp(-shift n) undoes what the shift does to n.
///
/// The shift is 0 if the number is expected in the band anyway and else brings it to the nearer
/// end, so that what is conditioned on is never a rare event: nothing under- or overflows, however
/// large the logits are.
/// @source  Chen, Dempster & Liu, Biometrika 81 (1994), section 2
struct tilt {
    double shift = 0;
    std::size_t reference = 0;   ///< the size of weight 1
    std::vector<double> weight;  ///< (K + 1): exp(-shift (n - reference)) in the band, 0 outside

    /// @param logits  (N): finite, or minus infinity for an expert that is never drawn. With fewer
    ///                than k_min others the band is their number alone: all of them are drawn.
    tilt(std::span<const double> logits, std::size_t k_min, std::size_t k_max);
};

/// The draws of a tilt, with logits along a line. Shape: logits (N).
template <std::size_t Order>
weighted_draws<series<Order>> tilted_draws(const std::vector<series<Order>>& logits,
                                           const tilt& by) {
    std::vector<series<Order>> yes(logits.size()), no(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (i > 0 && logits[i].c == logits[i - 1].c) {  // alike
            yes[i] = yes[i - 1];
            no[i] = no[i - 1];
            continue;
        }
        auto shifted = logits[i];
        shifted.c[0] += by.shift;
        std::tie(yes[i], no[i]) = odds(shifted);
    }
    return {std::move(yes), std::move(no), by.weight};
}

}  // namespace moebius
