// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/backend/backend.hpp>
#include <moebius/base/random.hpp>

#include "../catch.hpp"

using namespace moebius;

namespace {

std::vector<std::uint32_t> on(std::string_view device, const loop_batch& batch) {
    return make_backend(device)->run_loops(batch, {});
}

/// Histories are equal bit for bit: the choices are made in double from the same words.
void check_equal(const loop_batch& batch) {
    const auto cpu = on("cpu", batch), cuda = on("cuda", batch);
    REQUIRE(cpu.size() == cuda.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < cpu.size(); ++i) different += cpu[i] != cuda[i];
    CHECK(different == 0);
}

loop_batch batch_of(std::shared_ptr<const token_source> source, std::size_t tokens,
                    std::size_t steps, std::size_t runs, noise_law noise = noise_law::gumbel) {
    loop_batch batch{source, noise, tokens, steps, {}};
    for (std::size_t r = 0; r < runs; ++r) {
        loop_run run{{.feedback = 3, .beta = 2, .step = 0.05}, derived_seed(7, r)};
        run.scores.resize(source->experts());
        run.scores[0] = 0.01 * static_cast<double>(r + 1);
        batch.runs.push_back(run);
    }
    return batch;
}

std::shared_ptr<const token_source> random_tokens(std::size_t tokens, std::size_t experts) {
    std::vector<double> logits(tokens * experts);
    for (std::size_t i = 0; i < logits.size(); ++i)
        logits[i] =
            4 * uniform(random_words(3, random_stream::gate, 0, static_cast<std::uint32_t>(i))[0]) -
            2;
    if (tokens > 5) {
        logits[3 * experts] = std::numeric_limits<double>::quiet_NaN();
        logits[4 * experts] = -std::numeric_limits<double>::infinity();
        for (std::size_t e = 0; e < experts; ++e)
            logits[5 * experts + e] = -std::numeric_limits<double>::infinity();
    }
    return stored_tokens(logits, experts);
}

}  // namespace

TEST_CASE("two experts without tokens: the CPU's history, for any batch and shape", "[gpu]") {
    for (const std::size_t tokens : {1U, 3U, 4U, 5U, 127U, 2048U, 2049U, 65536U, 65537U, 1U << 20})
        check_equal(batch_of(no_tokens(2), tokens, 40, 1));
    for (const std::size_t runs : {2U, 7U, 8U, 31U, 150U})
        check_equal(batch_of(no_tokens(2), 5000, 30, runs));
    for (const auto noise : {noise_law::none, noise_law::gaussian, noise_law::logistic})
        check_equal(batch_of(no_tokens(2), 3001, 60, 3, noise));
}

TEST_CASE("a batch too large for registers draws its words late", "[gpu]") {
    check_equal(batch_of(no_tokens(2), std::size_t{1} << 23, 3, 1));
}

TEST_CASE("stored tokens and mixtures: the CPU's history", "[gpu]") {
    for (const std::size_t experts : {1U, 2U, 3U, 4U, 5U, 8U, 13U, 64U}) {
        const auto source = random_tokens(300, experts);
        for (const std::size_t tokens : {1U, 31U, 513U, 4096U})
            check_equal(batch_of(source, tokens, 20, 3));
        check_equal(batch_of(source, 20000, 4, 1, noise_law::none));
        check_equal(batch_of(source, 2000, 6, 40, noise_law::gaussian));
    }
    const auto mixture = mixture_tokens({{-1, 0.25, 0.5}, {0.5, 0.5, 0}, {2, 0.25, 1}});
    check_equal(batch_of(mixture, 10000, 20, 5));
    check_equal(batch_of(no_tokens(8), 3000, 20, 5));
    check_equal(batch_of(random_tokens(1, 2), 1, 5, 1));
}

TEST_CASE("schedules move the rule of each batch", "[gpu]") {
    for (const auto& source : {no_tokens(2), random_tokens(50, 2)}) {
        auto batch = batch_of(source, 1000, 200, 3);
        for (std::size_t k = 0; k < batch.steps; ++k) {
            batch.runs[0].feedback.push_back(0.02 * static_cast<double>(k));
            batch.runs[2].bias.push_back(std::sin(0.1 * static_cast<double>(k)));
        }
        check_equal(batch);
    }
}

