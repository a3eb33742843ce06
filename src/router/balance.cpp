// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/balance.hpp>
#include <numbers>
#include <numeric>

#include "rows.hpp"

namespace moebius {
namespace {

void check_logits(std::string_view who, std::size_t logits, std::size_t experts) {
    if (experts < 1) throw invalid_argument(who, "no experts came", "at least one is needed");
    if (logits % experts != 0)
        throw invalid_argument(who, fmt::format("{} logits came for {} experts", logits, experts),
                               "each token needs one for every expert");
}

/// The softmax of each row that can be routed; rows of 0 for the others.
struct probabilities {
    std::vector<double> p;
    std::vector<std::uint8_t> kept;
    double tokens = 0;  // kept
};
probabilities probabilities_of(std::span<const double> logits, std::size_t experts) {
    probabilities out{std::vector<double>(logits.size()),
                      std::vector<std::uint8_t>(logits.size() / experts)};
    for (std::size_t t = 0; t < out.kept.size(); ++t) {
        const auto row = row_of(logits, t, experts);
        if (!routable(row)) continue;
        softmax(row, row_of(out.p, t, experts));
        out.kept[t] = 1;
        ++out.tokens;
    }
    return out;
}

/// dL/dlogit from dL/dp.
std::vector<double> through_softmax(const probabilities& of, std::size_t experts,
                                    std::span<const double> by_p) {
    std::vector<double> by_logits(of.p.size());
    for (std::size_t t = 0; t < of.kept.size(); ++t)
        add_softmax_backward(row_of(of.p, t, experts), row_of(by_p, t, experts),
                             row_of(by_logits, t, experts));
    return by_logits;
}

/// Var(x) / (mean(x)^2 + 1e-10) and its gradient.
std::pair<double, std::vector<double>> squared_variation(const std::vector<double>& x) {
    std::vector<double> slope(x.size());
    if (x.size() < 2) return {0, slope};
    const auto n = static_cast<double>(x.size());
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
    double variance = 0;
    for (const double value : x) variance += (value - mean) * (value - mean) / (n - 1);
    const double by = mean * mean + 1e-10;
    for (std::size_t j = 0; j < x.size(); ++j)
        slope[j] = 2 * (x[j] - mean) / (n - 1) / by - variance * 2 * mean / n / (by * by);
    return {variance / by, slope};
}

void check_step(std::string_view who, std::span<double> bias, std::span<const double> load) {
    if (bias.size() != load.size())
        throw invalid_argument(who,
                               fmt::format("{} loads came for {} biases", load.size(), bias.size()),
                               "each expert needs one of both");
    for (const double l : load)
        if (!std::isfinite(l))
            throw invalid_argument(who, fmt::format("a load is {}", l), "it must be finite");
}

void check_rate(std::string_view who, std::string_view what, double rate) {
    if (!(rate >= 0 && std::isfinite(rate)))
        throw invalid_argument(who, fmt::format("{} is {}", what, rate),
                               "it must be >= 0 and finite");
}

}  // namespace

loss_gradient switch_loss(std::span<const double> logits, std::span<const double> dispatched) {
    const std::size_t experts = dispatched.size();
    check_logits("switch_loss", logits.size(), experts);
    const auto of = probabilities_of(logits, experts);
    std::vector<double> by_p(logits.size());
    loss_gradient out;
    for (std::size_t i = 0; i < by_p.size(); ++i) {
        if (!of.kept[i / experts]) continue;
        by_p[i] = static_cast<double>(experts) * dispatched[i % experts] / of.tokens;
        out.loss += by_p[i] * of.p[i];
    }
    out.by_logits = through_softmax(of, experts, by_p);
    return out;
}

/// d (LSE^2) / d logit = 2 LSE softmax.
loss_gradient z_loss(std::span<const double> logits, std::size_t experts) {
    check_logits("z_loss", logits.size(), experts);
    const auto of = probabilities_of(logits, experts);
    loss_gradient out{0, std::vector<double>(logits.size())};
    for (std::size_t t = 0; t < of.kept.size(); ++t) {
        if (!of.kept[t]) continue;
        const double z = log_sum_exp(row_of(logits, t, experts));
        out.loss += z * z / of.tokens;
        for (std::size_t i = t * experts; i < (t + 1) * experts; ++i)
            out.by_logits[i] = 2 * z * of.p[i] / of.tokens;
    }
    return out;
}

loss_gradient importance_loss(std::span<const double> logits, std::size_t experts) {
    check_logits("importance_loss", logits.size(), experts);
    const auto of = probabilities_of(logits, experts);
    std::vector<double> importance(experts), by_p(logits.size());
    for (std::size_t i = 0; i < of.p.size(); ++i) importance[i % experts] += of.p[i];
    const auto [loss, slope] = squared_variation(importance);
    for (std::size_t i = 0; i < by_p.size(); ++i) by_p[i] = slope[i % experts];
    return {loss, through_softmax(of, experts, by_p)};
}

loss_gradient load_loss(std::span<const double> logits, std::size_t experts,
                        std::span<const double> thresholds, double gate_noise) {
    check_logits("load_loss", logits.size(), experts);
    if (thresholds.size() != logits.size() / experts)
        throw invalid_argument("load_loss", fmt::format("{} thresholds came", thresholds.size()),
                               fmt::format("the {} tokens need one each", logits.size() / experts));
    require("load_loss").positive_and_finite("gate_noise", gate_noise);
    const auto of = probabilities_of(logits, experts);
    const double sigma = gate_noise / static_cast<double>(experts);
    std::vector<double> load(experts), by_p(logits.size());
    for (std::size_t i = 0; i < of.p.size(); ++i) {
        const double threshold = thresholds[i / experts];
        if (!of.kept[i / experts]) continue;
        if (!std::isfinite(threshold))
            throw invalid_argument("load_loss", fmt::format("a threshold is {}", threshold),
                                   "it must be finite where the token can be routed");
        const double x = (of.p[i] - threshold) / sigma;
        load[i % experts] += std::erfc(-x / std::numbers::sqrt2) / 2;
        by_p[i] = std::exp(-x * x / 2) / (std::sqrt(2 * std::numbers::pi) * sigma);
    }
    const auto [loss, slope] = squared_variation(load);
    for (std::size_t i = 0; i < by_p.size(); ++i) by_p[i] *= slope[i % experts];
    return {loss, through_softmax(of, experts, by_p)};
}

loss_gradient load_importance_loss(std::span<const double> logits, std::size_t experts,
                                   std::span<const double> thresholds, double gate_noise) {
    auto out = load_loss(logits, experts, thresholds, gate_noise);
    const auto importance = importance_loss(logits, experts);
    out.loss = (out.loss + importance.loss) / 2;
    for (std::size_t i = 0; i < out.by_logits.size(); ++i)
        out.by_logits[i] = (out.by_logits[i] + importance.by_logits[i]) / 2;
    return out;
}

void sign_step(std::span<double> bias, std::span<const double> load, double rate) {
    check_step("sign_step", bias, load);
    check_rate("sign_step", "rate", rate);
    const double even = 1 / static_cast<double>(load.size());
    for (std::size_t j = 0; j < load.size(); ++j)
        bias[j] -= rate * ((load[j] > even ? 1 : 0) - (load[j] < even ? 1 : 0));
}

void integral_step(std::span<double> bias, std::span<const double> load, double gain, double leak) {
    check_step("integral_step", bias, load);
    check_rate("integral_step", "gain", gain);
    check_rate("integral_step", "leak", leak);
    const double even = 1 / static_cast<double>(load.size());
    for (std::size_t j = 0; j < load.size(); ++j)
        bias[j] -= gain * (load[j] - even) + leak * bias[j];
}

std::size_t expert_capacity(std::size_t tokens, std::size_t experts, std::size_t k, double factor) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("expert_capacity", got, needed);
    };
    if (experts < 1) reject("no experts came", "at least one is needed");
    if (k < 1 || k > experts)
        reject(fmt::format("k is {} for {} experts", k, experts), "it must be in [1, experts]");
    require("expert_capacity").not_negative("factor", factor);
    const double exact = static_cast<double>(tokens) * static_cast<double>(k) * factor /
                         static_cast<double>(experts);
    return static_cast<std::size_t>(std::ceil(exact * (1 - 1e-14)));  // 11, not 12, for 100 1.1/10
}

std::vector<std::uint64_t> drop_over_capacity(std::size_t experts, std::size_t capacity,
                                              router_outcome& outcome) {
    if (experts < 1 || outcome.chosen.size() % experts != 0 ||
        outcome.weights.size() != outcome.chosen.size())
        throw invalid_argument("drop_over_capacity",
                               fmt::format("{} choices and {} weights came for {} experts",
                                           outcome.chosen.size(), outcome.weights.size(), experts),
                               "each token needs one of both an expert");
    std::vector<std::uint64_t> taken(experts), dropped(experts);
    for (std::size_t i = 0; i < outcome.chosen.size(); ++i) {
        const std::size_t e = i % experts;
        if (!outcome.chosen[i] || taken[e]++ < capacity) continue;
        outcome.chosen[i] = 0;
        outcome.weights[i] = 0;
        ++dropped[e];
    }
    count_loads(experts, outcome);
    return dropped;
}

}  // namespace moebius
