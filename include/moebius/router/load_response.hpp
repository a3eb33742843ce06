// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/base/enclosed.hpp>
#include <moebius/base/grouping.hpp>
#include <moebius/router/noise.hpp>
#include <string_view>
#include <vector>

namespace moebius {

/// The mean loads p(s) of N experts as a function of their adaptive scores, seen on scores that
/// agree within groups of experts. Loads are shares of all assignments: they sum to 1 over experts.
///
/// With G groups, s and p hold one number a group, and p[g] is the load of each member of g. With
/// singletons G = N and nothing is lost. Implementations are immutable; no call throws.
/// @source  docs/routers.md section 1; docs/theory.md sections 3 and 4
class load_response {
public:
    virtual ~load_response() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual std::string_view formula() const = 0;  ///< of p_e, as a reader writes it
    [[nodiscard]] virtual const grouping& groups() const = 0;

    /// The same router on other groups of the same experts; null if its experts are not
    /// interchangeable (they see tokens).
    [[nodiscard]] virtual std::shared_ptr<const load_response> regrouped(grouping groups) const = 0;

    /// Whether the loads are known at the beta alone at which this was made: beta is then no
    /// parameter to vary.
    [[nodiscard]] virtual bool knows_one_beta() const { return false; }

    /// No expert's load is larger: 1/k where each token goes to k of them.
    [[nodiscard]] virtual double most() const { return 1; }

    /// p (G).
    virtual void loads(std::span<const double> s, double beta, std::span<double> p) const = 0;

    /// p (G) over enclosures, rounding included.
    /// @return false if the response has no closed form: tokens, integrals, tables
    [[nodiscard]] virtual bool enclose(std::span<const enclosed> /*s*/, const enclosed& /*beta*/,
                                       std::span<enclosed> /*p*/) const {
        return false;
    }

    /// p (G), by_score (G, G) = dp/ds column-major, by_beta (G) = dp/dbeta. A column of by_score
    /// belongs to all members of its group moving together.
    virtual void slopes(std::span<const double> s, double beta, std::span<double> p,
                        std::span<double> by_score, std::span<double> by_beta) const = 0;

    /// Taylor coefficients of t -> p(s + t v, beta + t q). Shape: out (G, 4), column k for t^k.
    virtual void along(std::span<const double> s, double beta, std::span<const double> v, double q,
                       std::span<double> out) const = 0;

    /// How the load of a member of g answers to its own score, less how it answers to the score
    /// of another member: the slope of p along scores that differ within g and sum to zero there.
    [[nodiscard]] virtual double within(std::span<const double> s, double beta,
                                        std::size_t g) const = 0;

    /// dp/ds = diag(diagonal) + left right^T, if the response knows it so: diagonal (G), left and
    /// right (G, rank) column-major; and p (G).
    [[nodiscard]] virtual std::size_t rank() const { return 0; }  ///< 0: only the dense form
    virtual void low_rank(std::span<const double> /*s*/, double /*beta*/, std::span<double> /*p*/,
                          std::span<double> /*diagonal*/, std::span<double> /*left*/,
                          std::span<double> /*right*/) const {}

    /// The gradient of w^T (dp/ds) v over s and beta, if the response knows it in O(G).
    /// Shapes: w, v, by_score (G), by_beta (1).
    /// @return false if it does not
    [[nodiscard]] virtual bool curvature(std::span<const double> /*s*/, double /*beta*/,
                                         std::span<const double> /*w*/,
                                         std::span<const double> /*v*/,
                                         std::span<double> /*by_score*/,
                                         double& /*by_beta*/) const {
        return false;
    }
};

/// p_e = exp(beta s_e) / sum_f exp(beta s_f).
/// @throws invalid_argument for fewer than two experts
[[nodiscard]] std::shared_ptr<const load_response> softmax_loads(std::size_t experts);

/// Each token goes to a set S of exactly k experts, drawn with P(S) proportional to
/// exp(beta sum_{e in S} s_e): p_e = P(e in S)/k.
/// @cost    loads: N k; slopes: groups x N k
/// @throws invalid_argument unless 1 <= k < experts and experts >= 2
[[nodiscard]] std::shared_ptr<const load_response> exact_k_loads(std::size_t experts,
                                                                 std::size_t k);

/// Real tokens: p_e = mean over tokens t of softmax(beta (l_t + s))_e.
/// @param logits  (tokens, experts), row-major, finite
/// @throws invalid_argument for a logit that is not finite, no tokens, fewer than two experts
[[nodiscard]] std::shared_ptr<const load_response> token_softmax_loads(std::vector<double> logits,
                                                                       std::size_t experts);

/// Each token t goes to a set S of k_min to k_max experts, drawn with P(S) proportional to
/// exp(beta sum_{e in S} (l_te + s_e)): p_e is the sum over tokens of P(e in S) by that of E|S|.
/// If all logits are 0 the experts are interchangeable, and with k_min = k_max these are
/// exact_k_loads.
/// @param logits  (tokens, experts), row-major, finite
/// @cost    a token: loads N k_max, slopes groups x N k_max
/// @throws invalid_argument as token_softmax_loads; unless 1 <= k_min <= k_max <= experts
[[nodiscard]] std::shared_ptr<const load_response> subset_loads(std::vector<double> logits,
                                                                std::size_t experts,
                                                                std::size_t k_min,
                                                                std::size_t k_max);

/// Each token t goes to the k experts with the largest beta (l_te + s_e) + standard Gumbel noise:
/// p_e is the mean over tokens of P(e among them)/k. If all logits are 0 the experts are
/// interchangeable; k = 1 is softmax.
/// @param logits  (tokens, experts), row-major, finite
/// @accuracy  1e-13 for P, by a trapezoidal rule that converges exponentially
/// @cost    a token: loads about 300 N k for logits of order 1, slopes groups x three times that
/// @throws invalid_argument as token_softmax_loads; unless 1 <= k <= experts
[[nodiscard]] std::shared_ptr<const load_response> top_k_loads(std::vector<double> logits,
                                                               std::size_t experts, std::size_t k);

/// Each token t goes to the better of two experts under noise:
/// p_1 = mean over tokens of first_share(noise, beta (l_t1 + s_1 - l_t2 - s_2)).
/// @param logits  (tokens, 2), row-major, finite
/// @throws invalid_argument as token_softmax_loads; for noise_law::none, whose response is a step
[[nodiscard]] std::shared_ptr<const load_response> two_expert_loads(std::vector<double> logits,
                                                                    noise_law noise);

}  // namespace moebius