TEST_CASE("fresh tokens: the CPU's history", "[gpu]") {
    for (const std::size_t experts : {1U, 2U, 5U, 8U, 16U})
        for (const std::size_t width : {1U, 7U, 64U, 100U}) {
            const auto source = normal_tokens(random_gate(experts, width, 5), experts);
            for (const std::size_t tokens : {1U, 33U, 4097U})
                check_equal(batch_of(source, tokens, 12, 2, noise_law::none));
        }
    const auto source = normal_tokens(random_gate(8, 64, 5), 8);
    check_equal(batch_of(source, 65536, 12, 1, noise_law::none));
    check_equal(batch_of(source, 200'000, 3, 1, noise_law::none));
}

TEST_CASE("short loops: the CPU's history", "[gpu][small]") {  // for memory checkers
    for (const auto& source : {no_tokens(2), no_tokens(9), random_tokens(40, 2),
                               random_tokens(40, 9), mixture_tokens({{-1, 0.5, 0.5}, {1, 0.5, 0}})})
        for (const std::size_t tokens : {200U, 20000U}) {
            auto batch = batch_of(source, tokens, 4, 2);
            check_equal(batch);
            for (std::size_t k = 0; k < batch.steps; ++k)
                batch.runs[0].feedback.push_back(static_cast<double>(k));
            batch.runs[1].rule.controller = {control_law::integral, 0.7, 0.2};
            check_equal(batch);
        }
    check_equal(batch_of(normal_tokens(random_gate(5, 20, 5), 5), 3000, 4, 2, noise_law::none));
}

TEST_CASE("many experts fit a block's shared memory", "[gpu]") {
    check_equal(batch_of(no_tokens(1700), 8192, 2, 1));
    check_equal(batch_of(no_tokens(4096), 4096, 2, 1));
}

TEST_CASE("a history that is longer than one launch", "[gpu]") {
    check_equal(batch_of(no_tokens(64), 64, 700, 2000));
}

TEST_CASE("under a controller: the CPU's history", "[gpu]") {
    for (const load_controller controller : {load_controller{control_law::integral, 0.7, 0.2},
                                             load_controller{control_law::sign, 0.01},
                                             load_controller{control_law::centred_sign, 0.01}}) {
        for (auto batch :
             {batch_of(no_tokens(2), 5000, 200, 3), batch_of(no_tokens(2), 65536, 60, 1),
              batch_of(random_tokens(300, 2), 3000, 60, 2), batch_of(no_tokens(3), 1000, 90, 9),
              batch_of(random_tokens(300, 8), 65536, 40, 1), batch_of(no_tokens(1700), 8192, 3, 1),
              batch_of(normal_tokens(random_gate(6, 20, 5), 6), 9000, 50, 1, noise_law::none)}) {
            for (auto& run : batch.runs) run.rule.controller = controller;
            if (batch.runs.size() > 2) batch.runs[1].rule.controller = {};  // beside one without
            check_equal(batch);
        }
    }
    // over several launches: both scores go on
    auto longer = batch_of(no_tokens(64), 64, 700, 2000);
    for (auto& run : longer.runs) run.rule.controller = {control_law::integral, 0.7, 0.2};
    check_equal(longer);
}

TEST_CASE("two devices have the history of one", "[gpu]") {
    if (detail::count_devices() < 2) {
        WARN("this machine has one device");
        return;
    }
    const auto both = make_backend("cuda:0,1");
    auto swept = batch_of(no_tokens(2), 1001, 100, 2);
    for (std::size_t k = 0; k < swept.steps; ++k)
        swept.runs[0].feedback.push_back(0.03 * static_cast<double>(k));
    auto held = batch_of(no_tokens(5), 3000, 80, 2);
    held.runs[0].rule.controller = {control_law::centred_sign, 0.01};
    held.runs[1].rule.controller = {control_law::integral, 0.7, 0.2};
    for (const auto& batch :
         {batch_of(no_tokens(2), 1, 40, 1), batch_of(no_tokens(2), 65536, 100, 3), swept, held,
          batch_of(random_tokens(300, 8), 5000, 70, 2), batch_of(no_tokens(64), 3000, 33, 1),
          batch_of(mixture_tokens({{-1, 0.5, 0.5}, {1, 0.5, 0}}), 777, 64, 1)})
        CHECK(both->run_loops(batch, {}) == on("cpu", batch));
}

TEST_CASE("what a device cannot do is a sentence", "[gpu]") {
    CHECK_THROWS_WITH(on("cuda", batch_of(no_tokens(5000), 8, 1, 1)),
                      "run_loops: 5000 experts came, but a CUDA device takes up to 4096");
    const auto fresh = normal_tokens(random_gate(17, 4, 1), 17);
    CHECK_THROWS_WITH(on("cuda", batch_of(fresh, 8, 1, 1, noise_law::none)),
                      "run_loops: fresh tokens of width 4 for 17 experts came, but a CUDA device "
                      "takes a width up to 512 and up to 16 experts");
    CHECK_THROWS(make_backend("cuda:99"));
}
