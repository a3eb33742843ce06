// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/backend/backend.hpp>
#include <moebius/compare/held_path.hpp>
#include <moebius/compare/trained_validation.hpp>

#include "../catch.hpp"

using namespace moebius;

TEST_CASE("rests followed on the device are the CPU's to fp32 rounding", "[gpu][train][held]") {
    experiment_options options;
    options.data = std::make_shared<labelled_data>(teacher_network({.experts = 2, .rows = 512}));
    options.experts = 2;
    options.hidden = {16};
    options.seeds = 4;
    options.varied = "feedback";
    options.values = {-8, 3, 6};
    const auto made = from_both_starts(options, 3);
    const std::uint64_t steps = 20;  // four windows; later an example of a batch goes the other way

    const auto device = follow_rests(made, model_numbers::unset, steps, 2, *make_backend("cuda"));
    const auto cpu = follow_rests(made, model_numbers::unset, steps, 2, *make_backend("cpu", 2));

    REQUIRE(device.size() == cpu.size());
    double moved = 0;
    for (std::size_t r = 0; r < cpu.size(); ++r) {
        CAPTURE(r);
        CHECK(device[r] == Approx(cpu[r]).margin(1e-5));  // 20 steps, each to 1e-5 of its change
        moved += std::abs(cpu[r]) / static_cast<double>(cpu.size());
    }
    CHECK(moved > 0.3);
}
