// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <moebius/base/random.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/probmoe.hpp>
#include <utility>

#include "entry.hpp"
#include "outcome.hpp"
#include "rows.hpp"

namespace moebius {
namespace {

/// u[e] = uniform of word e % 4 of block e / 4. Shape: u (E + 1).
void draw_uniforms(batch_key key, std::uint32_t token, std::span<double> u) {
    random_block words{};
    for (std::size_t e = 0; e < u.size(); ++e) {
        if (e % 4 == 0)
            words = random_words(key.seed,
                                 block(random_stream::subset, static_cast<std::uint32_t>(e / 4)),
                                 key.step, token);
        u[e] = uniform(words[e % 4]);
    }
}

class probmoe_router final : public router {
public:
    explicit probmoe_router(const probmoe_options& options) : options_(options) {
        require("probmoe").positive_and_finite("beta", options.beta);
        check_band("probmoe", options.k_min, options.k_max);
    }

    std::string_view name() const noexcept override {
        return options_.k_min == options_.k_max ? "probmoe-exact-k" : "probmoe-dynamic-k";
    }

    std::optional<routing_rule> rule() const noexcept override {
        if (!draws()) return {};
        return routing_rule{.chooses = routing_rule::kind::subset,
                            .beta = options_.beta,
                            .k_min = options_.k_min,
                            .k_max = options_.k_max};
    }

    void check(std::size_t experts) const override {
        check_subsets("probmoe", options_.k_min, options_.k_max, experts);
    }

    router_outcome route(const router_batch& batch) const override {
        if (!draws()) return likeliest(batch, false);
        std::vector<double> u(batch.experts + 1);
        return each_token(batch, [&](std::uint32_t t, std::span<const double> z,
                                     std::span<std::uint8_t> chosen, std::span<double> weights) {
            draw_uniforms(batch.key, t, u);
            subset_law(z, options_.k_min, options_.k_max)
                .sample(u.back(), std::span(u).first(batch.experts), chosen);
            softmax(z, weights);
        });
    }

    router_outcome infer(const router_batch& batch) const override {
        return likeliest(batch, options_.renormalise);
    }

    void backward(const router_batch& batch, const router_outcome& outcome,
                  std::span<const double> by_weights, std::span<double> by_logits) const override {
        check_backward("probmoe", batch, outcome, by_weights, by_logits);
        const auto at = scale(batch, options_.beta);
        std::vector<double> pi(batch.experts), taken(batch.experts), by_indicator(batch.experts);
        for (std::size_t t = 0; t < batch.tokens(); ++t) {
            const auto out = row_of(by_logits, t, batch.experts);
            std::fill(out.begin(), out.end(), 0.0);
            if (!at.routed[t]) continue;
            const auto z = row_of(at.z, t, batch.experts);
            softmax(z, pi);
            for (std::size_t e = 0; e < batch.experts; ++e) {
                const std::size_t i = t * batch.experts + e;
                taken[e] = outcome.chosen[i] ? by_weights[i] : 0;
                by_indicator[e] = pi[e] * taken[e];
            }
            add_softmax_backward(pi, taken, out);
            add_choice_backward(z, pi, by_indicator, out);
            for (double& value : out) value *= options_.beta;
        }
    }

    std::shared_ptr<const load_response> mean_load(std::vector<double> logits,
                                                   std::size_t experts) const override {
        check(experts);
        if (!draws()) return nullptr;
        return subset_loads(std::move(logits), experts, options_.k_min, options_.k_max);
    }

private:
    [[nodiscard]] bool draws() const noexcept {
        return options_.estimator != subset_estimator::top_k_marginal;
    }

    [[nodiscard]] router_outcome likeliest(const router_batch& batch, bool renormalise) const {
        return each_token(batch, [&](std::uint32_t, std::span<const double> z,
                                     std::span<std::uint8_t> chosen, std::span<double> weights) {
            likeliest_subset(z, options_.k_min, options_.k_max, chosen);
            if (renormalise)
                softmax(only(z, chosen), weights);
            else
                softmax(z, weights);
        });
    }

