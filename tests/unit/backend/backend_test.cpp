// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <moebius/backend/backend.hpp>

namespace {

using namespace moebius;

/// A device that refuses three experts, and on which everything else goes wrong.
class broken_device final : public backend {
public:
    std::string name() const override { return "broken"; }
    std::optional<refusal> refusal_of(const loop_batch& batch) const override {
        if (batch.source->experts() == 3) return refusal{"3 experts came", "2 are taken"};
        return std::nullopt;
    }
    std::vector<std::uint32_t> run_loops(const loop_batch&, const watch&) const override {
        throw invalid_argument("run_loops", "a defect came", "there should be none");
    }
    std::optional<refusal> refusal_of(const router_batches&) const override { return std::nullopt; }
    load_history run_loops(const router_batches&, const watch&) const override {
        throw device_error("run_loops", "a planted fault");
    }
    routed_batch route(const gated_batch&, const std::vector<double>&,
                       const route_step_options&) const override {
        throw device_error("route", "a planted fault");
    }
    ensemble_result integrate(const ensemble_problem&, const ensemble_options&,
                              const watch&) const override {
        throw device_error("integrate", "a planted fault");
    }
    std::optional<refusal> refusal_of(const training_work&) const override { return std::nullopt; }
    void train(const training_work&, std::span<training_state>, std::uint64_t,
               const watch&) const override {
        throw device_error("train", "a planted fault");
    }
    double copy_rate() const override { return 1; }
};

}  // namespace

TEST_CASE("a backend is known by its name", "[backend][error]") {
    CHECK(make_backend("cpu")->name() == "cpu");
    for (const auto* name : {"", "CPU", "cuda:", "cuda:-1", "cuda:1x"})
        CHECK_THROWS_AS(make_backend(name), invalid_argument);
    CHECK_THROWS_AS(make_backend("cuda:9999"), error);
}

TEST_CASE("the CPU takes what a device refuses, and nothing else", "[backend][error]") {
    std::vector<std::string> told;
    const auto on =
        with_fallback(std::make_shared<broken_device>(), make_backend("cpu", 1),
                      [&](const refusal& why) { told.push_back(why.got + ", " + why.needed); });
    const loop_batch refused{no_tokens(3), noise_law::gumbel, 8, 4, {{}}};
    const loop_batch taken{no_tokens(2), noise_law::gumbel, 8, 4, {{}}};

    CHECK_FALSE(on->refusal_of(refused));
    CHECK(on->run_loops(refused, {}) == cpu_loops().run_loops(refused, {}));
    // Even a failure of the type that a refusal has: the batch was taken.
    CHECK_THROWS_AS(on->run_loops(taken, {}), invalid_argument);
    const auto why = broken_device().refusal_of(refused);
    CHECK(told == std::vector{why->got + ", " + why->needed});  // once, and not of what was taken
}
