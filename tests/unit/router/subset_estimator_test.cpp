// SPDX-License-Identifier: MIT
// The pairs of a choice and a gradient that probmoe can be made of.
#include <cmath>
#include <moebius/router/probmoe.hpp>
#include <moebius/router/registry.hpp>
#include <vector>

#include "route_checks.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::band;
using test::row;
using test::softmax_of;

constexpr double one_beta = 1.4;
constexpr std::size_t all_experts = 5, token_count = 4;

/// Random logits, scores and derivatives.
struct random_case {
    row logits = random_values(token_count * all_experts, 1, 8),
        scores = random_values(all_experts, 1, 9);
    row g = random_values(token_count * all_experts, 1, 10);
    [[nodiscard]] router_batch batch() const { return {all_experts, logits, scores, {2, 5}}; }
    [[nodiscard]] row z(std::size_t t) const {
        row out;
        for (std::size_t e = 0; e < all_experts; ++e)
            out.push_back(one_beta * (logits[t * all_experts + e] + scores[e]));
        return out;
    }
};

std::shared_ptr<const router> router_of(band sizes, subset_estimator estimator) {
    return probmoe(
        {.beta = one_beta, .k_min = sizes.k_min, .k_max = sizes.k_max, .estimator = estimator});
}

/// d(what stands for the choice)_j / dr_i by central differences; row j.
std::vector<row> choice_slopes(const row& z, band sizes, subset_estimator estimator) {
    std::vector<row> slopes(all_experts, row(all_experts));
    if (estimator == subset_estimator::sample_gates) return slopes;
    for (std::size_t j = 0; j < all_experts; ++j)
        slopes[j] = gradient(
            [&](const row& at) {
                return estimator == subset_estimator::sample_dense
                           ? softmax_of(at)[j]
                           : subset_law(at, sizes.k_min, sizes.k_max).marginals()[j];
            },
            z);
    return slopes;
}

}  // namespace

TEST_CASE("each estimator's gradient is that of its definition", "[subset_estimator][oracle]") {
    const auto estimator =
        GENERATE(subset_estimator::sample_marginal, subset_estimator::sample_dense,
                 subset_estimator::sample_gates, subset_estimator::top_k_marginal);
    const band sizes = GENERATE(band{1, 1}, band{3, 3}, band{1, 4}, band{5, 5});
    CAPTURE(to_string(estimator), sizes.k_min, sizes.k_max);
    const random_case of;
    const auto router = router_of(sizes, estimator);
    const auto outcome = router->route(of.batch());

    row got(of.logits.size());
    router->backward(of.batch(), outcome, of.g, got);

    for (std::size_t t = 0; t < token_count; ++t) {
        const auto z = of.z(t), pi = softmax_of(z);
        const auto slopes = choice_slopes(z, sizes, estimator);
        for (std::size_t i = 0; i < all_experts; ++i) {
            double want = 0;
            for (std::size_t j = 0; j < all_experts; ++j)
                if (outcome.chosen[t * all_experts + j])
                    want += of.g[t * all_experts + j] *
                            (pi[j] * ((i == j ? 1 : 0) - pi[i]) + pi[j] * slopes[j][i]);
            CHECK_THAT(got[t * all_experts + i], WithinAbs(one_beta * want, 1e-9));
        }
    }
}

TEST_CASE("estimators that sample choose alike, top-k-marginal as at inference",
          "[subset_estimator]") {
    const band sizes = GENERATE(band{2, 2}, band{1, 3});
    const random_case of;
    const auto sampled = router_of(sizes, subset_estimator::sample_marginal);
    const auto want = sampled->route(of.batch());

    for (const auto estimator : {subset_estimator::sample_dense, subset_estimator::sample_gates}) {
        const auto got = router_of(sizes, estimator)->route(of.batch());
        CHECK(got.chosen == want.chosen);
        CHECK(got.weights == want.weights);
    }
    const auto top = router_of(sizes, subset_estimator::top_k_marginal);
    const auto got = top->route(of.batch()), inferred = top->infer(of.batch());
    CHECK(got.chosen == inferred.chosen);
    CHECK(got.weights == inferred.weights);
    CHECK(inferred.chosen == sampled->infer(of.batch()).chosen);
    CHECK(got.chosen != want.chosen);  // of four tokens one differs at least
    CHECK(top->mean_load(of.logits, all_experts) == nullptr);
}

TEST_CASE("one expert of a token has its softmax as marginals: two estimators are one",
          "[subset_estimator][property]") {
    const random_case of;
    const auto marginal = router_of({1, 1}, subset_estimator::sample_marginal);
    const auto outcome = marginal->route(of.batch());
    row a(of.logits.size()), b(of.logits.size());

    marginal->backward(of.batch(), outcome, of.g, a);
    router_of({1, 1}, subset_estimator::sample_dense)->backward(of.batch(), outcome, of.g, b);

    for (std::size_t i = 0; i < a.size(); ++i) CHECK_THAT(a[i], WithinAbs(b[i], 1e-14));
}

TEST_CASE("the registry knows estimators by their words", "[subset_estimator][registry]") {
    const random_case of;
    for (const auto estimator :
         {subset_estimator::sample_marginal, subset_estimator::sample_dense,
          subset_estimator::sample_gates, subset_estimator::top_k_marginal}) {
        const auto named =
            make_router("probmoe-dynamic-k", one_beta, noise_law::none,
                        {{"k_max", "3"}, {"estimator", std::string(to_string(estimator))}});
        const auto made = router_of({1, 3}, estimator);
        const auto outcome = made->route(of.batch());
        row a(of.logits.size()), b(of.logits.size());
        made->backward(of.batch(), outcome, of.g, a);
        named->backward(of.batch(), outcome, of.g, b);
        CHECK(named->route(of.batch()).chosen == outcome.chosen);
        CHECK(a == b);
    }
    CHECK_THROWS_WITH(
        make_router("probmoe-exact-k", 1, noise_law::none, {{"estimator", "dense"}}),
        "probmoe-exact-k: estimator is 'dense', but it must be sample-marginal or sample-dense or "
        "sample-gates or top-k-marginal");
}
