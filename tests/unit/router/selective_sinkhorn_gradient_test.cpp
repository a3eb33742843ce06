// SPDX-License-Identifier: MIT
#include <algorithm>
#include <numeric>
#include <vector>

#include "selective_sinkhorn_checks.hpp"

using namespace selective_sinkhorn_checks;

namespace {

/// dL/dlogit by differences for L = sum of weights times `factors`, for one batch of `route`.
std::vector<double> differences(const router& router, std::vector<double> logits,
                                const std::vector<double>& scores, batch_key key,
                                const std::vector<double>& factors) {
    const double h = 1e-5;  // truncation h^2 and rounding 1e-16/h, both about 1e-10
    const auto loss = [&] {
        const auto weights = router.route({scores.size(), logits, scores, key}).weights;
        return std::inner_product(weights.begin(), weights.end(), factors.begin(), 0.0);
    };
    std::vector<double> out(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const double at = logits[i];
        logits[i] = at + h;
        const double above = loss();
        logits[i] = at - h;
        out[i] = (above - loss()) / (2 * h);
        logits[i] = at;
    }
    return out;
}

}  // namespace

TEST_CASE("the gradient of an ordinary batch is that of its weights",
          "[selective_sinkhorn][oracle]") {
    const auto k = GENERATE(as<std::size_t>{}, 1, 2, 4);
    auto logits = some_logits(6, 4);
    logits[6] = -infinite;
    const auto scores = score_vector(4, 4);
    const auto factors = some_logits(6, 4);
    const auto router = selective_sinkhorn({.beta = 1.4, .k = k, .frequency = 0});
    const router_batch batch{4, logits, scores, {}};
    std::vector<double> got(logits.size());

    router->backward(batch, router->route(batch), factors, got);

    const auto want = differences(*router, logits, scores, {}, factors);
    for (std::size_t i = 0; i < got.size(); ++i) CHECK_THAT(got[i], WithinAbs(want[i], 1e-8));
}

TEST_CASE("a balanced batch teaches the router nothing or the plan's derivative",
          "[selective_sinkhorn][oracle]") {
    const auto cost = GENERATE(sinkhorn_cost::linear, sinkhorn_cost::softmax);
    const auto gradient = GENERATE(plan_gradient::detached, plan_gradient::implicit);
    const auto logits = some_logits(7, 4);
    const auto scores = score_vector(4, 2);
    const auto factors = some_logits(7, 4);
    const auto router = selective_sinkhorn({.beta = 1.4,
                                            .k = 2,
                                            .frequency = 1,
                                            .scaling = sharp,
                                            .cost = cost,
                                            .gradient = gradient});
    const router_batch batch{4, logits, scores, {}};
    std::vector<double> got(logits.size(), 7.0);

    router->backward(batch, router->route(batch), factors, got);

    if (gradient == plan_gradient::detached) {
        CHECK(got == std::vector<double>(logits.size()));
    } else {
        const auto want = differences(*router, logits, scores, {}, factors);
        for (std::size_t i = 0; i < got.size(); ++i) CHECK_THAT(got[i], WithinAbs(want[i], 1e-7));
        CHECK(*std::max_element(want.begin(), want.end()) > 0.01);
    }
}

TEST_CASE("one expert a token gets all of the weight in a balanced batch, so nothing is learnt",
          "[selective_sinkhorn]") {
    const auto logits = some_logits(7, 4);
    const std::vector<double> scores(4);
    const auto router = selective_sinkhorn({.frequency = 1, .gradient = plan_gradient::implicit});
    const router_batch batch{4, logits, scores, {}};
    const auto out = router->route(batch);
    std::vector<double> got(logits.size(), 7.0);

    router->backward(batch, out, some_logits(7, 4), got);

    for (std::size_t i = 0; i < got.size(); ++i) {
        CHECK(out.weights[i] == out.chosen[i]);
        CHECK(got[i] == 0);
    }
}
