// SPDX-License-Identifier: MIT
// Moments and dithers that end before a log does, or that no row has measured.
#include <catch.hpp>
#include <moebius/diagnose/probe_rows.hpp>
#include <string>
#include <vector>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

namespace {

constexpr std::size_t experts = 4, steps = 900;
const std::vector<double> none(experts* experts, 0.0);

/// Moments of a router that sends all tokens alike, 0 in the steps that are not measured.
layer_diagnosis diagnosed(std::size_t until, std::size_t every = 1) {
    auto head = head_of(experts, 3);
    head.rate.reset();
    head.of_one_rank = true;  // counts tell no K
    const std::vector<double> moments(experts * experts, 256.0 / 16);
    layer_margin layer(head);
    load_record record;
    for (const auto& step : loop_counts(experts, 256, {.feedback = 0, .step = 0.05}, steps, 4)) {
        const auto t = static_cast<std::size_t>(record.step);
        record.loads = step;
        record.moments = t < until && t % every == 0 ? moments : none;
        layer.take(record);
        ++record.step;
    }
    return layer.result();
}

}  // namespace

TEST_CASE("moments that end before the log does tell no K of now", "[diagnose]") {
    REQUIRE(diagnosed(steps).feedback);
    CHECK(diagnosed(steps).feedback->of == "feedback beta/decay");
    const auto ended = diagnosed(steps / 2);
    CHECK(ended.reason.find("by moments") == std::string::npos);
    CHECK(notes_hold(ended, "by moments up to step 449, the last that has any: what it is now"));
    CHECK(ended.untold.find("moments or dither: those end at step 449") != std::string::npos);
}

TEST_CASE("moments of each fiftieth step are those of now", "[diagnose]") {
    CHECK(diagnosed(steps, 50).reason.find("by moments") != std::string::npos);
}

TEST_CASE("moments that are 0 in all steps are none", "[diagnose]") {
    const auto blank = diagnosed(0);
    CHECK(blank.had == "counts");
    CHECK(notes_hold(blank, "moments are 0 in all steps"));
}

TEST_CASE("rows of a probe end where more lack it than between two", "[diagnose]") {
    const std::vector<double> one{1.0}, zero{0.0};
    probe_rows rows;
    CHECK_FALSE(rows.blank());
    CHECK_FALSE(rows.take(zero, 0));
    CHECK(rows.blank());
    for (std::int64_t t = 1; t <= 90; ++t)
        CHECK(rows.take(t % 30 == 0 ? one : zero, t) == (t % 30 == 0));
    CHECK_FALSE(rows.blank());
    CHECK(rows.last() == 90);
    for (std::int64_t t = 91; t <= 148; ++t) rows.take({}, t);
    CHECK_FALSE(rows.ended());
    rows.take({}, 149);
    CHECK(rows.ended());
}
