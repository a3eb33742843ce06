// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/sinkhorn_baselines.hpp>

#include "rows.hpp"

namespace moebius {
namespace {

constexpr std::string_view balancer = "balance_tokens";

struct stopping_rule {
    double row_target, column_target, added, tolerance;
    int max_iterations;
};

stopping_rule rule_of(balanced_rule rule, double tokens, double experts) {
    if (rule == balanced_rule::megatron) return {1 / tokens, 1 / experts, 1e-8, 1e-4, 10'000};
    return {1, tokens / experts, 0, 1e-2, 100};
}

void check(std::span<const double> logits, std::size_t experts, std::size_t k) {
    if (experts < 1) throw invalid_argument(balancer, "no experts came", "at least one is needed");
    if (logits.size() % experts != 0)
        throw invalid_argument(balancer,
                               fmt::format("{} logits came for {} experts", logits.size(), experts),
                               "each token needs one for every expert");
    if (k < 1 || k > experts)
        throw invalid_argument(balancer, fmt::format("k is {} for {} experts", k, experts),
                               "it must be in [1, experts]");
    for (std::size_t t = 0; t < logits.size() / experts; ++t) {
        const auto row = row_of(logits, t, experts);
        if (!routable(row)) continue;
        for (const double l : row)
            if (std::isfinite(l) && std::abs(l) > 700)
                throw invalid_argument(balancer, fmt::format("a logit is {}", l),
                                       "it must be in [-700, 700]: these rules take its exp");
    }
}

/// Scales a packed kernel (rows, N) in place; gives iterations, or -1 if they ran out.
int scale_kernel(std::vector<double>& kernel, std::size_t n, const stopping_rule& rule,
                 bool mean_of_experts) {
    const std::size_t m = kernel.size() / n;
    std::vector<double> u(m, 1.0), v(n, 1.0), sums(n);
    int iterations = 0;
    double change = rule.tolerance;
    while (change >= rule.tolerance && iterations < rule.max_iterations) {
        double of_tokens = 0, of_experts = 0;
        std::fill(sums.begin(), sums.end(), 0.0);
        for (std::size_t t = 0; t < m; ++t) {
            double sum = rule.added;
            for (std::size_t j = 0; j < n; ++j) sum += kernel[t * n + j] * v[j];
            of_tokens += std::abs(rule.row_target / sum - u[t]);
            u[t] = rule.row_target / sum;
            for (std::size_t j = 0; j < n; ++j) sums[j] += kernel[t * n + j] * u[t];
        }
        for (std::size_t j = 0; j < n; ++j) {
            const double next = rule.column_target / (sums[j] + rule.added);
            of_experts += std::abs(next - v[j]);
            v[j] = next;
        }
        change = mean_of_experts ? of_experts / static_cast<double>(n) : of_tokens + of_experts;
        ++iterations;
    }
    for (std::size_t i = 0; i < kernel.size(); ++i) kernel[i] *= u[i / n] * v[i % n];
    return change < rule.tolerance ? iterations : -1;
}

/// An expert that no token may choose.
bool closed_column(const std::vector<double>& kernel, std::size_t n) {
    for (std::size_t j = 0; j < n; ++j) {
        double top = 0;
        for (std::size_t i = j; i < kernel.size(); i += n) top = std::max(top, kernel[i]);
        if (top == 0) return true;
    }
    return false;
}

void weigh(std::span<const double> logits, std::span<const std::uint8_t> chosen, std::size_t k,
           std::span<double> weights) {
    if (k > 1) softmax(logits, weights);
    for (std::size_t e = 0; e < logits.size(); ++e) {
        if (k == 1) weights[e] = 1 / (1 + std::exp(-logits[e]));
        if (!chosen[e]) weights[e] = 0;
    }
}

}  // namespace

std::string_view to_string(balanced_rule rule) noexcept {
    return rule == balanced_rule::megatron ? "megatron" : "s-base";
}

balanced_assignment balance_tokens(balanced_rule rule, std::span<const double> logits,
                                   std::size_t experts, std::size_t k) {
    check(logits, experts, k);
    balanced_assignment out;
    out.plan.resize(logits.size());
    out.chosen.resize(logits.size());
    out.weights.resize(logits.size());
    std::vector<double> kernel;
    std::vector<std::size_t> tokens;
    for (std::size_t t = 0; t < logits.size() / experts; ++t) {
        const auto row = row_of(logits, t, experts);
        if (!routable(row)) continue;
        tokens.push_back(t);
        for (const double l : row) kernel.push_back(std::exp(l));
    }
    out.status = sinkhorn_status::converged;
    if (tokens.empty()) return out;
    if (closed_column(kernel, experts)) {
        out.status = sinkhorn_status::no_solution;
        return out;
    }
    const auto how =
        rule_of(rule, static_cast<double>(tokens.size()), static_cast<double>(experts));
    out.iterations = scale_kernel(kernel, experts, how, rule == balanced_rule::megatron);
    if (out.iterations < 0) {
        out.iterations = how.max_iterations;
        out.status = sinkhorn_status::out_of_iterations;
    }
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const auto row = row_of(kernel, i, experts);
        const auto of_token = row_of(logits, tokens[i], experts);
        const auto chosen = row_of(out.chosen, tokens[i], experts);
        std::copy(row.begin(), row.end(), row_of(out.plan, tokens[i], experts).begin());
        mark_largest(row, of_token, k, chosen);
        weigh(of_token, chosen, k, row_of(out.weights, tokens[i], experts));
    }
    return out;
}

std::vector<double> balance_tokens_backward(std::span<const double> logits, std::size_t experts,
                                            std::size_t k, const balanced_assignment& of,
                                            std::span<const double> by_weights) {
    if (by_weights.size() != logits.size() || of.chosen.size() != logits.size())
        throw invalid_argument(
            "balance_tokens_backward",
            fmt::format("{} derivatives and {} choices came", by_weights.size(), of.chosen.size()),
            fmt::format("there are {} logits", logits.size()));
    std::vector<double> by_logits(logits.size()), share(experts), by_share(experts);
    for (std::size_t t = 0; t < logits.size() / experts; ++t) {
        const auto row = row_of(logits, t, experts), by_weight = row_of(by_weights, t, experts);
        const auto chosen = row_of(of.chosen, t, experts);
        if (!routable(row)) continue;
        const auto out = row_of(by_logits, t, experts);
        for (std::size_t e = 0; e < experts; ++e) by_share[e] = chosen[e] ? by_weight[e] : 0;
        if (k > 1) {
            softmax(row, share);
            add_softmax_backward(share, by_share, out);
        } else {
            for (std::size_t e = 0; e < experts; ++e) {
                const double weight = of.weights[t * experts + e];  // 0 where not chosen
                out[e] = by_share[e] * weight * (1 - weight);
            }
        }
    }
    return by_logits;
}

}  // namespace moebius
