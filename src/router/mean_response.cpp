// SPDX-License-Identifier: MIT
#include "mean_response.hpp"

#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>

namespace moebius {

void check_tokens(std::string_view who, const std::vector<double>& logits, std::size_t experts) {
    require(who).at_least("experts", experts, 2);
    if (logits.empty() || logits.size() % experts != 0)
        throw invalid_argument(who,
                               fmt::format("{} logits came for {} experts", logits.size(), experts),
                               "each token needs a row of one for every expert");
    for (const double logit : logits)
        if (!std::isfinite(logit))
            throw invalid_argument(who, fmt::format("a logit is {}", logit), "all must be finite");
}

}  // namespace moebius
