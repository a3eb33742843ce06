// SPDX-License-Identifier: MIT
#include <moebius/simulate/loop_backend.hpp>

#include <algorithm>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/router/registry.hpp>
#include <moebius/simulate/router_loop.hpp>

#include "../../catch.hpp"

using namespace moebius;

namespace {

loop_batch two_runs(std::size_t steps) {
    loop_batch batch{no_tokens(2), noise_law::gumbel, 100, steps, {}};
    batch.runs.resize(2);
    batch.runs[0].rule.feedback = 3;
    batch.runs[0].scores = {0.5, 0};
    batch.runs[1].seed = 2;
    return batch;
}

std::vector<std::uint32_t> run(const loop_batch& batch) { return cpu_loops().run_loops(batch, {}); }

}  // namespace

TEST_CASE("a backend's history is the closed loop of each run", "[backend][oracle]") {
    auto batch = two_runs(30);
    for (std::size_t k = 0; k < batch.steps; ++k) {
        batch.runs[0].bias.push_back(0.1 * static_cast<double>(k));
        batch.runs[1].feedback.push_back(4 - 0.1 * static_cast<double>(k));
    }

    const auto history = run(batch);

    std::size_t at = 0;
    for (const auto& one : batch.runs) {
        closed_loop loop(batch.source, {batch.tokens, batch.noise, one.seed}, one.scores);
        std::vector<double> scores(2);
        if (!one.scores.empty()) scores = one.scores;
        for (std::size_t step = 0; step < batch.steps; ++step) {
            auto rule = one.rule;
            if (!one.feedback.empty()) rule.feedback = one.feedback[step];
            if (!one.bias.empty()) rule.bias = {one.bias[step] / 2, -one.bias[step] / 2};
            for (const auto count : loop.advance(rule)) CHECK(history[at++] == count);
            const std::span now(history.data() + at - 2, 2);
            follow<std::uint32_t>(rule, now, batch.tokens, scores);
            CHECK(std::equal(scores.begin(), scores.end(), loop.scores().begin()));
        }
    }
    CHECK(at == history.size());
}

TEST_CASE("a backend refuses what the closed loop does", "[backend][error]") {
    const auto says = [](auto change, const char* sentence) {
        auto batch = two_runs(3);
        change(batch);
        CHECK_THROWS_WITH(run(batch), sentence);
    };
    says([](auto& b) { b.source = nullptr; }, "run_loops: no token source came, but one is needed");
    says([](auto& b) { b.runs[1].rule.step = 3; },
         "closed_loop: step x decay is 3, but it must be < 2, or the scores diverge");
    says([](auto& b) { b.runs[1].rule.bias = {1}; },
         "closed_loop: 1 biases came, but the 2 experts need one each, or none");
    says(
        [](auto& b) {
            b.runs[0].feedback = {1, 2};
        },
        "run_loops: a schedule has 2 values, but the 3 steps need one each, or none");
    says(
        [](auto& b) {
            b.runs[0].feedback = {1, 2, std::numeric_limits<double>::infinity()};
        },
        "run_loops: a schedule has a value that is not finite, but all must be");
    says(
        [](auto& b) {
            b.runs[0].bias = {1, 2, 3};
            b.runs[1].rule.bias = {1, 1};
        },
        "run_loops: biases that are not opposite came beside a schedule of the bias, but all runs "
        "need a schedule, or biases h/2 and -h/2");
    says([](auto& b) { b.steps = std::size_t{1} << 40; },
         "run_loops: 2 runs of 1099511627776 batches came, but the counts of 2 experts must be at "
         "most 68719476736 numbers");
}

TEST_CASE("a backend's loads are the loop of each router", "[backend][oracle]") {
    router_batches batches{stored_tokens({0, 1, 2, 2, 0, 1, 0.5, 0, 0}, 3),
                           make_router("probmoe-exact-k", 1, noise_law::none), 50, 20,
                           std::vector<loop_run>(2)};
    batches.runs[0].rule.feedback = 3;
    batches.runs[0].rule.controller = {control_law::integral, 0.5, 0.1};
    batches.runs[1].seed = 9;
    batches.runs[1].scores = {0.2, 0, 0};
    batches.runs[1].feedback.assign(batches.steps, -1);

    const auto history = cpu_loops().run_loops(batches, {});

    std::size_t at = 0;
    for (std::size_t r = 0; r < 2; ++r) {
        const auto& one = batches.runs[r];
        router_loop loop(batches.source, batches.router,
                         {.tokens = batches.tokens, .seed = one.seed}, one.scores);
        for (std::size_t step = 0; step < batches.steps; ++step)
            for (const double load : loop.advance(rule_at(one, step)))
                CHECK(history.loads[at++] == load);
        CHECK(history.unrouted[r] == loop.unrouted());
    }
    CHECK(at == history.loads.size());

    batches.router = nullptr;
    CHECK_THROWS_WITH(cpu_loops().run_loops(batches, {}),
                      "run_loops: no router came, but one is needed");
    batches.router = make_router("top-k", 1, noise_law::none, {{"k", "4"}});
    CHECK_THROWS_AS(cpu_loops().run_loops(batches, {}), invalid_argument);
}
