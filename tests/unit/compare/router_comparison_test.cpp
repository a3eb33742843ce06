// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/compare/router_comparison.hpp>
#include <moebius/exact/two_expert.hpp>
#include <moebius/router/registry.hpp>
#include <moebius/simulate/router_loop.hpp>
#include <numbers>

#include "catch.hpp"

using namespace moebius;

namespace {

comparison_options quick() {
    comparison_options options;
    options.seeds = 4;
    options.average = 150;
    options.ramp = 200;
    return options;
}

compared_router compare_one(const std::shared_ptr<const token_source>& source,
                            std::string_view name, const router_settings& settings,
                            noise_law noise = noise_law::gumbel) {
    return compare_routers(source, {{"it", make_router(name, 1, noise, settings)}}, quick())
        .front();
}

/// Judged, and not only for want of precision: within `share` of the predicted threshold.
void check_near(const compared_router& row, double share) {
    CHECK(row.agrees);
    CHECK(row.observed.threshold.value == Approx(row.predicted.threshold.value).epsilon(share));
}

}  // namespace

TEST_CASE("exact-k collapses where its closed form says, and the loop shows it",
          "[compare][oracle]") {
    const auto row = compare_one(no_tokens(8), "probmoe-exact-k", {{"k", "2"}});

    CHECK(row.predicted.threshold.value == Approx(8 * 7 / 6.0).epsilon(1e-12));  // N(N-1)/(N-k)
    check_near(row, 0.01);
    CHECK(std::isnan(row.predicted.fold_up.value));
}

TEST_CASE("occasional Sinkhorn steps divide the threshold by 1 - q", "[compare][oracle]") {
    const auto row = compare_one(no_tokens(2), "selective-sinkhorn", {{"frequency", "0.4"}});

    CHECK(row.predicted.threshold.value == Approx(2 / 0.6).epsilon(1e-12));
    CHECK(row.predicted.cubic < 0);
    // m = 0.6 tanh(x/2): docs/theory.md section 2 with feedback 0.6 times as large, mu = 1.5
    CHECK(row.predicted.cusp.value == Approx(2 / 0.6).epsilon(1e-12));
    CHECK(std::abs(row.predicted.cusp_x) < 1e-12);
    CHECK(row.predicted.fold_up.value == Approx(2 * exact::half_width(1.5)).epsilon(1e-12));
    CHECK(row.predicted.fold_down.value == Approx(-2 * exact::half_width(1.5)).epsilon(1e-12));
    check_near(row, 0.02);
}

TEST_CASE("two-humped margins make the pitchfork subcritical, and the loop shows both states",
          "[compare][oracle]") {
    const auto source = mixture_tokens({{-0.8, 0.5, 0.5}, {0.8, 0.5, 0.5}});
    const auto row = compare_one(source, "top-1", {}, noise_law::none);
    // the threshold is decay / (2 f(0)), f the density of the margins (docs/theory.md section 4)
    const double density = std::exp(-1.6 * 1.6 / 2) / (0.5 * std::sqrt(2 * std::numbers::pi));

    CHECK(row.predicted.threshold.value == Approx(1 / (2 * density)).epsilon(1e-10));
    CHECK(row.predicted.cubic > 0);
    CHECK(row.predicted.cusp.value < 0.6 * row.predicted.threshold.value);
    check_near(row, 0.01);
    // the loop jumps before the noise-free rule, by less than a tenth of the folds' distance
    CHECK(row.observed.jump_up.value == Approx(row.predicted.jump_up).margin(0.05));
    CHECK(row.observed.jump_down.value == Approx(row.predicted.jump_down).margin(0.05));

    const auto ends_at = [&](double x0) {
        const feedback_rule rule{0.9 * row.predicted.threshold.value, 1, 1, {}, 0.05};
        router_loop loop(source, make_router("top-1", 1, noise_law::none), {4096}, bias_of_two(x0));
        for (int k = 0; k < 600; ++k) loop.advance(rule);
        return std::abs(loop.scores()[0] - loop.scores()[1]);
    };
    CHECK(ends_at(0) < 0.2);
    CHECK(ends_at(2) > 1.5);
}

