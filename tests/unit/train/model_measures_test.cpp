// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <moebius/train/model_measures.hpp>
#include <moebius/train/moe_network.hpp>
#include <numbers>
#include <numeric>

using namespace moebius;

namespace {

/// Two experts on one normal feature x with logits (x, -x): margins 2x + score difference.
struct two_experts {
    labelled_data data;
    training_run run;
    training_state state;
    std::vector<std::uint32_t> rows;

    explicit two_experts(noise_law noise, double width = 1) {
        data = gaussian_mixture({.clusters = 1, .width = 1, .rows = 8000, .distance = 1e-9});
        for (double& x : data.inputs) x *= width;
        moe_options options;
        options.width = 1;
        options.experts = 2;
        options.hidden = {};
        options.classes = 2;
        options.router.noise = noise;
        run.model = std::make_shared<moe_network>(options);
        run.rule.feedback = 3;
        state = begin(run);
        std::fill(state.parameters.begin(), state.parameters.end(), 0.0);
        state.parameters[0] = 1;
        state.parameters[1] = -1;
        rows.resize(data.rows());
        std::iota(rows.begin(), rows.end(), 0U);
    }
    [[nodiscard]] model_measures measure() const { return measure_model(run, state, data, rows); }
};

}  // namespace

TEST_CASE("margins of a normal gate have its density at zero", "[model_measures]") {
    two_experts model(noise_law::none);
    const auto measured = model.measure();
    const double density = 1 / (2 * std::sqrt(2 * std::numbers::pi));  // margins of spread 2
    CHECK(measured.margin_density == Approx(density).epsilon(0.06));
    CHECK(measured.effective_feedback == Approx(2 * 3 * measured.margin_density));
    CHECK(measured.loads[0] == Approx(0.5).margin(0.02));
    // Shifted by a score difference of 4, two spreads: density times exp(-2).
    model.state.scores = {2, -2};
    CHECK(model.measure().margin_density == Approx(density * std::exp(-2)).epsilon(0.2));
}

TEST_CASE("without differences between tokens the effective feedback is that of theory",
          "[model_measures]") {
    two_experts model(noise_law::gumbel, 1e-9);
    const auto measured = model.measure();
    CHECK(measured.effective_feedback == Approx(3.0 / 2));  // mu = feedback beta / (2 decay)
    CHECK(measured.router_entropy == Approx(1));
    model.state.scores = {1, -1};
    CHECK(model.measure().effective_feedback == Approx(1.5 / std::pow(std::cosh(1), 2)));
}

TEST_CASE("a model that gives all outputs 0 guesses the first class", "[model_measures]") {
    const two_experts model(noise_law::none);
    const auto measured = model.measure();
    CHECK(measured.loss == Approx(std::log(2)));
    CHECK(measured.accuracy == Approx(1));  // there is one class
    CHECK_THROWS_WITH(measure_model(model.run, model.state, model.data, {}),
                      "take_rows: no rows came, but one is needed");
}
