// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/load_response.hpp>
#include <moebius/router/subset_law.hpp>
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
    const auto size =
        exact ? fmt::format("|S| = {}", k_min) : fmt::format("{} <= |S| <= {}", k_min, k_max);
    const std::string name = exact ? "exact-k" : "dynamic-k";
    if (alike)
        return {name, fmt::format("P(e in S)/{}, P(S) ~ exp(beta sum of s over S), {}",
                                  exact ? std::to_string(k_min) : "E|S|", size)};
    return {"token-" + name,
            fmt::format("mean_t P_t(e in S)/{}, P_t(S) ~ exp(beta sum of l_t + s over S), {}",
                        exact ? std::to_string(k_min) : "mean_t E|S_t|", size)};
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
