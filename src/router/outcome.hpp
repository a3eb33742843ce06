// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/router/router.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "rows.hpp"

namespace moebius {

/// The outcome of a router that takes tokens one by one: choose(t, z, chosen, weights) for each
/// token that can be routed, where z, chosen and weights are its rows (E) and start as 0. Weights
/// of experts that were not chosen are then set to 0, and loads are counted.
/// @throws invalid_argument  naming `who`, as check(batch)
template <typename Choose>
[[nodiscard]] router_outcome route_each(std::string_view who, const router_batch& batch,
                                        double beta, Choose choose) {
    check(who, batch);
    const std::size_t experts = batch.experts, tokens = batch.tokens();
    const auto at = scale(batch, beta);
    router_outcome out;
    out.weights.assign(batch.logits.size(), 0.0);
    out.chosen.assign(batch.logits.size(), 0);
    for (std::size_t t = 0; t < tokens; ++t) {
        if (!at.routed[t]) continue;
        const auto chosen = row_of(out.chosen, t, experts);
        const auto weights = row_of(out.weights, t, experts);
        choose(static_cast<std::uint32_t>(t), row_of(at.z, t, experts), chosen, weights);
        for (std::size_t e = 0; e < experts; ++e)
            if (!chosen[e]) weights[e] = 0;
    }
    count_loads(experts, out);
    return out;
}

/// z where chosen and minus infinity elsewhere: its softmax is that of the chosen alone.
[[nodiscard]] std::vector<double> only(std::span<const double> z,
                                       std::span<const std::uint8_t> chosen);

/// @throws invalid_argument  naming `who`, as check(batch) and if another size does not fit
void check_backward(std::string_view who, const router_batch& batch, const router_outcome& outcome,
                    std::span<const double> by_weights, std::span<const double> by_logits);

}  // namespace moebius
