// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/subset_law.hpp>
#include <moebius/router/top1.hpp>
#include <moebius/router/top_k.hpp>
#include <utility>

#include "entry.hpp"
#include "outcome.hpp"
#include "rows.hpp"

namespace moebius {
namespace {

double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

/// log sigmoid(z), without underflow.
double log_sigmoid(double z) { return std::min(z, 0.0) - std::log1p(std::exp(-std::abs(z))); }

class top_k_router final : public router {
public:
    explicit top_k_router(const top_k_options& options) : options_(options) {
        require("top-k").positive_and_finite("beta", options.beta);
        check_band("top-k", options.k, options.k);
    }

    std::string_view name() const noexcept override { return options_.k == 1 ? "top-1" : "top-k"; }

    std::optional<noise_law> top_1_noise() const noexcept override {
        if (options_.k == 1) return options_.noise;
        return {};
    }

    std::optional<routing_rule> rule() const noexcept override {
        return routing_rule{.beta = options_.beta,
                            .k_min = options_.k,
                            .k_max = options_.k,
                            .noise = options_.noise};
    }

    bool is_step() const noexcept override { return options_.noise == noise_law::none; }

    void check(std::size_t experts) const override {
        check_band("top-k", options_.k, options_.k, experts);
        if (options_.noise == noise_law::logistic && (experts != 2 || options_.k != 1))
            throw invalid_argument(
                "top-k",
                fmt::format("logistic noise came with {} of {} experts", options_.k, experts),
                "it is for 1 of 2: gumbel noise is the same law for any number");
    }

    router_outcome route(const router_batch& batch) const override {
        check(batch.experts);
        const top1 of_two{options_.beta, options_.noise};
        std::vector<double> value(batch.experts), noise(batch.experts, 0.0);
        return each_token(
            batch, [&](std::uint32_t t, std::span<const double> z, std::span<std::uint8_t> chosen) {
                const auto words =
                    random_words(batch.key.seed, random_stream::token, batch.key.step, t);
                if (batch.experts == 2 && options_.k == 1) {
                    std::uint32_t choice = no_expert;
                    of_two.choose(row_of(batch.logits, t, 2), batch.scores, batch.key, t,
                                  {&words, 1}, {&choice, 1});
                    chosen[choice] = 1;
                    return;
                }
                if (options_.noise != noise_law::none)
                    draw_noise(options_.noise, batch.key, t, words, noise);
                for (std::size_t e = 0; e < z.size(); ++e) value[e] = z[e] + noise[e];
                mark_largest(value, z, options_.k, chosen);
            });
    }

    router_outcome infer(const router_batch& batch) const override {
        check(batch.experts);
        return each_token(
            batch, [&](std::uint32_t, std::span<const double> z, std::span<std::uint8_t> chosen) {
                mark_largest(z, z, options_.k, chosen);
            });
    }

    void backward(const router_batch& batch, const router_outcome& outcome,
                  std::span<const double> by_weights, std::span<double> by_logits) const override {
        check_backward("top-k", batch, outcome, by_weights, by_logits);
        const auto at = scale(batch, options_.beta);
        std::vector<double> gates(batch.experts), by_gates(batch.experts);
        for (std::size_t t = 0; t < batch.tokens(); ++t) {
            const auto out = row_of(by_logits, t, batch.experts);
            std::fill(out.begin(), out.end(), 0.0);
            if (!at.routed[t]) continue;
            const auto z = row_of(at.z, t, batch.experts);
            const auto chosen = row_of(outcome.chosen, t, batch.experts);
            const auto given = row_of(by_weights, t, batch.experts);
            for (std::size_t e = 0; e < batch.experts; ++e) by_gates[e] = chosen[e] ? given[e] : 0;
            fill_gates(z, chosen, gates);
            add_gates_backward(z, gates, by_gates, out);
            for (double& slope : out) slope *= options_.beta;
        }
    }

