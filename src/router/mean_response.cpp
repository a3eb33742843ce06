// SPDX-License-Identifier: MIT
#include "mean_response.hpp"

#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>

#include "rows.hpp"

namespace moebius {
namespace {

constexpr std::size_t most_differing_experts = 1024;  // derivatives of their loads are (N, N)

}  // namespace

void check_tokens(std::string_view who, const std::vector<double>& logits, std::size_t experts) {
    require(who).at_least("experts", experts, 2);
    if (logits.empty() || logits.size() % experts != 0)
        throw invalid_argument(who,
                               fmt::format("{} logits came for {} experts", logits.size(), experts),
                               "each token needs a row of one for every expert");
    for (const double logit : logits)
        if (!std::isfinite(logit))
            throw invalid_argument(who, fmt::format("a logit is {}", logit), "all must be finite");
    if (experts > most_differing_experts && !all_zero(logits))
        throw invalid_argument(
            who, fmt::format("{} experts came whose tokens differ", experts),
            fmt::format("mean loads of up to {} are solved for", most_differing_experts));
}

}  // namespace moebius
