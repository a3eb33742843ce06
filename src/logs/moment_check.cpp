// SPDX-License-Identifier: MIT
#include "moment_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace moebius {

std::string no_moments(std::span<const double> moments, std::size_t experts) {
    constexpr double rounding = 0.1, of_all = 1e-6;  // of products in bfloat16; of small ones
    const double all = std::accumulate(moments.begin(), moments.end(), 0.0);
    std::size_t by_themselves = 0;
    double together = 0;
    for (std::size_t i = 0; i < experts; ++i) {
        by_themselves += moments[i * experts + i] > 0 ? 1U : 0U;
        for (std::size_t j = 0; j <= i; ++j) {
            const double here = moments[i * experts + j], there = moments[j * experts + i];
            if (std::min(here, there) < -of_all * std::abs(all))
                return fmt::format(
                    "the moment of experts {} and {} is {:g}, but products of "
                    "probabilities are 0 or more (and not less their means)",
                    i, j, std::min(here, there));
            if (std::abs(here - there) > rounding * std::max(here, there) + of_all * all)
                return fmt::format(
                    "the moment of experts {0} and {1} is {2:g}, and that of {1} "
                    "and {0} is {3:g}, but p pᵀ is symmetric",
                    i, j, here, there);
            together += i == j ? 0 : here;
        }
    }
    if (by_themselves < 2 || together > 0) return {};
    return "its moments are those of each expert with itself alone, as of choices, but p are the "
           "router's probabilities";
}

}  // namespace moebius
