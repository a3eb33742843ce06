// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/compare/router_sampler.hpp>
#include <vector>

#include "known_branch.hpp"

using namespace moebius;

namespace {

measured_branch follow(const known_branch& of, const load_sampler& sampler) {
    measured_options options;
    options.experts = of.experts;
    options.bias = of.bias;
    options.from = of.from;
    options.to = of.to;
    options.mean_spread = of.mean_spread;
    return follow_measured(sampler, options);
}

measured_branch follow(const known_branch& of, const held_loop_options& how = {}) {
    return follow(of, sample_router(of.source, of.made, how));
}

/// Mean loads themselves, with the variance of the first as of so many tokens.
load_sampler without_noise(const known_branch& of, double tokens) {
    return [&of, tokens](std::span<const std::vector<double>> scores) {
        std::vector<load_sample> out;
        for (const auto& held : scores) {
            std::vector<double> p(of.experts);
            of.response->loads(held, 1, p);
            const double variance = p[0] * (1 - p[0]) / tokens;
            out.push_back({std::move(p), variance * Eigen::MatrixXd::Identity(2, 2)});
        }
        return out;
    };
}

/// Points and folds of the measured branch against the computed one, unstable parts included.
void check_branch(const known_branch& of, const held_loop_options& how, std::size_t folds) {
    CAPTURE(of.name, of.experts, of.bias);
    const auto found = follow(of, how);
    CHECK(found.arrived);
    REQUIRE(found.points.size() > 8);
    double squares = 0;
    for (const auto& point : found.points) {
        CAPTURE(point.lead, point.feedback, of.feedback(point.lead));
        const double z = (point.gap - of.gap(point.lead)) / point.gap_error;
        CHECK(std::abs(z) < 4.5);
        squares += z * z;
    }
    // neighbours share samples: some third of the points are independent
    const auto n = static_cast<double>(found.points.size());
    CHECK(squares / n < 1 + 3 * std::sqrt(2 / (n / 3)));
    const auto turns = of.turns();
    REQUIRE(turns.size() == folds);
    REQUIRE(found.folds.size() == folds);
    for (std::size_t i = 0; i < folds; ++i) {
        CAPTURE(i, found.folds[i].feedback, of.feedback(turns[i]));
        CHECK(std::abs(found.folds[i].feedback - of.feedback(turns[i])) <
              3.5 * found.folds[i].feedback_error);
        CHECK(std::abs(found.folds[i].lead - turns[i]) < 4 * found.folds[i].lead_error);
        CHECK(found.folds[i].feedback_error < 0.05 * found.folds[i].feedback);
    }
    if (folds == 0) return;
    // the part that no free run stays on, before the last fold
    CHECK(std::any_of(found.points.begin(), found.points.end(), [&](const auto& point) {
        return point.lead < turns.back() && point.growth > 2 * point.growth_error;
    }));
    CHECK(found.points.back().growth < 0);
}

}  // namespace

TEST_CASE("a measured branch of two experts is the computed one", "[measured]") {
    const held_loop_options how{.tokens = 512, .batches = 32};
    check_branch(known_branch("top-1", 2, {}), how, 0);
    check_branch(known_branch("top-1", 2, kinds_of_tokens(2, 3.2)).at(0, 0.3, 7), how, 1);
}

TEST_CASE("a measured branch of eight experts is the computed one, with its fold", "[measured]") {
    const held_loop_options how{.tokens = 512, .batches = 32};
    const known_branch top1("top-1", 8, {});
    check_branch(top1, how, 1);
    CHECK(top1.feedback(top1.turns().at(0)) ==
          Approx(4.249799008647894));  // docs/theory.md section 3
    check_branch(known_branch("probmoe-exact-k", 8, {}, {{"k", "2"}}).at(0, 0.3, 4), how, 1);
    check_branch(known_branch("top-k", 8, {}, {{"k", "2"}}).at(0, 0.3, 4), how, 1);
}

TEST_CASE("measured branches of every router turn twice where the computed ones do",
          "[measured][long]") {
    std::uint64_t seed = 1;
    for (const auto& of : every_router_turning_twice()) {
        ++seed;  // of its own: routers share their random numbers
        if (of.name == "top-k" && of.experts == 2) continue;  // top-1 by another name
        if (of.experts == 8 && of.name.find("-k") != std::string::npos) continue;  // below
        check_branch(of, {.tokens = 1024, .batches = of.experts * 8 + 16, .seed = seed}, 2);
    }
}

TEST_CASE("a measured branch minds the mean score that dynamic-k's loads depend on", "[measured]") {
    const known_branch of("probmoe-dynamic-k", 8, {}, {{"k_min", "1"}, {"k_max", "2"}});
    check_branch(of.at(0, 0.3, 4), {.tokens = 1024, .batches = 32}, 1);
}

