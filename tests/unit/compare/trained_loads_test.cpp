// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <moebius/compare/trained_loads.hpp>
#include <moebius/dynamics/noisy_chain.hpp>
#include <moebius/model/two_expert.hpp>
#include <moebius/train/moe_network.hpp>

using namespace moebius;

namespace {

/// Models whose gates see nothing: the exact two-expert model, x = feedback tanh(x/2).
struct blind {
    training_work work;
    std::vector<training_state> states;

    blind(std::size_t experts, std::initializer_list<double> feedbacks, const std::string& router) {
        cluster_options made;
        made.rows = 64;
        work.data = std::make_shared<labelled_data>(gaussian_mixture(made));
        moe_options options;
        options.width = work.data->width;
        options.classes = work.data->classes;
        options.experts = experts;
        options.hidden = {2};
        options.router = {router, 1, noise_law::gumbel, {}};
        for (const double feedback : feedbacks) {
            training_run run;
            run.model = std::make_shared<moe_network>(options);
            run.rows = std::make_shared<std::vector<std::uint32_t>>(
                std::initializer_list<std::uint32_t>{0, 1, 2, 3});
            run.rule.feedback = feedback;
            run.scores.assign(experts, 0.0);
            run.scores[0] = 2;
            work.runs.push_back(run);
            states.push_back(begin(run));
            for (double& p : states.back().parameters) p = 0;
        }
    }
};

}  // namespace

TEST_CASE("a gate that sees nothing has the exact states of two experts", "[trained_loads]") {
    const blind models(2, {1, 3, -4}, "top-1");
    const auto loads = hold_against_theory(models.work, models.states, {.average = 200});
    REQUIRE(loads.size() == 3);
    CHECK(loads[0].predicted[0] == Approx(0.5).margin(1e-9));
    CHECK(loads[0].stable_states == 1);
    CHECK(loads[0].effective_feedback == Approx(0.5).margin(1e-8));
    const double gap = loads[1].predicted[0] - loads[1].predicted[1];
    CHECK(gap > 0.5);
    CHECK(std::tanh(3 * gap / 2) == Approx(gap).margin(1e-9));
    CHECK(loads[1].stable_states == 2);
    auto exact = problem_of<models::two_expert>();
    exact.set("feedback", 3);
    const auto noise = linear_noise_at(exact, 3 * gap, models.work.runs[1].rule.step, 256);
    CHECK(std::abs(noise.gap_shift) > 1e-5);
    CHECK(loads[1].gap_shift == Approx(noise.gap_shift).epsilon(0.05));  // at the measured mean
    CHECK(loads[2].predicted[0] == Approx(0.5).margin(1e-9));
    for (const auto& one : loads) {
        CHECK(one.fold == Approx(2).epsilon(1e-8));  // the pitchfork, at a triple zero
        CHECK(one.judged);
        CHECK(std::abs(one.z) < 4.5);
        CHECK(one.frozen[0] == Approx(one.predicted[0]).margin(0.02));
        CHECK(one.nearest[0] == Approx(one.predicted[0]).margin(1e-6));
    }
}

TEST_CASE("errors of frozen loops are those of their means, whatever the feedback's sign",
          "[trained_loads]") {
    constexpr std::size_t runs = 400;
    for (const double feedback : {-12.0, 1.2}) {
        CAPTURE(feedback);
        blind models(2, {feedback}, "top-1");
        models.work.runs.resize(runs, models.work.runs.front());
        models.states.resize(runs, models.states.front());
        const auto loads = hold_against_theory(models.work, models.states,
                                               {.tokens = 64, .settle = 30, .average = 25});
        double squares = 0;
        for (const auto& one : loads) {
            CHECK(one.judged);
            squares += std::pow((one.frozen[0] - one.predicted[0]) / one.error[0], 2);
        }
        // chi-square of 400: deviation 28; from blocks it was 50 at -12 and 1468 at 1.2
        CHECK(squares == Approx(double{runs}).margin(3.5 * std::sqrt(2.0 * runs)));
    }
}

TEST_CASE("errors of frozen loops of gates that tell tokens apart are those of their means",
          "[trained_loads][long]") {
    constexpr std::size_t runs = 300;
    for (const std::size_t experts : {2U, 4U}) {
        CAPTURE(experts);
        blind models(experts, {-12}, "top-1");
        auto gates = models.work.runs.front().model->initial(5);
        models.work.runs.resize(runs, models.work.runs.front());
        models.states.front().parameters = std::move(gates);
        models.states.resize(runs, models.states.front());
        const auto loads = hold_against_theory(models.work, models.states,
                                               {.tokens = 256, .settle = 30, .average = 25});
        double squares = 0, judged = 0;
        for (const auto& one : loads) {
            if (!one.judged) continue;
            ++judged;
            squares += one.z * one.z;
        }
        CHECK(judged == runs);
        // chi-square of 300: deviation 24; from blocks of four experts' loops it was far below
        CHECK(squares == Approx(judged).margin(3.5 * std::sqrt(2 * judged)));
    }
}

TEST_CASE("many experts and other routers settle where their own response says",
          "[trained_loads]") {
    const blind models(4, {2, 12}, "soft-moe");
    const auto loads =
        hold_against_theory(models.work, models.states, {.tokens = 16, .average = 50});
    CHECK(loads[0].predicted[0] == Approx(0.25).margin(1e-8));
    CHECK(loads[1].predicted[0] > 0.9);
    CHECK(std::isnan(loads[0].fold));
    CHECK(loads[1].frozen[0] == Approx(loads[1].predicted[0]).margin(1e-6));  // nothing is drawn
}

TEST_CASE("next to its pitchfork a model is not judged", "[trained_loads]") {
    const blind models(2, {1.95}, "top-1");
    const auto loads = hold_against_theory(models.work, models.states, {.average = 20});
    CHECK_FALSE(loads[0].judged);
}

TEST_CASE("a model that diverged has no loads", "[trained_loads]") {
    blind models(2, {1}, "top-1");
    models.states[0].diverged_at = 3;
    const auto loads = hold_against_theory(models.work, models.states);
    CHECK(std::isnan(loads[0].frozen[0]));
    CHECK(std::isnan(loads[0].z));
}

TEST_CASE("trained_loads says what it cannot hold", "[trained_loads][error]") {
    blind models(2, {1}, "top-1");
    models.states.clear();
    CHECK_THROWS_WITH(hold_against_theory(models.work, models.states),
                      "trained_loads: 0 states came, but there are 1 runs");
}
