// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/load_response.hpp>
#include <moebius/router/subset_law.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "draw_covariances.hpp"
#include "mean_response.hpp"
#include "rows.hpp"
#include "tilt.hpp"

namespace moebius {
namespace {

template <std::size_t Order>
std::vector<series<Order>> shares_of(const weighted_draws<series<Order>>& draws) {
    const auto total = draws.mean();
    auto m = draws.mean_with();
    for (auto& chance : m) chance = chance / total;
    return m;
}

template <std::size_t Order>
std::vector<double> values_of(const std::vector<series<Order>>& z) {
    std::vector<double> values(z.size());
    for (std::size_t i = 0; i < z.size(); ++i) values[i] = z[i].c[0];
    return values;
}

/// Pairs {i, j} with P ~ exp(z_i + z_j) of experts in groups, by weights against the largest; an
/// expert m that outdoes all others stands apart, so that no weight of a product exceeds 1:
///
///     P(m, j) = w_j / E, P(i, j) = a w_i w_j, E = W + a E (sum of pairs), a = exp(z_2 - z_m) / E
///
/// with sums over the others and weights against the second, z_2; without m, a = 1 / sum of pairs.
struct pairs_of_groups {
    std::vector<double> weight;      ///< (G), 0 for m
    std::vector<double> chance;      ///< of one member (G)
    std::vector<double> with_first;  ///< P(m, j) (G), 0 for m and without m
    std::optional<std::size_t> first;
    double root;  ///< of a

    pairs_of_groups(std::span<const double> z, std::span<const double> size)
        : weight(z.size()), chance(z.size()), with_first(z.size()) {
        const auto top = static_cast<std::size_t>(std::max_element(z.begin(), z.end()) - z.begin());
        if (size[top] == 1) first = top;
        double second = -std::numeric_limits<double>::infinity();
        for (std::size_t g = 0; g < z.size(); ++g)
            if (g != first) second = std::max(second, z[g]);
        double sum = 0, pairs = 0;
        for (std::size_t g = 0; g < z.size(); ++g) {
            if (g == first) continue;
            const double w = weight[g] = std::exp(z[g] - second);
            pairs += size[g] * w * (sum + (size[g] - 1) / 2 * w);
            sum += size[g] * w;
        }
        const double share = first ? std::exp(second - z[top]) : 1;  // of pairs without m
        const double all = (first ? sum : 0) + share * pairs;
        root = std::sqrt(share / all);
        for (std::size_t g = 0; g < z.size(); ++g) {
            if (first) with_first[g] = weight[g] / all;
            chance[g] = with_first[g] + share * weight[g] * (sum - weight[g]) / all;
        }
        if (first) chance[*first] = sum / all;
    }
};

/// The marginals of subset_law: their slopes are its covariances.
struct subset_marginals {
    std::size_t k_min, k_max;

    template <std::size_t Order>
    [[nodiscard]] std::vector<series<Order>> chances(std::vector<series<Order>> z) const {
        const tilt by(values_of(z), k_min, k_max);
        return shares_of(tilted_draws(std::move(z), by));
    }

    template <std::size_t Order>
    [[nodiscard]] std::vector<series<Order>> answers(std::vector<series<Order>> z,
                                                     std::span<const std::size_t> members,
                                                     std::span<series<Order>> covariances) const {
        const tilt by(values_of(z), k_min, k_max);
        const auto draws = tilted_draws(std::move(z), by);
        draw_covariances<Order>(draws, by.weight).among(members, covariances);
        return shares_of(draws);
    }

    /// Of pairs the covariances are diagonal plus low rank.
    [[nodiscard]] std::size_t rank() const { return k_min == 2 && k_max == 2 ? 4 : 0; }
    /// Chances (G) of one member each, and how they answer to the z of whole groups as
    /// diag(diagonal) + left right^T: Cov(i, j) = P(i, j) - P(i) P(j), of i itself P(i) - P(i)^2.
    void low_rank(std::span<const double> z, std::span<const double> size, std::span<double> chance,
                  std::span<double> diagonal, std::span<double> left,
                  std::span<double> right) const {
        const std::size_t n = z.size();
        const pairs_of_groups pairs(z, size);
        for (std::size_t g = 0; g < n; ++g) {
            const double w = pairs.root * pairs.weight[g], one = g == pairs.first ? 1 : 0;
            chance[g] = pairs.chance[g];
            diagonal[g] = chance[g] - w * w;
            const double columns[][2] = {{w, w},
                                         {chance[g], -chance[g]},
                                         {one, pairs.with_first[g]},
                                         {pairs.with_first[g], one}};
            for (std::size_t k = 0; k < 4; ++k) {
                left[k * n + g] = columns[k][0];
                right[k * n + g] = size[g] * columns[k][1];
            }
        }
    }

    [[nodiscard]] bool is_of_one_size() const { return k_min == k_max; }

    /// With a band of sizes the weights of a tilt are rounded numbers.
    [[nodiscard]] bool closed_form() const { return is_of_one_size(); }
    /// Of one size: the chances are the same for every shift.
    [[nodiscard]] std::vector<enclosed> chances(std::vector<enclosed> z) const {
        std::vector<double> values;
        for (const auto& logit : z) values.push_back(logit.value().middle());
        const tilt by(values, k_min, k_max);
        std::vector<enclosed> no;
        for (auto& logit : z) {
            logit += by.shift;
            no.push_back(logistic_of(-logit));
            logit = logistic_of(logit);
        }
        const weighted_draws<enclosed> draws(std::move(z), std::move(no), by.weight);
        const enclosed total = draws.mean();
        auto m = draws.mean_with();
        for (auto& chance : m) chance /= total;
        return m;
    }
};

response_text text_of(std::size_t k_min, std::size_t k_max, bool alike) {
    const bool exact = k_min == k_max;
    const double most = 1 / static_cast<double>(k_min);
    const auto size =
        exact ? fmt::format("|S| = {}", k_min) : fmt::format("{} <= |S| <= {}", k_min, k_max);
    const std::string name = exact ? "exact-k" : "dynamic-k";
    if (alike)
        return {name,
                fmt::format("P(e in S)/{}, P(S) ~ exp(beta sum of s over S), {}",
                            exact ? std::to_string(k_min) : "E|S|", size),
                most};
    return {"token-" + name,
            fmt::format("mean_t P_t(e in S)/{}, P_t(S) ~ exp(beta sum of l_t + s over S), {}",
                        exact ? std::to_string(k_min) : "mean_t E|S_t|", size),
            most};
}

}  // namespace

std::shared_ptr<const load_response> subset_loads(std::vector<double> logits, std::size_t experts,
                                                  std::size_t k_min, std::size_t k_max) {
    check_tokens("subset_loads", logits, experts);
    check_subsets("subset_loads", k_min, k_max, experts);
    const bool alike = all_zero(logits);
    return mean_over_tokens(text_of(k_min, k_max, alike), subset_marginals{k_min, k_max},
                            std::move(logits), experts, alike);
}

std::shared_ptr<const load_response> exact_k_loads(std::size_t experts, std::size_t k) {
    require("exact-k").at_least("experts", experts, 2);
    if (k < 1 || k >= experts)
        throw invalid_argument("exact-k", fmt::format("top-k is {} of {} experts", k, experts),
                               "at least one must be chosen and one left out");
    return subset_loads(std::vector<double>(experts), experts, k, k);
}

}  // namespace moebius
