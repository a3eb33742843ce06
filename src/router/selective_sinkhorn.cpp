// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/mixed_loads.hpp>
#include <moebius/router/selective_sinkhorn.hpp>
#include <moebius/router/top1.hpp>
#include <optional>
#include <utility>

#include "entry.hpp"
#include "rows.hpp"

namespace moebius {
namespace {

constexpr std::string_view router_name = "selective-sinkhorn";
constexpr std::size_t plans_averaged = 32;  // where the cost has noise
constexpr std::uint64_t plan_seed = 1;      // of that noise

void check_options(const selective_sinkhorn_options& o) {
    require(router_name)
        .positive_and_finite("beta", o.beta)
        .at_least("k", o.k, 1)
        .share("frequency", o.frequency)
        .not_negative("noise_scale", o.noise_scale);
    (void)sinkhorn({}, 1, o.scaling);  // says what is wrong with these
}

/// A batch whose numbers a plan decides.
struct balanced_batch {
    std::vector<double> z;     // (T, E): what the cost is made from
    std::vector<double> cost;  // (T, E)
    sinkhorn_plan plan;
};

class selective_sinkhorn_router final : public router {
public:
    explicit selective_sinkhorn_router(const selective_sinkhorn_options& options) : o_(options) {}

    std::string_view name() const noexcept override { return router_name; }

    std::optional<routing_rule> rule() const noexcept override {
        return routing_rule{.beta = o_.beta,
                            .k_min = o_.k,
                            .k_max = o_.k,
                            .noise = o_.noise,
                            .balancing = {o_.frequency, o_.scaling, o_.cost, o_.noise_scale}};
    }

    void check(std::size_t experts) const override {
        if (experts < 1)
            throw invalid_argument(router_name, "no experts came", "at least one is needed");
        if (o_.k > experts)
            throw invalid_argument(router_name,
                                   fmt::format("k is {} for {} experts", o_.k, experts),
                                   "it must be in [1, experts]");
        top1{o_.beta, o_.noise}.check(experts);
    }

    router_outcome route(const router_batch& batch) const override {
        check_all(batch);
        const auto balanced = balanced_of(batch);
        router_outcome out;
        if (balanced) {
            auto gates = gates_of(balanced->plan, balanced->cost, batch.experts, o_.k);
            out.chosen = std::move(gates.chosen);
            out.weights = std::move(gates.weights);
        } else {
            out = ordinary(batch, o_.noise);
        }
        count_loads(batch.experts, out);
        return out;
    }

    router_outcome infer(const router_batch& batch) const override {
        check_all(batch);
        auto out = ordinary(batch, noise_law::none);
        count_loads(batch.experts, out);
        return out;
    }

    void backward(const router_batch& batch, const router_outcome& outcome,
                  std::span<const double> by_weights, std::span<double> by_logits) const override {
        check_all(batch);
        for (const std::size_t size :
             {outcome.weights.size(), outcome.chosen.size(), by_weights.size(), by_logits.size()})
            if (size != batch.logits.size())
                throw invalid_argument(router_name,
                                       fmt::format("{} numbers came to backward", size),
                                       fmt::format("the batch has {} logits", batch.logits.size()));
        std::fill(by_logits.begin(), by_logits.end(), 0.0);
        if (const auto balanced = balanced_of(batch))
            balanced_backward(*balanced, batch.experts, outcome, by_weights, by_logits);
        else
            ordinary_backward(batch, outcome, by_weights, by_logits);
        for (double& slope : by_logits) slope *= o_.beta;
    }

    std::shared_ptr<const load_response> mean_load(std::vector<double> logits,
                                                   std::size_t experts) const override;

private:
    void check_all(const router_batch& batch) const {
        check(batch.experts);
        moebius::check(router_name, batch);
    }

    /// The cost of a batch without its noise. Rows that are alike stay alike to the last bit, so
    /// that ties are ties: the linear cost is made without the scores, and from the softmax the
    /// first row is subtracted; both are constants of columns, which change no plan.
    [[nodiscard]] std::vector<double> quiet_cost(std::span<const double> z,
                                                 std::size_t experts) const {
        auto cost = cost_of(o_.cost, z, experts);
        if (o_.cost == sinkhorn_cost::linear) return cost;
        std::vector<double> first(experts, 0.0);
        for (std::size_t t = 0; t < cost.size() / experts; ++t) {
            const auto row = row_of(cost, t, experts);
            if (!std::all_of(row.begin(), row.end(), [](double c) { return std::isfinite(c); }))
                continue;
            first.assign(row.begin(), row.end());
            break;
        }
        for (std::size_t i = 0; i < cost.size(); ++i) cost[i] -= first[i % experts];
        return cost;
    }

