// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "series.hpp"
#include "weighted_draws.hpp"

namespace moebius {

/// How the chances of two draws go together under the weight g: with P the mean of g over what
/// comes out, by its mean over all, cov(i, j) = P(i, j) - P(i) P(j) is how the chance of i answers
/// to the log odds of j. It is taken as P(both) P(neither) - P(i alone) P(j alone), in which what
/// is nearly certain does not cancel.
/// @tparam  Order  0 or 1
/// @cost    members x N K products; memory N K
/// @source  Chen, Dempster & Liu, Biometrika 81 (1994), section 2, for the program
template <std::size_t Order>
class draw_covariances {
public:
    using number = series<Order>;

    /// @param weight  (K + 1): that of the draws
    draw_covariances(const weighted_draws<number>& draws, std::span<const double> weight);

    /// @param members  rising positions of draws
    /// @param out      (members, members), symmetric
    void among(std::span<const std::size_t> members, std::span<number> out) const;

private:
    using chances = std::vector<number>;  // (K + 1): of numbers of draws that have come out

    [[nodiscard]] std::span<const number> ahead(std::size_t i) const;
    void pass(std::size_t i, chances& have) const;

    const weighted_draws<number>& draws_;
    std::size_t width_;
    std::vector<number> ahead_;  // (N + 1, K + 1): E[g | n of the first i come out]
    number total_{};
};

}  // namespace moebius
