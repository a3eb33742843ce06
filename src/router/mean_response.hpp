// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <moebius/router/load_response.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "series.hpp"

namespace moebius {

/// What a response is called, and p_e as a reader writes it.
struct response_text {
    std::string name, formula;
};

/// The mean loads of tokens that choose experts independently of one another.
///
/// Law has `template <std::size_t Order> std::vector<series<Order>> chances(
/// std::vector<series<Order>> z) const`: for one token with z = beta (logit + score) along a line,
/// the chance of each expert that the token goes to it. Shapes: (N) -> (N). The load of an expert
/// is the sum of its chances by the sum of all.
template <typename Law>
class mean_response final : public load_response {
public:
    /// @param logits  (T, N), row-major
    /// @param alike   the experts are interchangeable: every row is constant
    mean_response(response_text text, Law law, std::vector<double> logits, grouping groups,
                  bool alike)
        : text_(std::move(text)),
          law_(std::move(law)),
          logits_(std::move(logits)),
          groups_(std::move(groups)),
          group_of_(group_of_members(groups_)),
          alike_(alike) {}

    std::string_view name() const override { return text_.name; }
    std::string_view formula() const override { return text_.formula; }
    const grouping& groups() const override { return groups_; }
    std::shared_ptr<const load_response> regrouped(grouping groups) const override {
        if (!alike_) return nullptr;
        return std::make_shared<mean_response>(text_, law_, logits_, std::move(groups), true);
    }

    void loads(std::span<const double> s, double beta, std::span<double> p) const override {
        const auto share = shares<0>(s, beta, {}, 0);
        for (std::size_t g = 0; g < groups_.size(); ++g) p[g] = share[first(g)].c[0];
    }

    /// Of one token that stands for all, by a law that knows its `chances` over enclosures.
    bool enclose(std::span<const enclosed> s, const enclosed& beta,
                 std::span<enclosed> p) const override {
        if constexpr (requires(std::vector<enclosed> z) { law_.chances(std::move(z)); }) {
            if (!alike_ || !law_.closed_form()) return false;
            std::vector<enclosed> z;
            for (const std::size_t g : group_of_) z.push_back(beta * s[g]);
            const auto chances = law_.chances(std::move(z));
            enclosed all;
            for (const auto& chance : chances) all += chance;
            for (std::size_t g = 0; g < groups_.size(); ++g) p[g] = chances[first(g)] / all;
            return true;
        } else {
            return false;
        }
    }

    void slopes(std::span<const double> s, double beta, std::span<double> p,
                std::span<double> by_score, std::span<double> by_beta) const override {
        const std::size_t n = groups_.size();
        const auto along_beta = shares<1>(s, beta, {}, 1);
        for (std::size_t g = 0; g < n; ++g) {
            p[g] = along_beta[first(g)].c[0];
            by_beta[g] = along_beta[first(g)].c[1];
        }
        for (std::size_t h = 0; h < n; ++h) {
            std::vector<double> v(n);
            v[h] = 1;
            const auto share = shares<1>(s, beta, members(v), 0);
            for (std::size_t g = 0; g < n; ++g) by_score[h * n + g] = share[first(g)].c[1];
        }
    }

    void along(std::span<const double> s, double beta, std::span<const double> v, double q,
               std::span<double> out) const override {
        const std::size_t n = groups_.size();
        const auto share = shares<3>(s, beta, members(v), q);
        for (std::size_t g = 0; g < n; ++g)
            for (std::size_t k = 0; k < 4; ++k) out[k * n + g] = share[first(g)].c[k];
    }

    double within(std::span<const double> s, double beta, std::size_t g) const override {
        const auto& group = groups_.groups[g];
        if (group.size() < 2) return 0;  // there is no such direction
        std::vector<double> v(group_of_.size());
        v[group[0]] = 1;
        v[group[1]] = -1;
        return shares<1>(s, beta, v, 0)[group[0]].c[1];
    }

private:
    [[nodiscard]] std::size_t first(std::size_t g) const { return groups_.groups[g].front(); }

    /// (G) -> (N)
    [[nodiscard]] std::vector<double> members(std::span<const double> of_groups) const {
        std::vector<double> out(group_of_.size());
        for (std::size_t e = 0; e < out.size(); ++e) out[e] = of_groups[group_of_[e]];
        return out;
    }

    /// The load of every expert at scores s + t v and beta + t q. Shapes: s (G), v (N) or empty
    /// for 0; out (N).
    template <std::size_t Order>
    [[nodiscard]] std::vector<series<Order>> shares(std::span<const double> s, double beta,
                                                    const std::vector<double>& v, double q) const {
        const std::size_t n = group_of_.size();
        std::vector<series<Order>> sums(n), z(n);
        for (std::size_t row = 0; row < logits_.size(); row += n) {
            for (std::size_t e = 0; e < n; ++e) {
                const double at = logits_[row + e] + s[group_of_[e]], slope = v.empty() ? 0 : v[e];
                z[e].c[0] = beta * at;
                if constexpr (Order >= 1) z[e].c[1] = beta * slope + q * at;
                if constexpr (Order >= 2) z[e].c[2] = q * slope;
            }
            const auto chances = law_.chances(z);
            for (std::size_t e = 0; e < n; ++e) sums[e] += chances[e];
        }
        series<Order> all;
        for (const auto& sum : sums) all += sum;
        for (auto& sum : sums) sum = sum / all;
        return sums;
    }

    response_text text_;
    Law law_;
    std::vector<double> logits_;  // (T, N), row-major
    grouping groups_;
    std::vector<std::size_t> group_of_;
    bool alike_;
};

/// The response of a law on tokens. If all logits are 0 its experts are interchangeable, and one
/// token stands for all of them.
template <typename Law>
[[nodiscard]] std::shared_ptr<const load_response> mean_over_tokens(response_text text, Law law,
                                                                    std::vector<double> logits,
                                                                    std::size_t experts,
                                                                    bool alike) {
    if (alike) logits.resize(experts);
    return std::make_shared<mean_response<Law>>(std::move(text), std::move(law), std::move(logits),
                                                singletons(experts), alike);
}

/// @throws invalid_argument  naming `who`, for fewer than two experts, no tokens, an incomplete row
///                           or a logit that is not finite
void check_tokens(std::string_view who, const std::vector<double>& logits, std::size_t experts);

}  // namespace moebius