TEST_CASE("a measured branch knows its cusp and where equal loads lose stability", "[measured]") {
    const auto two = known_branch("top-1", 2, kinds_of_tokens(2, 3.2)).at(0, 0.3, 6);
    const auto found = follow(two, {.batches = 64});
    // m = (tanh((x - 3.2)/2) + tanh((x + 3.2)/2))/2: m'(0) = sech(1.6)^2/2, m'' = 0 at 3.2 but for
    // e^-6.4, where m' = 1/4 + sech(3.2)^2/4 and m = tanh(3.2)/2
    const double s = 1 / std::pow(std::cosh(1.6), 2), t = 1 / std::pow(std::cosh(3.2), 2);
    REQUIRE(found.balance);
    CHECK(std::abs(found.balance->lead) < 4 * found.balance->lead_error);
    CHECK(std::abs(found.balance->feedback - 2 / s) < 4 * found.balance->feedback_error);
    CHECK(found.balance->feedback_error < 0.1 * found.balance->feedback);
    REQUIRE(found.cusps.size() == 1);
    const auto& cusp = found.cusps[0];
    const double feedback = 4 / (1 + t), bias = 3.2 - feedback * std::tanh(3.2) / 2;
    const double off = 0.01;  // of the cusp itself, from e^-6.4
    CHECK(std::abs(cusp.lead - 3.2) < 4 * cusp.lead_error + off);
    CHECK(std::abs(cusp.feedback - feedback) < 4 * cusp.feedback_error + off);
    CHECK(std::abs(cusp.bias - bias) < 4 * cusp.bias_error + off);
    CHECK(cusp.feedback_error < 0.05 * feedback);

    // m = (e^x - 1)/(e^x + 7) bends at e^x = 7: m' = 2/7, m = 3/7
    const auto eight = follow(known_branch("top-1", 8, {}), {.batches = 64});
    REQUIRE(eight.balance);
    CHECK(std::abs(eight.balance->feedback - 8) < 4 * eight.balance->feedback_error);
    REQUIRE(eight.cusps.size() == 1);
    CHECK(std::abs(eight.cusps[0].lead - std::log(7)) < 4 * eight.cusps[0].lead_error);
    CHECK(std::abs(eight.cusps[0].feedback - 3.5) < 4 * eight.cusps[0].feedback_error);
    CHECK(std::abs(eight.cusps[0].bias - (std::log(7) - 1.5)) < 4 * eight.cusps[0].bias_error);
}

TEST_CASE("held loops are the same for any number of threads", "[measured]") {
    const auto of = known_branch("top-1", 8, {}).at(0, 0.3, 3);
    const auto one = follow(of, {.batches = 8, .threads = 1});
    const auto three = follow(of, {.batches = 8, .threads = 3});
    REQUIRE(one.points.size() == three.points.size());
    for (std::size_t i = 0; i < one.points.size(); ++i)
        CHECK(one.points[i].feedback == three.points[i].feedback);
}

TEST_CASE("noise alone makes no fold, and what is not seen is refused", "[measured][error]") {
    const known_branch two("top-1", 2, {});
    const auto plain = follow(two.at(0, 0.3, 3), {.tokens = 256, .batches = 16});
    CHECK(plain.folds.empty());
    CHECK(plain.cusps.empty());
    CHECK_THROWS_AS(follow(two.at(0, 0.3, 40), {.tokens = 64, .batches = 4}), invalid_argument);
    CHECK_THROWS_AS(sample_router(nullptr, two.made), invalid_argument);
    CHECK_THROWS_AS(follow(two.at(0, 0.3, 0.2)), invalid_argument);  // ends before it begins
}

TEST_CASE("a fit of loads that depend on means bends with them", "[measured]") {
    const auto all = every_router_turning_twice();
    const auto of = *std::find_if(all.begin(), all.end(), [](const known_branch& one) {
        return one.name == "probmoe-dynamic-k" && one.experts == 2;
    });

    const auto found = follow(of, without_noise(of, 65536));

    REQUIRE(found.arrived);
    for (const auto& point : found.points) {
        CAPTURE(point.lead, point.gap, of.gap(point.lead), point.gap_error);
        // half of an error adds a quarter to a chi-square; without u_xxc it was up to 1.9
        CHECK(std::abs(point.gap - of.gap(point.lead)) < 0.5 * point.gap_error);
    }
}

TEST_CASE("no rest is told at a mean score far from those that were held", "[measured]") {
    const auto all = every_router_turning_twice();
    const auto of = std::find_if(all.begin(), all.end(), [](const known_branch& one) {
                        return one.name == "probmoe-dynamic-k" && one.experts == 2;
                    })->at(0.3, 0.4, 0.7);

    // noise gave these rests at negative feedback, where feedback gap = lead - bias > 0
    for (const std::uint64_t seed : {304U, 307U, 322U}) {
        const auto found = follow(of, {.tokens = 1024, .batches = 8, .seed = seed});
        CAPTURE(seed);
        CHECK(std::none_of(found.points.begin(), found.points.end(),
                           [](const measured_point& point) { return point.feedback <= 0; }));
    }
}

TEST_CASE("a branch is followed on from where a rest is not told", "[measured]") {
    const auto all = every_router_turning_twice();
    const auto of = *std::find_if(all.begin(), all.end(), [](const known_branch& one) {
        return one.name == "probmoe-dynamic-k" && one.experts == 2;
    });

    const auto found = follow(of, {.batches = 64, .seed = 404});

    CHECK(found.arrived);  // it ended at the second lead, whose mean score was 1.004 off
    CHECK(found.folds.size() == 2);
}
