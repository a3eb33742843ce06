// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <moebius/router/load_response.hpp>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "series.hpp"

namespace moebius {

/// What a response is called, and p_e as a reader writes it.
struct response_text {
    std::string name, formula;
    double most = 1;  ///< load of one expert
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
    double most() const override { return text_.most; }
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
            const auto all = std::accumulate(chances.begin(), chances.end(), enclosed());
            for (std::size_t g = 0; g < groups_.size(); ++g) p[g] = chances[first(g)] / all;
            return true;
        } else {
            return false;
        }
    }

    void slopes(std::span<const double> s, double beta, std::span<double> p,
                std::span<double> by_score, std::span<double> by_beta) const override {
        if constexpr (knows_answers) return slopes_by_pairs(s, beta, p, by_score, by_beta);
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

    /// Of alike experts h = w^T (dp/ds) v = beta w^T P(beta s) v, P the slopes by z, whose change
    /// along v is that of h with s; and beta dh/dbeta = h + s dh/ds.
    bool curvature(std::span<const double> s, double beta, std::span<const double> w,
                   std::span<const double> v, std::span<double> by_score,
                   double& by_beta) const override {
        if constexpr (knows_answers) {
            if (!alike_) return false;
            const std::size_t n = groups_.size();
            const auto found = answers_by_pairs<1>(s, beta, members(v));
            by_beta = 0;
            for (std::size_t h = 0; h < n; ++h) {
                series<1> bend;
                for (std::size_t g = 0; g < n; ++g) bend += w[g] * found.by_z[h * n + g];
                by_score[h] = beta * bend.c[1];
                by_beta += bend.c[0] * v[h] + bend.c[1] * s[h];
            }
            return true;
        }
        return false;
    }

    /// Of alike experts, by a law that knows it: `rank` and `low_rank` over z.
    std::size_t rank() const override {
        if constexpr (knows_rank) return alike_ ? law_.rank() : 0;
        return 0;
    }

    void low_rank(std::span<const double> s, double beta, std::span<double> p,
                  std::span<double> diagonal, std::span<double> left,
                  std::span<double> right) const override {
        if constexpr (knows_rank) {
            const std::size_t n = groups_.size();
            std::vector<double> z(n), size(n);
            for (std::size_t g = 0; g < n; ++g) {
                z[g] = beta * s[g];
                size[g] = static_cast<double>(groups_.groups[g].size());
            }
            law_.low_rank(z, size, p, diagonal, left, right);
            const double all = std::inner_product(size.begin(), size.end(), p.begin(), 0.0);
            for (double& load : p) load /= all;
            for (double& slope : diagonal) slope *= beta / all;
            for (double& slope : left) slope *= beta / all;
        }
    }

    double within(std::span<const double> s, double beta, std::size_t g) const override {
        const auto& group = groups_.groups[g];
        if (group.size() < 2) return 0;  // there is no such direction
        if constexpr (knows_answers) {
            const std::size_t pair[] = {first(g), second(g)};
            const auto found = answers<0>(s, beta, {}, pair);
            const double own = found.covariances[0].c[0], other = found.covariances[1].c[0];
            return beta * (own - other) / total(found.chances).c[0];
        }
        std::vector<double> v(group_of_.size());
        v[group[0]] = 1;
        v[group[1]] = -1;
        return shares<1>(s, beta, v, 0)[group[0]].c[1];
    }

private:
    [[nodiscard]] std::size_t first(std::size_t g) const { return groups_.groups[g].front(); }
    [[nodiscard]] std::size_t second(std::size_t g) const { return groups_.groups[g][1]; }

    /// (G) -> (N)
    [[nodiscard]] std::vector<double> members(std::span<const double> of_groups) const {
        std::vector<double> out(group_of_.size());
        for (std::size_t e = 0; e < out.size(); ++e) out[e] = of_groups[group_of_[e]];
        return out;
    }

    /// Whether the law tells how the chances of all experts answer to one another's z at once:
    /// `template <std::size_t Order> std::vector<series<Order>> answers(std::vector<series<Order>>
    /// z, std::span<const std::size_t> members, std::span<series<Order>> covariances) const` gives
    /// its `chances` and the slopes of those of some members, at rising positions, along a line.
    /// Shapes: (N) -> (N); (members, members), symmetric. Orders 0 and 1.
    static constexpr bool knows_answers =
        requires(const Law law, std::vector<series<0>> z, std::span<const std::size_t> members,
                 std::span<series<0>> covariances) {
        law.template answers<0>(std::move(z), members, covariances);
    };

    static constexpr bool knows_rank = requires(const Law law) { law.rank(); };

    /// Summed over tokens.
    template <std::size_t Order>
    struct summed_answers {
        std::vector<series<Order>> chances;      // (N)
        std::vector<series<Order>> covariances;  // (members, members)
        std::vector<double> by_beta = {};        // (N): slopes of the chances; of tokens alone,
                                                 // where all are members
    };
    /// At scores s + t v, of members' v, or 0 if it is empty.
    template <std::size_t Order>
    [[nodiscard]] summed_answers<Order> answers(std::span<const double> s, double beta,
                                                const std::vector<double>& v,
                                                std::span<const std::size_t> of) const {
        const std::size_t n = group_of_.size();
        std::vector<double> at(n);
        std::vector<series<Order>> z(n), one(of.size() * of.size());
        summed_answers<Order> sum{std::vector<series<Order>>(n),
                                  std::vector<series<Order>>(one.size()), std::vector<double>(n)};
        for (std::size_t row = 0; row < logits_.size(); row += n) {
            for (std::size_t e = 0; e < n; ++e) {
                at[e] = logits_[row + e] + s[group_of_[e]];
                z[e].c[0] = beta * at[e];
                if constexpr (Order > 0) z[e].c[1] = v.empty() ? 0 : beta * v[e];
            }
            const auto chances = law_.template answers<Order>(z, of, one);
            for (std::size_t e = 0; e < n; ++e) sum.chances[e] += chances[e];
            for (std::size_t k = 0; k < one.size(); ++k) sum.covariances[k] += one[k];
            for (std::size_t e = 0; !alike_ && e < n; ++e)
                for (std::size_t f = 0; f < n; ++f) sum.by_beta[e] += at[f] * one[e * n + f].c[0];
        }
        return sum;
    }

    /// How the loads answer to the z of whole groups, along a line.
    template <std::size_t Order>
    struct load_answers {
        std::vector<series<Order>> p, by_z;  // (G); (G, G) column-major
        series<Order> all;                   // the sum of all chances
        std::vector<double> chances_by_beta;
    };

    /// From two members of each group: what a group does is that of one with itself, and as often
    /// as there are others that of one with another.
    template <std::size_t Order>
    [[nodiscard]] load_answers<Order> answers_by_pairs(std::span<const double> s, double beta,
                                                       const std::vector<double>& v) const {
        const std::size_t n = groups_.size();
        const auto asked = two_of_each();
        auto found = answers<Order>(s, beta, v, asked);
        load_answers<Order> out{std::vector<series<Order>>(n), std::vector<series<Order>>(n * n),
                                total(found.chances), std::move(found.by_beta)};
        std::vector<std::size_t> place(group_of_.size());
        for (std::size_t k = 0; k < asked.size(); ++k) place[asked[k]] = k;
        std::vector<double> size(n);
        for (std::size_t g = 0; g < n; ++g) {
            out.p[g] = found.chances[first(g)] / out.all;
            size[g] = static_cast<double>(groups_.groups[g].size());
        }
        for (std::size_t h = 0; h < n; ++h) {
            const auto* with = &found.covariances[place[first(h)] * asked.size()];
            auto* column = &out.by_z[h * n];
            for (std::size_t g = 0; g < n; ++g) column[g] = size[h] * with[place[first(g)]];
            if (size[h] > 1) {
                column[h] = with[place[first(h)]];
                column[h] += (size[h] - 1) * with[place[second(h)]];
            }
            series<Order> moved;  // zero but for rounding, where each token goes to as many
            for (std::size_t g = 0; g < n && !law_.is_of_one_size(); ++g)
                moved += size[g] * column[g];
            for (std::size_t g = 0; g < n; ++g) {
                column[g] -= out.p[g] * moved;
                column[g] = column[g] / out.all;
            }
        }
        return out;
    }

    void slopes_by_pairs(std::span<const double> s, double beta, std::span<double> p,
                         std::span<double> by_score, std::span<double> by_beta) const {
        const std::size_t n = groups_.size();
        const auto found = answers_by_pairs<0>(s, beta, {});
        std::fill(by_beta.begin(), by_beta.end(), 0.0);
        for (std::size_t g = 0; g < n; ++g) p[g] = found.p[g].c[0];
        for (std::size_t h = 0; h < n; ++h)
            for (std::size_t g = 0; g < n; ++g) {
                const double by_z = found.by_z[h * n + g].c[0];
                by_beta[g] += by_z * s[h];  // of alike experts, whose z are beta s
                by_score[h * n + g] = beta * by_z;
            }
        if (alike_) return;
        const auto& chances = found.chances_by_beta;
        const double moved = std::accumulate(chances.begin(), chances.end(), 0.0);
        for (std::size_t g = 0; g < n; ++g)
            by_beta[g] = (chances[g] - p[g] * moved) / found.all.c[0];
    }

    [[nodiscard]] std::vector<std::size_t> two_of_each() const {
        std::vector<std::size_t> out;
        for (const auto& group : groups_.groups) {
            out.push_back(group[0]);
            if (group.size() > 1) out.push_back(group[1]);
        }
        std::sort(out.begin(), out.end());
        return out;
    }

    template <std::size_t Order>
    [[nodiscard]] static series<Order> total(const std::vector<series<Order>>& sums) {
        series<Order> all;
        for (const auto& sum : sums) all += sum;
        return all;
    }

    /// The load of every expert at scores s + t v and beta + t q. Shapes: s (G), v (N) or empty
    /// for 0; out (N).
    template <std::size_t Order>
    [[nodiscard]] std::vector<series<Order>> shares(std::span<const double> s, double beta,
                                                    const std::vector<double>& v, double q) const {
        auto out = sums<Order>(s, beta, v, q);
        const auto all = total(out);
        for (auto& sum : out) sum = sum / all;
        return out;
    }

    /// The chances of every expert, summed over tokens.
    template <std::size_t Order>
    [[nodiscard]] std::vector<series<Order>> sums(std::span<const double> s, double beta,
                                                  const std::vector<double>& v, double q) const {
        const std::size_t n = group_of_.size();
        std::vector<series<Order>> out(n), z(n);
        for (std::size_t row = 0; row < logits_.size(); row += n) {
            for (std::size_t e = 0; e < n; ++e) {
                const double at = logits_[row + e] + s[group_of_[e]], slope = v.empty() ? 0 : v[e];
                z[e].c[0] = beta * at;
                if constexpr (Order >= 1) z[e].c[1] = beta * slope + q * at;
                if constexpr (Order >= 2) z[e].c[2] = q * slope;
            }
            const auto chances = law_.chances(z);
            for (std::size_t e = 0; e < n; ++e) out[e] += chances[e];
        }
        return out;
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

/// @throws invalid_argument  naming `who`, for less than two experts, no tokens, a part of a row, a
///                           logit that is not finite, or over 1,024 experts that differ
void check_tokens(std::string_view who, const std::vector<double>& logits, std::size_t experts);

}  // namespace moebius
