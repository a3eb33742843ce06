// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/backend/backend.hpp>
#include <moebius/base/random.hpp>
#include <moebius/router/registry.hpp>
#include <moebius/router/selective_sinkhorn.hpp>

#include "../catch.hpp"

using namespace moebius;

namespace {

/// Logits of which three rows cannot be routed and one expert of another is closed.
std::shared_ptr<const token_source> awkward_tokens(std::size_t experts) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<double> logits(40 * experts);
    for (std::size_t i = 0; i < logits.size(); ++i)
        logits[i] =
            4 * uniform(random_words(3, random_stream::gate, 0, static_cast<std::uint32_t>(i))[0]);
    logits[1 * experts] = std::numeric_limits<double>::quiet_NaN();
    logits[2 * experts + experts - 1] = infinity;
    for (std::size_t e = 0; e < experts; ++e) logits[3 * experts + e] = -infinity;
    logits[4 * experts] = -infinity;
    return stored_tokens(logits, experts);
}

router_batches loops_of(std::shared_ptr<const token_source> source,
                        std::shared_ptr<const router> router, std::size_t tokens) {
    router_batches out{source, std::move(router), tokens, 12, std::vector<loop_run>(3)};
    for (std::size_t r = 0; r < out.runs.size(); ++r) {
        auto& run = out.runs[r];
        run.seed = derived_seed(5, r);
        run.rule = {.feedback = 4, .decay = 1.5, .step = 0.1};
        run.scores.resize(source->experts());
        run.scores[0] = 0.3 * static_cast<double>(r);
    }
    out.runs[0].rule.controller = {control_law::integral, 0.7, 0.2};
    out.runs[1].rule.controller = {control_law::centred_sign, 0.01};
    out.runs[2].rule.bias.assign(source->experts(), 0.1);
    out.runs[2].feedback.assign(out.steps, 2);
    return out;
}

/// Loads that are shares of counts are the same; sums of shares are so to rounding.
void check_equal(const router_batches& batches, double tolerance) {
    INFO(batches.router->name() << ", " << batches.source->experts() << " experts, "
                                << batches.tokens << " tokens");
    const auto want = cpu_loops().run_loops(batches, {});
    const auto got = make_backend("cuda")->run_loops(batches, {});
    CHECK(got.unrouted == want.unrouted);
    REQUIRE(got.loads.size() == want.loads.size());
    double worst = 0;
    for (std::size_t i = 0; i < got.loads.size(); ++i)
        worst = std::max(worst, std::abs(got.loads[i] - want.loads[i]));
    CHECK(worst <= tolerance);
}

void check_sources(const std::shared_ptr<const router>& router, std::size_t fewest,
                   double tolerance) {
    for (const std::size_t experts : {2U, 3U, 8U, 9U, 64U, 100U}) {
        if (experts < fewest) continue;
        for (const std::size_t tokens : {1U, 31U, 1000U})
            check_equal(loops_of(no_tokens(experts), router, tokens), tolerance);
        check_equal(loops_of(awkward_tokens(experts), router, 700), tolerance);
    }
    if (fewest <= 2)
        check_equal(loops_of(mixture_tokens({{-1, 0.5, 0.5}, {1, 0.5, 0}}), router, 500),
                    tolerance);
}

}  // namespace

TEST_CASE("loops of top-k on a device are the CPU's", "[gpu][routers]") {
    for (const auto noise : {noise_law::gumbel, noise_law::gaussian, noise_law::none})
        for (const auto* k : {"1", "2", "5", "16"})
            check_sources(make_router("top-k", 1.3, noise, {{"k", k}}),
                          static_cast<std::size_t>(std::atoi(k)), 0);
}

TEST_CASE("loops of ProbMoE on a device are the CPU's", "[gpu][routers]") {
    for (const auto* k : {"1", "2", "8", "20"})
        check_sources(make_router("probmoe-exact-k", 0.8, noise_law::none, {{"k", k}}),
                      static_cast<std::size_t>(std::atoi(k)), 0);
    check_sources(
        make_router("probmoe-dynamic-k", 1, noise_law::none, {{"k_min", "1"}, {"k_max", "3"}}), 3,
        0);
}

