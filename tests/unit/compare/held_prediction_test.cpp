// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <memory>
#include <moebius/backend/backend.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/compare/held_prediction.hpp>
#include <vector>

using namespace moebius;

namespace {

/// What holds the gaps of a router of nothing but scores.
held_response softmax_held(std::size_t experts, double beta) {
    const auto n = static_cast<double>(experts);
    std::vector<double> gaps, leads;
    for (const double load : {0.04, 0.1, 1 / n, 0.55, 0.8, 0.93}) {
        gaps.push_back(load - (1 - load) / (n - 1));
        leads.push_back(std::log(load * (n - 1) / (1 - load)) / beta);
    }
    return {gaps, leads, experts, beta};
}

}  // namespace

TEST_CASE("rests of a held softmax are those of its closed form", "[trained][held]") {
    const auto two = softmax_held(2, 1);
    const auto at = two.states(3, 1, 0);  // y' = -y + 1.5 tanh y
    REQUIRE(at.size() == 3);
    CHECK(at[2].gap == Approx(0.858559636640).epsilon(1e-10));  // docs/theory.md section 2
    CHECK(at[0].gap == Approx(-at[2].gap));
    CHECK(at[1].gap == Approx(0).margin(1e-12));
    CHECK((at[0].stable && !at[1].stable && at[2].stable));
    CHECK(two.settle(0.1, 3, 1, 0) == at[2].gap);
    CHECK(two.settle(-0.99, 3, 1, 0) == at[0].gap);
    CHECK(two.settle(0.6, 1.9, 1, 0) == Approx(0).margin(1e-12));
    CHECK(two.softmax_gap(2) == Approx(std::tanh(1.0)));

    const auto eight = softmax_held(8, 2);
    for (const double lead : {0.0, 6.0}) {
        double x = lead;  // x' = 3 gap(x) - x by steps
        for (int i = 0; i < 4000; ++i) {
            const double load = 1 / (1 + 7 * std::exp(-2 * x));
            x += 0.1 * (3 * (load - (1 - load) / 7) - x);
        }
        const double load = 1 / (1 + 7 * std::exp(-2 * x));
        CHECK(eight.settle(eight.softmax_gap(lead), 3, 1, 0) ==
              Approx(load - (1 - load) / 7).margin(1e-9));
    }
}

TEST_CASE("where less lead holds more load, balance is stable below that slope alone",
          "[trained][held]") {
    const held_response falls({-0.9, 0, 0.9}, {9, 0, -9}, 2, 1);  // X = -9 u/u(.9)
    const double slope = -9 / (2 * std::atanh(0.9)) * 2;          // of X by the gap at 0
    CHECK(falls.settle(0.1, slope - 0.1, 1, 0) == Approx(0).margin(1e-9));
    CHECK(falls.settle(0.1, slope + 0.1, 1, 0) > 0.2);
    CHECK(falls.settle(-0.1, 0, 1, 0) < -0.9);
}

TEST_CASE("a response that no gate has is refused", "[trained][held]") {
    CHECK_THROWS_AS(held_response({0.1}, {0}, 2, 1), invalid_argument);
    CHECK_THROWS_AS(held_response({0.3, 0.1}, {0, 1}, 2, 1), invalid_argument);
    CHECK_THROWS_AS(held_response({-0.5, 0.1}, {0, 1}, 8, 1), invalid_argument);
    CHECK_THROWS_AS(held_response({0.1, 0.2}, {0, NAN}, 2, 1), invalid_argument);
}

TEST_CASE("the bootstrap's interval of a mean is the normal one where there are many",
          "[trained][held]") {
    std::vector<double> values;
    for (std::uint32_t i = 0; i < 200; ++i)
        values.push_back(uniform(random_words(5, random_stream::token, 0, i)[0]));
    const bootstrap_options how{.draws = 4000, .seed = 3};
    const auto over = bootstrap_mean(values, how);
    const double width = 2 * 1.96 / std::sqrt(12.0 * 200);
    CHECK(over.high - over.low == Approx(width).epsilon(0.1));  // its own scatter is 3 %
    CHECK((over.low < over.value && over.value < over.high));
    values.push_back(NAN);
    CHECK(bootstrap_mean(values, how).value == over.value);
}

TEST_CASE("gates that do not learn are foretold as frozen ones, and by no free run",
          "[trained][held]") {
    experiment_options options;
    options.data = std::make_shared<labelled_data>(teacher_network({.experts = 2, .rows = 512}));
    options.experts = 2;
    options.hidden = {4};
    options.batch = 512;
    options.seeds = 2;
    options.sides.front().numbers.rate = 1e-12;
    options.varied = "feedback";
    options.values = {0, 5, 9};
    trained_validation_options how;
    how.steps = 200;
    const auto made = predict_from_held(options, how, {}, *make_backend("cpu", 2));
    CHECK(made.age == decision_age({.feedback = 0, .step = 0.05}));
    REQUIRE(made.points.size() == 6);
    for (const auto& point : made.points)
        for (std::size_t s = 0; s < 2; ++s)
            // X from 40 batches of 512: its error, .02, moves a rest by some three times as much
            CHECK(point.held[s] == Approx(point.frozen[s]).margin(0.08));
    // A hold that lags tells what it holds all the same: where the lead is still under way, too.
    options.sides.front().numbers.hold_speed = 0.001;
    const auto slow = predict_from_held(options, how, {}, *make_backend("cpu", 2));
    double behind = 0;
    for (std::size_t i = 0; i < slow.gaps.size(); ++i)
        behind = std::max(behind, std::abs(slow.held_gaps[0][i] - slow.gaps[i]));
    CHECK(behind > 0.1);
    for (const auto& point : slow.points)
        for (std::size_t s = 0; s < 2; ++s)
            CHECK(point.held[s] == Approx(point.frozen[s]).margin(0.08));
    options.sides.front().numbers.hold_speed = model_numbers::unset;
    CHECK(made.points[2].held[0] > 0.8);
    CHECK(made.points[5].held[0] < -0.8);
    options.varied = "rate";
    CHECK_THROWS_AS(predict_from_held(options, how, {}, *make_backend("cpu", 2)), invalid_argument);
}