    void add_noise(batch_key key, std::vector<double>& cost, std::size_t experts) const {
        if (o_.noise_scale == 0) return;
        std::vector<double> noise(experts);
        for (std::size_t t = 0; t < cost.size() / experts; ++t) {
            const auto token = static_cast<std::uint32_t>(t);
            const auto words = random_words(key.seed, random_stream::token, key.step, token);
            draw_noise(noise_law::gaussian, key, token, words, noise);
            for (std::size_t e = 0; e < experts; ++e)
                cost[t * experts + e] += o_.noise_scale * noise[e];
        }
    }

    /// Nothing for an ordinary batch.
    [[nodiscard]] std::optional<balanced_batch> balanced_of(const router_batch& batch) const {
        if (!is_sinkhorn_step(batch.key, o_.frequency)) return std::nullopt;
        balanced_batch out;
        if (o_.cost == sinkhorn_cost::softmax) {
            out.z = scale(batch, o_.beta).z;
        } else {
            out.z.assign(batch.logits.begin(), batch.logits.end());
            for (double& z : out.z) z *= o_.beta;
        }
        out.cost = quiet_cost(out.z, batch.experts);
        add_noise(batch.key, out.cost, batch.experts);
        out.plan = sinkhorn(out.cost, batch.experts, o_.scaling);
        if (out.plan.status == sinkhorn_status::no_solution) return std::nullopt;
        return out;
    }

    [[nodiscard]] router_outcome ordinary(const router_batch& batch, noise_law noise) const;
    void choose(const router_batch& batch, const scaled_logits& scaled, noise_law noise,
                std::vector<std::uint8_t>& chosen) const;

    /// Of the linear cost: the mean over draws of its noise, if there is some.
    [[nodiscard]] std::vector<double> load_of_plan(std::vector<double> logits,
                                                   std::size_t experts) const {
        for (double& logit : logits) logit *= o_.beta;
        const std::size_t draws = o_.noise_scale > 0 ? plans_averaged : 1;
        std::vector<double> mean(experts);
        for (std::size_t draw = 0; draw < draws; ++draw) {
            auto cost = logits;
            add_noise({plan_seed, draw}, cost, experts);
            router_outcome out;
            out.chosen = gates_of(sinkhorn(cost, experts, o_.scaling), cost, experts, 1).chosen;
            count_loads(experts, out);
            for (std::size_t e = 0; e < experts; ++e)
                mean[e] += out.load[e] / static_cast<double>(draws);
        }
        return mean;
    }

    void balanced_backward(const balanced_batch& balanced, std::size_t experts,
                           const router_outcome& outcome, std::span<const double> by_weights,
                           std::span<double> by_z) const {
        if (o_.gradient == plan_gradient::detached) return;
        const plan_gates gates{outcome.chosen, outcome.weights};
        const auto by_plan = gates_backward(balanced.plan, gates, experts, by_weights);
        const auto by_cost = sinkhorn_backward(balanced.plan, experts, o_.scaling.xi, by_plan);
        const auto out = cost_backward(o_.cost, balanced.z, experts, by_cost);
        std::copy(out.begin(), out.end(), by_z.begin());
    }

    void ordinary_backward(const router_batch& batch, const router_outcome& outcome,
                           std::span<const double> by_weights, std::span<double> by_z) const;

