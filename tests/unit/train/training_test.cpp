// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/backend/backend.hpp>
#include <moebius/base/error.hpp>
#include <moebius/train/moe_network.hpp>
#include <moebius/train/training.hpp>
#include <numeric>

using namespace moebius;

namespace {

training_work clusters_and_runs(std::size_t runs, double feedback = 0,
                                noise_law noise = noise_law::gumbel) {
    cluster_options made;
    made.width = 6;
    made.clusters = 3;
    made.rows = 300;
    training_work work;
    work.data = std::make_shared<labelled_data>(gaussian_mixture(made));
    work.batch = 32;
    work.record_every = 10;
    moe_options options;
    options.width = 6;
    options.experts = 3;
    options.hidden = {5};
    options.classes = 3;
    options.router.noise = noise;
    const auto split = stratified_split(*work.data, 0.2, 1);
    const auto rows = std::make_shared<std::vector<std::uint32_t>>(split.train);
    for (std::size_t r = 0; r < runs; ++r) {
        training_run run;
        run.model = std::make_shared<moe_network>(options);
        run.rows = rows;
        run.rule.feedback = feedback;
        run.seed = derived_seed(1, r);
        work.runs.push_back(std::move(run));
    }
    return work;
}

std::vector<training_state> starts(const training_work& work) {
    std::vector<training_state> states;
    for (const auto& run : work.runs) states.push_back(begin(run));
    return states;
}

bool same(const training_state& a, const training_state& b) {
    return a.step == b.step && a.diverged_at == b.diverged_at && a.parameters == b.parameters &&
           a.moments == b.moments && a.scores == b.scores && a.control == b.control &&
           a.records == b.records;
}

}  // namespace

TEST_CASE("training in parts is training in one go, for any number of threads", "[training]") {
    auto work = clusters_and_runs(3, 0.5);
    work.runs[1].optimiser.kind = optimiser_kind::adam;
    work.runs[1].rule.controller = {control_law::integral, 0.3, 0.1};
    work.runs[2].optimiser.momentum = 0.9;
    work.runs[2].feedback_end = 2;
    work.runs[2].ramp = 60;
    auto whole = starts(work), parts = whole;
    make_backend("cpu", 1)->train(work, whole, 100, {});
    for (const std::uint64_t until : {20U, 30U, 100U})
        make_backend("cpu", 2)->train(work, parts, until, {});
    for (std::size_t r = 0; r < 3; ++r) CHECK(same(whole[r], parts[r]));
    CHECK(whole[0].records.size() == 10 * (2 + 6));
    CHECK(whole[0].records[9 * (2 + 6)] < whole[0].records[0]);  // the loss falls
    const auto loads = std::span(whole[0].records).subspan(2, 3);
    CHECK(std::accumulate(loads.begin(), loads.end(), 0.0) == Approx(1));
}

TEST_CASE("training that is interrupted stands at its last record and goes on to the same end",
          "[training]") {
    const auto work = clusters_and_runs(2, 0.5);
    auto whole = starts(work), cut = whole;
    make_backend("cpu", 1)->train(work, whole, 300, {});
    std::atomic<bool> stop = false;
    const watch watched{[&](std::size_t done, std::size_t total) {
                            CHECK(total == 600);
                            stop = done >= 80;
                        },
                        &stop};

    CHECK_THROWS_AS(make_backend("cpu", 1)->train(work, cut, 300, watched), interrupted);

    CHECK(cut[0].step >= 80);
    CHECK(cut[0].step < 300);
    CHECK(cut[0].records.size() == cut[0].step / 10 * (2 + 6));
    make_backend("cpu", 2)->train(work, cut, 300, {});
    for (std::size_t r = 0; r < 2; ++r) CHECK(same(whole[r], cut[r]));

    auto amid = begin(work.runs[0]);  // asked amid the batches of a record
    stop = true;
    const watch at_once{{}, &stop};
    CHECK_THROWS_AS(advance(work, work.runs[0], amid, 20, at_once), interrupted);
    CHECK(same(amid, begin(work.runs[0])));
}

TEST_CASE("a model that diverges is marked and leaves the others alone", "[training]") {
    auto work = clusters_and_runs(3);
    auto alone = starts(work);
    cpu_backend().train(work, alone, 50, {});
    work.runs[1].optimiser.rate = 1e200;
    auto states = starts(work);
    cpu_backend().train(work, states, 50, {});
    CHECK(states[1].diverged_at < 5);
    CHECK(states[1].step == states[1].diverged_at);
    CHECK(same(states[0], alone[0]));
    CHECK(same(states[2], alone[2]));
    auto again = states;
    cpu_backend().train(work, again, 100, {});
    CHECK(same(again[1], states[1]));
}

