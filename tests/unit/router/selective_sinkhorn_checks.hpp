// SPDX-License-Identifier: MIT
// What the tests of selective Sinkhorn routing share: logits, scores and a sharp plan.
#pragma once

#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/router/selective_sinkhorn.hpp>
#include <vector>

#include "catch.hpp"

namespace selective_sinkhorn_checks {

using namespace moebius;

inline constexpr sinkhorn_options sharp{.xi = 0.5, .tolerance = 1e-13, .max_iterations = 10'000};

inline std::vector<double> some_logits(std::size_t tokens, std::size_t experts) {
    std::vector<double> out(tokens * experts);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double x = static_cast<double>(i + 1);
        out[i] = 1.5 * std::sin(1.7 * x + 0.3 * x * x);
    }
    return out;
}

/// Score vector number i: from all alike to one expert far ahead.
inline std::vector<double> score_vector(std::size_t experts, std::size_t i) {
    std::vector<double> s(experts);
    for (std::size_t e = 0; e < experts; ++e)
        s[e] = 0.25 * static_cast<double>(i) * std::cos(static_cast<double>(i + 3 * e));
    return s;
}

}  // namespace selective_sinkhorn_checks
