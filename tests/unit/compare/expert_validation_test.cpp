// SPDX-License-Identifier: MIT
#include <atomic>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/compare/expert_validation.hpp>
#include <moebius/exact/n_expert.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

/// Some seconds of one core.
validate_options brief(std::size_t experts) {
    return {.tokens = tokens_for(experts),
            .seeds = 4,
            .levels = 9,
            .ramp = 200,
            .settle = 40,
            .average = 60,
            .members = 32};
}

/// Theory for one router held against the simulation of another.
verdict confront(const expert_router& predicted, const expert_router& measured) {
    const auto options = brief(measured.experts);
    auto theory = predict_experts(predicted, options);
    const auto seen = measure_experts(measured, theory.sweeps, options);
    return compare_experts(std::move(theory), seen, options).overall;
}

}  // namespace

TEST_CASE("the prediction for N experts has the closed form's window", "[compare][oracle]") {
    const expert_router router{6, 1, 2, 0.5};
    auto options = brief(6);
    options.members = 2;

    const auto p = predict_experts(router, options);

    const double unit = 0.5 / 2;  // of feedback in K
    CHECK_THAT(p.fold, WithinRel(unit * exact::branch_fold({6, 1}).K, 1e-9));
    CHECK_THAT(p.balance, WithinRel(unit * 6, 1e-9));
    REQUIRE(p.sweeps.size() == 2);
    CHECK(p.sweeps[0].holds.size() == p.sweeps[0].plan.plateaus());
    CHECK(p.sweeps[1].jump.fold);
    CHECK(p.sweeps[1].jump.delay < 0);
    for (const auto& sweep : p.sweeps)
        for (const auto& hold : sweep.holds) {
            const double K = hold.value / unit;
            CHECK(hold.stable.size() ==
                  (K < 6 ? 1U : 0U) + (K > exact::branch_fold({6, 1}).K ? 1U : 0U));
        }
}

TEST_CASE("validate finds that theory holds for many experts", "[compare][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 3, 5, 8);

    const auto v = validate_experts({experts}, brief(experts));

    INFO(v.overall.sentence);
    CHECK(v.overall.agrees);
    CHECK(v.overall.points >= 6);
    REQUIRE(v.jumps.size() == 2);
    for (const auto& jumps : v.jumps) CHECK(jumps.runs == 4);
    CHECK(steady_table(v).rows() == v.steady.size());
    CHECK(load_table(v).rows() == v.steady.size() * experts);
    std::size_t won = 0;
    for (const auto n : v.winners) won += n;
    CHECK(won == 4);
}

TEST_CASE("validate finds that theory holds for sets of experts", "[compare][oracle][long]") {
    const auto v = validate_experts({8, 2}, brief(8));

    INFO(v.overall.sentence);
    CHECK(v.overall.agrees);
    CHECK_THAT(v.predicted.balance, WithinRel(8.0 * 7 / 6, 1e-9));
}

TEST_CASE("validate finds a beta of many experts that is 3 % off", "[compare][property]") {
    const auto v = confront({8, 1, 1.03}, {8});

    INFO(v.sentence);
    CHECK_FALSE(v.agrees);
    CHECK(v.sentence.find("disagree") != std::string::npos);
}

TEST_CASE("settings that are too short or too noisy are said to be so", "[compare]") {
    auto options = brief(8);
    options.settle = 0.5;
    const auto hasty = validate_experts({8}, options).overall;
    options = brief(8);
    options.tokens = 1;
    const auto noisy = validate_experts({8}, options).overall;

    CHECK_FALSE(hasty.agrees);
    CHECK(hasty.sentence.starts_with("nothing is judged: "));
    CHECK(hasty.sentence.find("settle must be") != std::string::npos);
    CHECK_FALSE(noisy.agrees);
    CHECK(noisy.sentence.starts_with("nothing is judged: "));
}

TEST_CASE("a validation of many experts is the same for any number of threads", "[compare]") {
    validate_options options{.tokens = 60,
                             .seeds = 3,
                             .levels = 4,
                             .ramp = 40,
                             .settle = 5,
                             .average = 10,
                             .members = 3,
                             .threads = 1};
    const auto run = [&] { return validate_experts({4}, options); };
    const auto one = run();
    options.threads = 3;
    const auto three = run();

    CHECK(steady_table(one).columns == steady_table(three).columns);
    CHECK(jump_table(one).at("measured") == jump_table(three).at("measured"));
    CHECK(one.overall.sentence == three.overall.sentence);
}

TEST_CASE("validate of many experts names what was wrong and stops when asked", "[compare]") {
    const std::atomic<bool> stop = true;
    CHECK_THROWS_AS(validate_experts({2}), invalid_argument);
    CHECK_THROWS_AS(validate_experts({8, 8}), invalid_argument);
    CHECK_THROWS_AS(validate_experts({8}, {.seeds = 1}), invalid_argument);
    // two of four: the collapse is continuous
    CHECK_THROWS_AS(validate_experts({4, 2}), invalid_argument);
    CHECK_THROWS_AS(validate_experts({8}, brief(8), {{}, &stop}), interrupted);
    CHECK_THROWS_AS(compare_experts({}, {{}}), invalid_argument);
}