    std::shared_ptr<const load_response> mean_load(std::vector<double> logits,
                                                   std::size_t experts) const override {
        check(experts);
        if (options_.noise == noise_law::gumbel)
            return top_k_loads(std::move(logits), experts, options_.k);
        if (options_.noise != noise_law::none && experts == 2 && options_.k == 1)
            return two_expert_loads(std::move(logits), options_.noise);
        return nullptr;
    }

private:
    template <typename Choose>
    router_outcome each_token(const router_batch& batch, Choose choose) const {
        return route_each("top-k", batch, options_.beta,
                          [&](std::uint32_t t, std::span<const double> z,
                              std::span<std::uint8_t> chosen, std::span<double> weights) {
                              choose(t, z, chosen);
                              fill_gates(z, chosen, weights);
                          });
    }

    /// Gates of the chosen; those of others mean nothing unless renormalised, where they are 0.
    void fill_gates(std::span<const double> z, std::span<const std::uint8_t> chosen,
                    std::span<double> gates) const {
        const bool one_by_one = options_.gate == gate_kind::sigmoid;
        if (options_.renormalise) {
            auto among = only(z, chosen);
            if (one_by_one)
                for (double& value : among)
                    if (std::isfinite(value)) value = log_sigmoid(value);
            softmax(among, gates);
        } else if (one_by_one) {
            std::transform(z.begin(), z.end(), gates.begin(), sigmoid);
        } else {
            softmax(z, gates);
        }
    }

    /// by_z += the slopes of fill_gates, transposed, times by_gates (0 where not chosen).
    void add_gates_backward(std::span<const double> z, std::span<const double> gates,
                            std::span<const double> by_gates, std::span<double> by_z) const {
        const bool one_by_one = options_.gate == gate_kind::sigmoid;
        if (options_.renormalise || !one_by_one) add_softmax_backward(gates, by_gates, by_z);
        if (!one_by_one) return;
        for (std::size_t e = 0; e < z.size(); ++e) {
            if (options_.renormalise)
                by_z[e] *= sigmoid(-z[e]);  // of log sigmoid
            else
                by_z[e] += by_gates[e] * gates[e] * sigmoid(-z[e]);
        }
    }

    top_k_options options_;
};

}  // namespace

std::string_view to_string(gate_kind kind) noexcept {
    return kind == gate_kind::softmax ? "softmax" : "sigmoid";
}

std::shared_ptr<const router> top_k(const top_k_options& options) {
    return std::make_shared<top_k_router>(options);
}

namespace {

constexpr router_option gate{"gate", "softmax or sigmoid", "softmax"};
constexpr std::array one{gate, renormalise_option};
constexpr std::array several{router_option{"k", "experts of a token", "2"}, gate,
                             renormalise_option};
constexpr std::array in_clusters{router_option{"k", "experts of a token", "1"},
                                 router_option{"variant", "language, swin or soft-moe", "language"},
                                 gate, renormalise_option};

std::shared_ptr<const router> make(const setting_reader& in, double beta, noise_law noise,
                                   std::size_t k) {
    top_k_options options;
    options.beta = beta;
    options.noise = noise;
    options.k = k;
    options.gate =
        in.choice("gate", {"softmax", "sigmoid"}) == 0 ? gate_kind::softmax : gate_kind::sigmoid;
    options.renormalise = in.flag("renormalise");
    return top_k(options);
}

std::shared_ptr<const router> make_one(const setting_reader& in, double beta, noise_law noise) {
    return make(in, beta, noise, 1);
}

std::shared_ptr<const router> make_several(const setting_reader& in, double beta, noise_law noise) {
    return make(in, beta, noise, in.count("k"));
}

std::shared_ptr<const router> make_in_clusters(const setting_reader& in, double beta,
                                               noise_law noise) {
    (void)in.choice("variant", {"language", "swin", "soft-moe"});  // the gate's matter
    return make_several(in, beta, noise);
}

}  // namespace

const router_entry top_1_entry{
    {"top-1", "the expert with the largest beta (logit + score) + noise", one, true}, make_one};
const router_entry top_k_entry{
    {"top-k", "the k experts with the largest beta (logit + score) + noise", several, true},
    make_several};
const router_entry adaptive_clustering_entry{
    {"adaptive-clustering",
     "top-k in a space where each token's cluster weighs the features in which it is tight",
     in_clusters, true, "variant"},
    make_in_clusters};

}  // namespace moebius