TEST_CASE("loops of soft MoE on a device are the CPU's", "[gpu][routers]") {
    check_sources(make_router("soft-moe", 1.2, noise_law::none), 1, 1e-12);
    check_equal(loops_of(awkward_tokens(512), make_router("soft-moe", 1, noise_law::none), 300),
                1e-12);
}

TEST_CASE("loops of selective Sinkhorn on a device are the CPU's", "[gpu][routers]") {
    for (const router_settings& settings : {router_settings{{"k", "1"}},
                                            {{"k", "2"}},
                                            {{"xi", "0.05"}},
                                            {{"cost", "softmax"}},
                                            {{"noise_scale", "0"}},
                                            {{"tolerance", "1e-9"}, {"iterations", "20"}}})
        for (const std::size_t experts : {2U, 8U, 70U}) {
            auto with = settings;
            with.emplace_back("frequency", "0.3");
            auto batches =
                loops_of(awkward_tokens(experts),
                         make_router("selective-sinkhorn", 1, noise_law::gumbel, with), 300);
            check_equal(batches, 0);
            batches.source = no_tokens(experts);
            check_equal(batches, 0);
        }
}

TEST_CASE("short loops of every router on a device are the CPU's",
          "[gpu][routers][small]") {  // for memory checkers
    const auto check = [](const std::shared_ptr<const router>& router, double tolerance) {
        for (const std::size_t experts : {3U, 40U})
            for (const auto& source : {no_tokens(experts), awkward_tokens(experts)}) {
                auto batches = loops_of(source, router, 70);
                batches.steps = 3;
                batches.runs[2].feedback.resize(batches.steps);
                check_equal(batches, tolerance);
            }
    };
    for (const auto noise : {noise_law::gumbel, noise_law::gaussian})
        check(make_router("top-k", 1.3, noise, {{"k", "2"}}), 0);
    check(make_router("probmoe-exact-k", 0.8, noise_law::none, {{"k", "2"}}), 0);
    check(make_router("probmoe-dynamic-k", 1, noise_law::none, {{"k_min", "1"}, {"k_max", "3"}}),
          0);
    check(make_router("soft-moe", 1.2, noise_law::none), 1e-12);
    check(make_router("selective-sinkhorn", 1, noise_law::gumbel,
                      {{"k", "2"}, {"frequency", "0.5"}, {"iterations", "5"}}),
          0);
}

TEST_CASE("a launch's end changes no load", "[gpu][routers]") {
    // 4,096 batches are the most of a launch
    auto batches = loops_of(no_tokens(3), make_router("top-k", 1, noise_law::gumbel), 2);
    batches.steps = 5000;
    batches.runs.resize(1);
    check_equal(batches, 0);
}

TEST_CASE("routers that a device does not run are a sentence", "[gpu][routers][error]") {
    const auto cuda = make_backend("cuda");
    const auto says = [&](std::size_t experts, const char* name, const router_settings& settings,
                          const std::string& sentence) {
        const auto batches =
            loops_of(no_tokens(experts), make_router(name, 1, noise_law::gumbel, settings), 8);
        const auto why = cuda->refusal_of(batches);
        REQUIRE(why);
        CHECK(why->got + ", but " + why->needed == sentence);
        CHECK_THROWS_AS(cuda->run_loops(batches, {}), invalid_argument);
    };
    says(20, "top-k", {{"k", "17"}}, "top-k with k = 17 came, but a CUDA device takes k up to 16");
    says(600, "soft-moe", {}, "600 experts of soft-moe came, but a CUDA device takes up to 512");
    says(3, "probmoe-exact-k", {{"estimator", "top-k-marginal"}},
         "the router probmoe-exact-k came, but the CPU runs its loops");
}