    /// out_i += sum_j by_indicator_j D_ji, the part that stands for the choice's derivative.
    void add_choice_backward(std::span<const double> z, std::span<const double> pi,
                             std::span<const double> by_indicator, std::span<double> out) const {
        switch (options_.estimator) {
            case subset_estimator::sample_gates:
                return;
            case subset_estimator::sample_dense:
                return add_softmax_backward(pi, by_indicator, out);
            case subset_estimator::sample_marginal:
            case subset_estimator::top_k_marginal:
                break;
        }
        const subset_law law(z, options_.k_min, options_.k_max);
        const auto through_marginals = law.backward(by_indicator, options_.slopes);
        for (std::size_t e = 0; e < out.size(); ++e) out[e] += through_marginals[e];
    }

    /// choose(token, z, chosen, weights) for each token that can be routed; weights of experts that
    /// were not chosen are then set to 0.
    template <typename Choose>
    router_outcome each_token(const router_batch& batch, Choose choose) const {
        check(batch.experts);
        return route_each("probmoe", batch, options_.beta, choose);
    }

    probmoe_options options_;
};

}  // namespace

std::string_view to_string(subset_estimator estimator) noexcept {
    switch (estimator) {
        case subset_estimator::sample_marginal:
            return "sample-marginal";
        case subset_estimator::sample_dense:
            return "sample-dense";
        case subset_estimator::sample_gates:
            return "sample-gates";
        case subset_estimator::top_k_marginal:
            return "top-k-marginal";
    }
    return "unknown";
}

std::shared_ptr<const router> probmoe(const probmoe_options& options) {
    return std::make_shared<probmoe_router>(options);
}

namespace {

constexpr router_option slopes{"slopes", "of the marginals: covariance or published", "covariance"};
constexpr router_option estimator{
    "estimator", "choice and gradient: sample-marginal, sample-dense, sample-gates, top-k-marginal",
    "sample-marginal"};
constexpr std::array of_exact_k{router_option{"k", "experts of a token", "2"}, slopes,
                                renormalise_option, estimator};
constexpr std::array of_dynamic_k{router_option{"k_min", "fewest experts of a token", "1"},
                                  router_option{"k_max", "most experts of a token", "2"}, slopes,
                                  renormalise_option, estimator};

std::shared_ptr<const router> make(const setting_reader& in, double beta, std::size_t k_min,
                                   std::size_t k_max) {
    probmoe_options options;
    options.beta = beta;
    options.k_min = k_min;
    options.k_max = k_max;
    options.slopes = in.choice("slopes", {"covariance", "published"}) == 0
                         ? subset_slopes::covariance
                         : subset_slopes::published;
    options.renormalise = in.flag("renormalise");
    using enum subset_estimator;
    constexpr std::array estimators{sample_marginal, sample_dense, sample_gates, top_k_marginal};
    options.estimator =
        estimators[in.choice("estimator", {to_string(sample_marginal), to_string(sample_dense),
                                           to_string(sample_gates), to_string(top_k_marginal)})];
    return probmoe(options);
}

std::shared_ptr<const router> make_exact_k(const setting_reader& in, double beta, noise_law) {
    return make(in, beta, in.count("k"), in.count("k"));
}

std::shared_ptr<const router> make_dynamic_k(const setting_reader& in, double beta, noise_law) {
    return make(in, beta, in.count("k_min"), in.count("k_max"));
}

}  // namespace

const router_entry probmoe_exact_k_entry{
    {"probmoe-exact-k", "a random set S of k experts, P(S) ~ exp(sum of z over S)", of_exact_k},
    make_exact_k};
const router_entry probmoe_dynamic_k_entry{
    {"probmoe-dynamic-k", "the same with k_min to k_max experts", of_dynamic_k}, make_dynamic_k};

}  // namespace moebius
