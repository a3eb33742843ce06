// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/training.hpp>
#include <numeric>

using namespace moebius;

namespace {

training_work probed_work(score_probe probe,
                          const std::string& router = std::string(default_router),
                          noise_law noise = noise_law::gumbel) {
    training_work work;
    work.data = std::make_shared<labelled_data>(gaussian_mixture({.clusters = 3, .width = 6}));
    work.batch = 32;
    work.record_every = 1;
    work.probe = probe;
    training_run run;
    run.model = std::make_shared<moe_network>(
        moe_options{.width = 6,
                    .experts = 3,
                    .hidden = {5},
                    .classes = 3,
                    .router = {.name = router, .beta = 2, .noise = noise}});
    run.rows =
        std::make_shared<std::vector<std::uint32_t>>(stratified_split(*work.data, 0.2, 1).train);
    run.rule = {.feedback = 0.5, .beta = 2};
    work.runs.push_back(std::move(run));
    return work;
}

training_state trained(const training_work& work, std::uint64_t until) {
    check(work, until);
    auto state = begin(work.runs[0]);
    advance(work, work.runs[0], state, until);
    return state;
}

}  // namespace

TEST_CASE("a dither is A or -A, each as often, in each score by itself", "[training]") {
    std::vector<double> now(3), before(3);
    int ups = 0, alike = 0, repeated = 0;
    const int steps = 1000;
    for (int t = 0; t < steps; ++t) {
        before = now;
        dither_of(0.1, 7, static_cast<std::uint64_t>(t), now);
        for (const double d : now) REQUIRE(std::abs(d) == 0.1);
        ups += now[0] > 0;
        alike += now[0] == now[2];
        repeated += now[1] == before[1];
    }
    // 500 +- 16 each; five of these deviations
    for (const int count : {ups, alike, repeated}) CHECK(std::abs(count - steps / 2) < 80);
    std::vector<double> many(300);
    dither_of(1, 7, 3, many);
    CHECK(std::abs(std::accumulate(many.begin(), many.end(), 0.0)) < 5 * std::sqrt(300.0));
    CHECK(std::vector(many.begin() + 128, many.begin() + 160) !=
          std::vector(many.begin(), many.begin() + 32));
}

TEST_CASE("moments give the derivative of the mean loads by the scores", "[training][oracle]") {
    const std::vector<double> logits{0.3, -0.2, 1, 0.5, 0.1, -0.7}, scores{0.1, 0, -0.3};
    const double beta = 1.7, step = 1e-5;
    const auto loads = [&](std::size_t moved, double by) {  // of two tokens
        std::vector<double> sum(3);
        for (std::size_t t = 0; t < 2; ++t) {
            std::vector<double> p(3);
            for (std::size_t e = 0; e < 3; ++e)
                p[e] = std::exp(beta * (logits[3 * t + e] + scores[e] + (e == moved ? by : 0)));
            const double all = p[0] + p[1] + p[2];
            for (std::size_t e = 0; e < 3; ++e) sum[e] += p[e] / all;
        }
        return sum;
    };
    std::vector<double> moments(9);
    add_products(logits, scores, beta, moments);

    const auto mean = loads(0, 0);
    for (std::size_t j = 0; j < 3; ++j) {
        const auto up = loads(j, step), down = loads(j, -step);
        for (std::size_t i = 0; i < 3; ++i)  // 1e-8: the error of a central difference of 1e-5
            CHECK_THAT(beta * ((i == j ? mean[i] : 0) - moments[3 * i + j]),
                       WithinAbs((up[i] - down[i]) / (2 * step), 1e-8));
    }
}

TEST_CASE("a probed run keeps its moments, and its rule sees loads alone", "[training]") {
    const auto state = trained(probed_work({.dither = 0.2, .moments = true}), 20);
    REQUIRE(state.products.size() == 20 * 9);
    for (std::size_t row = 0; row < 20; ++row) {
        const auto sum = std::span(state.products).subspan(9 * row, 9);
        CHECK_THAT(std::accumulate(sum.begin(), sum.end(), 0.0), WithinRel(32, 1e-12));
    }
    std::vector<double> scores(3);  // s += step (feedback n - decay s), of the recorded loads
    for (std::size_t row = 0; row < 20; ++row)
        for (std::size_t e = 0; e < 3; ++e) {
            scores[e] += 0.02 * (0.5 * state.records[8 * row + 2 + e] - scores[e]);
            CHECK_THAT(state.records[8 * row + 5 + e], WithinAbs(scores[e], 1e-12));
        }
    const auto plain = trained(probed_work({}), 20);
    CHECK(plain.products.empty());
    CHECK(plain.records != state.records);
    CHECK(trained(probed_work({.moments = true}), 20).records == plain.records);
}

TEST_CASE("moments of loads that are no means of a softmax are refused", "[training][error]") {
    for (const auto& work :
         {probed_work({.moments = true}, "top-k"),
          probed_work({.moments = true}, std::string(default_router), noise_law::none)})
        CHECK_THROWS_AS(check(work), invalid_argument);
    CHECK_THROWS_AS(check(probed_work({.dither = -1})), invalid_argument);
    CHECK_NOTHROW(check(probed_work({.moments = true})));
}