TEST_CASE("scores follow the loads, and strong feedback collapses a model in training",
          "[training]") {
    auto work = clusters_and_runs(2);
    work.runs[1].rule.feedback = 40;
    for (auto& run : work.runs) run.rule.step = 0.1;
    auto states = starts(work);
    cpu_backend().train(work, states, 400, {});
    const auto largest = [&](std::size_t r) {
        const auto last = std::span(states[r].records).last(6);
        return *std::max_element(last.begin(), last.begin() + 3);
    };
    CHECK(states[0].scores == std::vector<double>(3));
    CHECK(largest(0) < 0.7);
    CHECK(largest(1) > 0.95);
    // s = feedback n / decay, once settled
    CHECK(*std::max_element(states[1].scores.begin(), states[1].scores.end()) ==
          Approx(40).epsilon(0.05));
}

TEST_CASE("a controller brings back the loads of a gate that starts collapsed", "[training]") {
    auto work = clusters_and_runs(2);
    auto options = dynamic_cast<const moe_network&>(*work.runs[0].model).options();
    options.gate_bias = 8;
    for (auto& run : work.runs) run.model = std::make_shared<moe_network>(options);
    work.runs[1].rule.controller = {control_law::sign, 0.1};
    auto states = starts(work);
    cpu_backend().train(work, states, 400, {});
    const auto largest = [&](std::size_t r) {
        const auto last = std::span(states[r].records).last(6 + 2);
        return *std::max_element(last.begin() + 2, last.begin() + 5);
    };
    CHECK(largest(0) > 0.95);
    CHECK(largest(1) < 0.6);
    CHECK(states[0].control.empty());
    // whole signs, but for the rounding of 400 sums
    for (const double b : states[1].control)
        CHECK(10 * b == Approx(std::round(10 * b)).margin(1e-9));
}

TEST_CASE("scores and controllers of a model in training follow their rules, each layer's its own",
          "[training]") {
    auto work = clusters_and_runs(1, 2);
    auto options = dynamic_cast<const moe_network&>(*work.runs[0].model).options();
    options.layers = 2;
    auto& run = work.runs[0];
    run.model = std::make_shared<moe_network>(options);
    run.rule.controller = {control_law::integral, 0.7, 0.1};
    run.rule.bias = {0.3, 0, 0};
    work.record_every = 1;
    auto states = starts(work);
    cpu_backend().train(work, states, 30, {});
    loop_scores first(std::vector<double>(3)), second(std::vector<double>(3));
    for (std::size_t t = 0; t < 30; ++t) {  // a record: loss, right, loads, scores
        const auto row = std::span(states[0].records).subspan(14 * t, 14);
        first.follow(run.rule, row.subspan(2, 3));
        second.follow(run.rule, row.subspan(5, 3));
        for (std::size_t e = 0; e < 3; ++e) {
            CHECK(row[8 + e] == Approx(first.sum()[e]).margin(1e-14));
            CHECK(row[11 + e] == Approx(second.sum()[e]).margin(1e-14));
        }
    }
    for (std::size_t e = 0; e < 3; ++e)
        CHECK(states[0].control[e] == Approx(first.of_controller()[e]).margin(1e-14));
}

TEST_CASE("feedback moves along its ramp", "[training]") {
    training_run run;
    run.rule.feedback = 1;
    CHECK(feedback_at(run, 7) == 1);
    run.feedback_end = 3;
    run.ramp = 10;
    CHECK(feedback_at(run, 0) == 1);
    CHECK(feedback_at(run, 5) == 2);
    CHECK(feedback_at(run, 10) == 3);
    CHECK(feedback_at(run, 99) == 3);
}

TEST_CASE("training says what it cannot start from", "[training][error]") {
    auto work = clusters_and_runs(1);
    auto states = starts(work);
    SECTION("a step between records") {
        CHECK_THROWS_WITH(cpu_backend().train(work, states, 15, {}),
                          "train: batch 15 is to be reached, but it must be a multiple of "
                          "record_every, 10");
    }
    SECTION("a row that is not there") {
        work.runs[0].rows = std::make_shared<std::vector<std::uint32_t>>(1, 300U);
        CHECK_THROWS_WITH(cpu_backend().train(work, states, 10, {}),
                          "train: a row is out of range, but there are 300");
    }
    SECTION("a rate below zero") {
        work.runs[0].optimiser.rate = -1;
        CHECK_THROWS_WITH(cpu_backend().train(work, states, 10, {}),
                          "optimiser: rate is -1, but it must be >= 0 and finite");
    }
    SECTION("states of another count") {
        states.clear();
        CHECK_THROWS_WITH(cpu_backend().train(work, states, 10, {}),
                          "train: 0 states came, but there are 1 runs");
    }
}

TEST_CASE("a model whose gate is lost has diverged, though its loss is finite", "[training]") {
    const auto work = clusters_and_runs(1);
    auto states = starts(work);
    for (double& p : states[0].parameters) p = std::numeric_limits<double>::quiet_NaN();
    cpu_backend().train(work, states, 10, {});
    CHECK(states[0].diverged_at == 0);
}

TEST_CASE("what the last batch broke is marked", "[training]") {
    const auto work = clusters_and_runs(2);
    auto states = starts(work);
    states[1].step = 10;
    states[1].scores[0] = std::numeric_limits<double>::infinity();
    mark_lost(states);
    CHECK(states[0].diverged_at == training_state::sound);
    CHECK(states[1].diverged_at == 10);
}
