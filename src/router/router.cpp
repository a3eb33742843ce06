// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/router/router.hpp>

namespace moebius {
namespace {

bool can_be_routed(std::span<const double> z) {
    bool finite = false;
    for (const double value : z) {
        if (std::isnan(value) || value == std::numeric_limits<double>::infinity()) return false;
        finite = finite || std::isfinite(value);
    }
    return finite;
}

}  // namespace

void check(std::string_view who, const router_batch& batch) {
    if (batch.experts < 1) throw invalid_argument(who, "no experts came", "at least one is needed");
    if (batch.logits.size() % batch.experts != 0)
        throw invalid_argument(
            who, fmt::format("{} logits came for {} experts", batch.logits.size(), batch.experts),
            "each token needs one for every expert");
    if (batch.scores.size() != batch.experts)
        throw invalid_argument(who, fmt::format("{} scores came", batch.scores.size()),
                               fmt::format("the {} experts need one each", batch.experts));
    for (const double score : batch.scores)
        if (!std::isfinite(score))
            throw invalid_argument(who, fmt::format("a score is {}", score), "it must be finite");
}

scaled_logits scale(const router_batch& batch, double beta) {
    const std::size_t experts = batch.experts, tokens = batch.tokens();
    scaled_logits out{std::vector<double>(batch.logits.size()), std::vector<std::uint8_t>(tokens)};
    for (std::size_t t = 0; t < tokens; ++t) {
        const std::span row(out.z.data() + t * experts, experts);
        for (std::size_t e = 0; e < experts; ++e)
            row[e] = beta * (batch.logits[t * experts + e] + batch.scores[e]);
        out.routed[t] = can_be_routed(row) ? 1 : 0;
    }
    return out;
}

void count_loads(std::size_t experts, router_outcome& outcome) {
    outcome.load.assign(experts, 0);
    outcome.unrouted = 0;
    double all = 0;
    for (auto row = outcome.chosen.begin(); row != outcome.chosen.end();
         row += static_cast<std::ptrdiff_t>(experts)) {
        double of_token = 0;
        for (std::size_t e = 0; e < experts; ++e) {
            const double here = row[static_cast<std::ptrdiff_t>(e)];
            outcome.load[e] += here;
            of_token += here;
        }
        all += of_token;
        if (of_token == 0) ++outcome.unrouted;
    }
    if (all > 0)
        for (double& load : outcome.load) load /= all;
}

}  // namespace moebius
