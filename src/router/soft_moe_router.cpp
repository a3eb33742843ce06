// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/soft_moe_router.hpp>
#include <utility>

#include "entry.hpp"
#include "rows.hpp"

namespace moebius {
namespace {

constexpr std::string_view own_name = "soft-moe";

class combine_router final : public router {
public:
    explicit combine_router(double beta) : beta_(beta) {}

    std::string_view name() const noexcept override { return own_name; }

    /// The softmax is that of Gumbel noise.
    std::optional<noise_law> margin_noise() const noexcept override { return noise_law::gumbel; }

    std::optional<routing_rule> rule() const noexcept override {
        return routing_rule{.chooses = routing_rule::kind::shares, .beta = beta_};
    }

    void check(std::size_t experts) const override {
        if (experts < 1)
            throw invalid_argument(own_name, "no experts came", "at least one is needed");
    }

    router_outcome route(const router_batch& batch) const override {
        check(batch.experts);
        moebius::check(own_name, batch);
        const std::size_t experts = batch.experts;
        const auto scaled = scale(batch, beta_);
        router_outcome out;
        out.weights.resize(batch.logits.size());
        out.chosen.resize(batch.logits.size());
        out.load.resize(experts);
        std::size_t routed = 0;
        for (std::size_t t = 0; t < batch.tokens(); ++t) {
            if (!scaled.routed[t]) continue;
            ++routed;
            const auto z = row_of(scaled.z, t, experts);
            const auto weights = row_of(out.weights, t, experts);
            softmax(z, weights);
            for (std::size_t e = 0; e < experts; ++e) {
                out.chosen[t * experts + e] = std::isfinite(z[e]) ? 1 : 0;
                out.load[e] += weights[e];
            }
        }
        out.unrouted = batch.tokens() - routed;
        if (routed > 0)
            for (double& load : out.load) load /= static_cast<double>(routed);
        return out;
    }

    router_outcome infer(const router_batch& batch) const override { return route(batch); }

    void backward(const router_batch& batch, const router_outcome& outcome,
                  std::span<const double> by_weights, std::span<double> by_logits) const override {
        check(batch.experts);
        moebius::check(own_name, batch);
        for (const std::size_t size : {outcome.weights.size(), by_weights.size(), by_logits.size()})
            if (size != batch.logits.size())
                throw invalid_argument(own_name, fmt::format("{} numbers came to backward", size),
                                       fmt::format("the batch has {} logits", batch.logits.size()));
        std::fill(by_logits.begin(), by_logits.end(), 0.0);
        for (std::size_t t = 0; t < batch.tokens(); ++t)  // a row of weights 0 adds nothing
            add_softmax_backward(row_of(outcome.weights, t, batch.experts),
                                 row_of(by_weights, t, batch.experts),
                                 row_of(by_logits, t, batch.experts));
        for (double& slope : by_logits) slope *= beta_;
    }

    std::shared_ptr<const load_response> mean_load(std::vector<double> logits,
                                                   std::size_t experts) const override {
        check(experts);
        if (!logits.empty() && logits.size() % experts == 0 && all_zero(logits))
            return softmax_loads(experts);  // the same law, for experts that can be regrouped
        return token_softmax_loads(std::move(logits), experts);
    }

private:
    double beta_;
};

}  // namespace

std::shared_ptr<const router> soft_moe_router(const soft_moe_options& options) {
    require(own_name).positive_and_finite("beta", options.beta);
    return std::make_shared<combine_router>(options.beta);
}

namespace {

std::shared_ptr<const router> make_soft_moe(const setting_reader&, double beta, noise_law) {
    return soft_moe_router({beta});
}

}  // namespace

const router_entry soft_moe_entry{{"soft-moe", "all experts, with the weights softmax(z)", {}},
                                  make_soft_moe};

}  // namespace moebius
