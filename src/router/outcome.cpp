// SPDX-License-Identifier: MIT
#include "outcome.hpp"

#include <fmt/format.h>

#include <limits>
#include <moebius/base/error.hpp>

namespace moebius {

std::vector<double> only(std::span<const double> z, std::span<const std::uint8_t> chosen) {
    std::vector<double> out(z.begin(), z.end());
    for (std::size_t e = 0; e < z.size(); ++e)
        if (!chosen[e]) out[e] = -std::numeric_limits<double>::infinity();
    return out;
}

void check_backward(std::string_view who, const router_batch& batch, const router_outcome& outcome,
                    std::span<const double> by_weights, std::span<const double> by_logits) {
    check(who, batch);
    const auto same = [&](std::string_view what, std::size_t size) {
        if (size != batch.logits.size())
            throw invalid_argument(who, fmt::format("{} {} came", size, what),
                                   fmt::format("the batch has {} logits", batch.logits.size()));
    };
    same("choices", outcome.chosen.size());
    same("derivatives by weights", by_weights.size());
    same("derivatives by logits", by_logits.size());
}

}  // namespace moebius
