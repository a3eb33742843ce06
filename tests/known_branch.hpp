// SPDX-License-Identifier: MIT
// Closed loops of every router whose branches are known in closed form: what measured branches are
// held against, in tests/unit/compare/router_sampler_test.cpp and
// tests/bench/measured_branches.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <moebius/router/adaptive_clustering.hpp>
#include <moebius/router/registry.hpp>
#include <moebius/tokens/token_source.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moebius {

/// A router on tokens to which all experts but the first are alike, at decay 1 and beta 1.
struct known_branch {
    std::string name;
    std::size_t experts;
    std::shared_ptr<const token_source> source;
    std::shared_ptr<const router> made;
    std::shared_ptr<const load_response> response;
    double bias = 0, from = 0.3, to = 5;
    double mean_spread = 0;  ///< dynamic-k's loads depend on the mean score

    /// @param logits  (tokens, experts), row-major; empty: none
    known_branch(std::string router, std::size_t n, std::vector<double> logits,
                 const router_settings& settings = {})
        : name(std::move(router)),
          experts(n),
          source(logits.empty() ? no_tokens(n) : stored_tokens(logits, n)),
          made(make_router(name, 1, noise_law::gumbel, settings)) {
        if (logits.empty()) logits.assign(n, 0.0);
        response = made->mean_load(std::move(logits), n);
        if (name == "probmoe-dynamic-k") mean_spread = 0.4;
    }

    /// The same loop on another branch: of this bias, between these leads.
    [[nodiscard]] known_branch at(double h, double first, double last) const {
        auto out = *this;
        out.bias = h;
        out.from = first;
        out.to = last;
        return out;
    }

    [[nodiscard]] double gap(double lead, double mean) const {
        std::vector<double> scores(experts, mean - lead / static_cast<double>(experts)), p(experts);
        scores[0] += lead;
        response->loads(scores, 1, p);
        return p[0] - (1 - p[0]) / static_cast<double>(experts - 1);
    }

    /// At which the lead rests: (lead - bias)/m, m at the mean score feedback/E of a free loop.
    [[nodiscard]] double feedback(double lead) const {
        double out = 0, last = 1;
        for (int i = 0; i < 500 && std::abs(out - last) > 1e-12; ++i)
            last =
                std::exchange(out, (lead - bias) / gap(lead, out / static_cast<double>(experts)));
        return out;
    }
    [[nodiscard]] double gap(double lead) const {
        return gap(lead, feedback(lead) / static_cast<double>(experts));
    }

    /// Leads at which the feedback turns, up to the last lead: extrema of a fine table, then
    /// thirds.
    [[nodiscard]] std::vector<double> turns() const {
        constexpr int cells = 400;
        const auto lead = [&](int i) { return std::lerp(from, to, i / double{cells}); };
        std::vector<double> out, table;
        for (int i = 0; i <= cells; ++i) table.push_back(feedback(lead(i)));
        for (std::size_t i = 1; i < cells; ++i)
            if ((table[i] > table[i - 1]) != (table[i + 1] > table[i])) {
                const double sign = table[i] > table[i - 1] ? -1 : 1;
                double low = lead(static_cast<int>(i) - 1), high = lead(static_cast<int>(i) + 1);
                for (int h = 0; h < 60; ++h) {
                    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
                    (sign * feedback(a) < sign * feedback(b) ? high : low) =
                        sign * feedback(a) < sign * feedback(b) ? b : a;
                }
                out.push_back((low + high) / 2);
            }
        return out;
    }
};

/// A kind of token for each expert, which it prefers by `margin`; all logits are raised by `level`.
inline std::vector<double> kinds_of_tokens(std::size_t experts, double margin, double level = 0) {
    std::vector<double> out(experts * experts, level);
    for (std::size_t e = 0; e < experts; ++e) out[e * experts + e] += margin;
    return out;
}

/// Logits of adaptive clustering's gate: a cluster for each expert, `far` along its own axis
/// (within .1) and about 0 along the others (within .5).
inline std::vector<double> clustered_tokens(std::size_t experts, double far) {
    std::vector<double> tokens, axes(experts * experts, 0.0);
    std::vector<std::uint32_t> clusters;
    for (std::uint32_t kind = 0; kind < experts; ++kind) {
        axes[kind * experts + kind] = 1;
        for (std::size_t axis = 0; axis < experts; ++axis)
            for (const double side : {-1.0, 1.0}) {
                std::vector<double> one(experts, 0.0);
                one[kind] = far;
                one[axis] += side * (axis == kind ? 0.1 : 0.5);
                tokens.insert(tokens.end(), one.begin(), one.end());
                clusters.push_back(kind);
            }
    }
    const auto how = clustering_options::language();
    const auto scales = token_scales(dispersion_weights(tokens, experts, clusters, experts, how),
                                     experts, clusters);
    return cluster_gate(tokens, scales, axes, experts, how).logits;
}

/// A loop of every shipped router, of two and eight experts, with branches that turn twice: at a
/// bias for the first expert, below that of the cusp.
inline std::vector<known_branch> every_router_turning_twice() {
    const auto two = kinds_of_tokens(2, 3.2), eight = kinds_of_tokens(8, 2);
    return {
        known_branch("top-1", 2, two).at(0.3, 0.4, 7),
        known_branch("top-k", 2, two, {{"k", "1"}}).at(0.3, 0.4, 7),
        known_branch("probmoe-exact-k", 2, two, {{"k", "1"}}).at(0.3, 0.4, 7),
        known_branch("probmoe-dynamic-k", 2, kinds_of_tokens(2, 3.2, -6)).at(0.3, 0.4, 6),
        known_branch("adaptive-clustering", 2, clustered_tokens(2, 2)).at(0.3, 0.4, 7),
        known_branch("soft-moe", 2, two).at(0.3, 0.4, 7),
        known_branch("selective-sinkhorn", 2, two, {{"frequency", "0.1"}}).at(0.3, 0.4, 7),
        known_branch("top-1", 8, {}).at(0.1, 0.2, 5),
        known_branch("top-k", 8, {}, {{"k", "2"}}).at(0.04, 0.1, 4),
        known_branch("probmoe-exact-k", 8, {}, {{"k", "2"}}).at(0.04, 0.1, 4),
        known_branch("probmoe-dynamic-k", 8, {}, {{"k_min", "1"}, {"k_max", "2"}}).at(0.04, 0.1, 4),
        known_branch("adaptive-clustering", 8, clustered_tokens(8, 0.6)).at(0.1, 0.2, 6),
        known_branch("soft-moe", 8, eight).at(0.1, 0.2, 6),
        known_branch("selective-sinkhorn", 8, {}, {{"frequency", "0.1"}}).at(0.1, 0.2, 5),
    };
}

}  // namespace moebius
