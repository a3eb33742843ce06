// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/router/noise.hpp>
#include <span>
#include <vector>

namespace moebius {

/// A point mass or a Gaussian bump in the law of the tokens' logit margins a = l1 - l2.
struct margin_node {
    double center = 0;  ///< in logits
    double weight = 1;  ///< > 0; all weights of a law sum to 1
    double width = 0;   ///< standard deviation in logits, >= 0
};

/// The law of logit margins over tokens, and the noise that the router adds.
struct margin_law {
    std::vector<margin_node> nodes;
    noise_law noise = noise_law::gumbel;
};

/// One node of equal weight for each token's margin.
/// @throws invalid_argument for no margins, or one that is not finite
[[nodiscard]] margin_law law_of_margins(std::span<const double> margins, noise_law noise);

}  // namespace moebius