    selective_sinkhorn_options o_;
};

void selective_sinkhorn_router::choose(const router_batch& batch, const scaled_logits& scaled,
                                       noise_law noise, std::vector<std::uint8_t>& chosen) const {
    const std::size_t experts = batch.experts, tokens = batch.tokens();
    if (o_.k == 1) {
        const auto routed =
            top1{o_.beta, noise}.route(batch.logits, batch.scores, batch.key).choices;
        for (std::size_t t = 0; t < tokens; ++t)
            if (routed[t] != no_expert) chosen[t * experts + routed[t]] = 1;
        return;
    }
    std::vector<double> values(experts), drawn(experts, 0.0);
    for (std::size_t t = 0; t < tokens; ++t) {
        if (!scaled.routed[t]) continue;
        const auto token = static_cast<std::uint32_t>(t);
        if (noise != noise_law::none)
            draw_noise(noise, batch.key, token,
                       random_words(batch.key.seed, random_stream::token, batch.key.step, token),
                       drawn);
        const auto row = row_of(scaled.z, t, experts);
        for (std::size_t e = 0; e < experts; ++e) values[e] = row[e] + drawn[e];
        mark_largest(values, row, o_.k, row_of(chosen, t, experts));
    }
}

router_outcome selective_sinkhorn_router::ordinary(const router_batch& batch,
                                                   noise_law noise) const {
    const std::size_t experts = batch.experts;
    const auto scaled = scale(batch, o_.beta);
    router_outcome out;
    out.weights.resize(batch.logits.size());
    out.chosen.resize(batch.logits.size());
    choose(batch, scaled, noise, out.chosen);
    for (std::size_t t = 0; t < batch.tokens(); ++t) {
        if (!scaled.routed[t]) continue;
        const auto weights = row_of(out.weights, t, experts);
        const auto chosen = row_of(out.chosen, t, experts);
        const auto z = row_of(scaled.z, t, experts);
        std::copy(z.begin(), z.end(), weights.begin());
        if (o_.k > 1)
            for (std::size_t e = 0; e < experts; ++e)
                if (!chosen[e]) weights[e] = -infinite;
        softmax(weights, weights);
        for (std::size_t e = 0; e < experts; ++e) weights[e] *= chosen[e];
    }
    return out;
}

/// Both kinds of weights are softmaxes, over all experts (k = 1) or over the chosen.
void selective_sinkhorn_router::ordinary_backward(const router_batch& batch,
                                                  const router_outcome& outcome,
                                                  std::span<const double> by_weights,
                                                  std::span<double> by_z) const {
    const std::size_t experts = batch.experts;
    const auto scaled = scale(batch, o_.beta);
    std::vector<double> share(experts), by_share(experts);
    for (std::size_t t = 0; t < batch.tokens(); ++t) {
        if (!scaled.routed[t]) continue;
        const auto chosen = row_of(outcome.chosen, t, experts);
        for (std::size_t e = 0; e < experts; ++e)
            by_share[e] = chosen[e] ? by_weights[t * experts + e] : 0;
        if (o_.k == 1)
            softmax(row_of(scaled.z, t, experts), share);
        else
            std::copy_n(row_of(outcome.weights, t, experts).begin(), experts, share.begin());
        add_softmax_backward(share, by_share, row_of(by_z, t, experts));
    }
}

std::shared_ptr<const load_response> selective_sinkhorn_router::mean_load(
    std::vector<double> logits, std::size_t experts) const {
    check(experts);
    if (logits.empty() || logits.size() % experts != 0)
        throw invalid_argument(router_name,
                               fmt::format("{} logits came for {} experts", logits.size(), experts),
                               "each token needs a row of one for every expert");
    for (const double logit : logits) require(router_name).finite("a logit", logit);
    const bool softmax_law = o_.noise == noise_law::gumbel || o_.noise == noise_law::logistic;
    if (o_.k != 1 || !softmax_law) return nullptr;

    const bool alike = all_zero(logits);
    std::vector<double> constant(experts, 0.0);
    if (alike && o_.noise_scale > 0) {
        std::fill(constant.begin(), constant.end(), 1 / static_cast<double>(experts));
    } else if (alike) {
        constant[0] = 1;  // ties
    } else if (o_.cost == sinkhorn_cost::linear) {
        constant = load_of_plan(logits, experts);
    } else {
        return nullptr;
    }
    auto base = alike ? softmax_loads(experts) : token_softmax_loads(std::move(logits), experts);
    return mixed_loads(std::move(base), o_.frequency, std::move(constant), !alike);
}

}  // namespace

std::string_view to_string(plan_gradient gradient) noexcept {
    return gradient == plan_gradient::detached ? "detached" : "implicit";
}

bool is_sinkhorn_step(batch_key key, double frequency) noexcept {
    return random_words(key.seed, random_stream::branch, key.step, 0)[0] < words_below(frequency);
}

std::shared_ptr<const router> selective_sinkhorn(const selective_sinkhorn_options& options) {
    check_options(options);
    return std::make_shared<selective_sinkhorn_router>(options);
}

namespace {

constexpr std::array settings{
    router_option{"k", "experts of a token", "1"},
    router_option{"frequency", "share of batches that are balanced", "0.001"},
    router_option{"xi", "entropy weight of the plan", "1"},
    router_option{"tolerance", "of the plan's loads, in tokens", "0.0001"},
    router_option{"iterations", "at most, of the scaling", "100"},
    router_option{"cost", "linear or softmax", "linear"},
    router_option{"noise_scale", "of the normal noise on the cost", "0.1"},
    router_option{"gradient", "through the plan: detached or implicit", "detached"}};

std::shared_ptr<const router> make_selective_sinkhorn(const setting_reader& in, double beta,
                                                      noise_law noise) {
    selective_sinkhorn_options options;
    options.beta = beta;
    options.noise = noise;
    options.k = in.count("k");
    options.frequency = in.number("frequency");
    options.scaling.xi = in.number("xi");
    options.scaling.tolerance = in.number("tolerance");
    options.scaling.max_iterations = static_cast<int>(in.count("iterations"));
    options.cost = in.choice("cost", {"linear", "softmax"}) == 0 ? sinkhorn_cost::linear
                                                                 : sinkhorn_cost::softmax;
    options.noise_scale = in.number("noise_scale");
    options.gradient = in.choice("gradient", {"detached", "implicit"}) == 0
                           ? plan_gradient::detached
                           : plan_gradient::implicit;
    return selective_sinkhorn(options);
}

}  // namespace

const router_entry selective_sinkhorn_entry{
    {"selective-sinkhorn",
     "top-k, but in a few batches top-k of a transport plan that balances the experts", settings,
     true},
    make_selective_sinkhorn};

}  // namespace moebius