TEST_CASE("a router without a closed form is predicted from its measured response",
          "[compare][property][long]") {
    const auto source = stored_tokens({0.3, -0.1, -0.4, 0.2, 0.1, 0.1, -0.2, -0.3}, 2);
    const auto row = compare_one(source, "selective-sinkhorn",
                                 {{"frequency", "0.2"}, {"cost", "softmax"}, {"xi", "0.2"}});

    INFO(row.predicted.threshold.value << " +- " << row.predicted.threshold.error << ", loop "
                                       << row.observed.threshold.value << " +- "
                                       << row.observed.threshold.error);
    CHECK(row.predicted.measured);
    CHECK(row.predicted.threshold.error > 0);
    check_near(row, 0.1);
}

TEST_CASE("a router that takes both experts when scores are high never collapses",
          "[compare][oracle]") {
    const auto row = compare_one(no_tokens(2), "probmoe-dynamic-k", {});
    // m' = 1/(2 (1 + u)) with u = exp(mean score), so that feedback m' = decay asks for
    // feedback = 2 + 2 exp(feedback/2), which no number is
    CHECK(std::isnan(row.predicted.threshold.value));
    CHECK_FALSE(row.judged);
    CHECK(std::isnan(row.observed.threshold.value));
}

TEST_CASE("a loop that leaves equal loads is not judged", "[compare][property]") {
    const auto source = mixture_tokens({{-5, 0.5, 0.1}, {5, 0.5, 0.1}});
    const auto router = make_router("top-1", 3, noise_law::gumbel);
    auto options = quick();
    options.beta = 3;
    options.tokens = 64;
    const auto row = compare_routers(source, {{"it", router}}, options).front();

    CHECK(row.predicted.threshold.value > 1e5);
    CHECK(std::isnan(row.observed.threshold.value));
    CHECK_FALSE(row.judged);
    CHECK_FALSE(row.agrees);
}

TEST_CASE("the measured response of top-1 is its closed form", "[compare][oracle]") {
    const auto measured =
        measure_response(no_tokens(2), *make_router("top-1", 1, noise_law::gumbel));
    double squares = 0;
    int count = 0;
    for (std::size_t i = 0; i < measured.x.size(); ++i) {
        const double exact = std::tanh(measured.x[i] / 2);
        if (std::abs(exact) > 0.99) continue;  // rare choices have no normal error
        squares += std::pow((measured.gap[i] - exact) / measured.error[i], 2);
        ++count;
    }
    const double s[2] = {0.5, -0.5};
    double p[2] = {};
    measured.loads->loads(s, 1, p);

    CHECK(squares < count + 5 * std::sqrt(2.0 * count));  // chi-square's mean and five deviations
    CHECK(p[0] - p[1] == Approx(std::tanh(0.5)).margin(0.01));
}

TEST_CASE("compare_routers says what it does not take", "[compare][error]") {
    const std::vector<named_router> one{{"it", make_router("soft-moe", 1, noise_law::gumbel)}};
    CHECK_THROWS_WITH(compare_routers(no_tokens(2), {}),
                      "compare_routers: no router came, but at least one is needed");
    CHECK_THROWS_WITH(compare_routers(no_tokens(1), one),
                      "compare_routers: 1 experts came, but two or more are needed");
    CHECK_THROWS_WITH(compare_routers(stored_tokens({1, 2, 3}, 3), one),
                      "compare_routers: tokens of 3 experts came, but with tokens there must be "
                      "two");
    auto options = quick();
    options.excess = 1;
    CHECK_THROWS_WITH(compare_routers(no_tokens(2), one, options),
                      "compare_routers: excess is 1, but it must be > 1");
}
