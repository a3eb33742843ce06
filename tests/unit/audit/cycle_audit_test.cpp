// SPDX-License-Identifier: MIT
#include <algorithm>
#include <moebius/audit/audit.hpp>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycle_types.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/expert_feedback.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

/// The cycles of all kinds that leave balance of four controlled experts.
claim cycles_of_four() {
    const auto apart = with_defaults(controlled_feedback(softmax_loads(4)));
    auto at = regrouped(apart, one_group(4));
    at.set("gain", 0.5);
    const parameter_range range{"feedback", 4, 5};
    const auto found = equilibrium_diagram(at, range, {.split_groups = false});
    const auto hopf = std::ranges::find(found.special_points, point_type::HB, &special_point::type);
    if (hopf == found.special_points.end()) throw invalid_argument("cycles", "no HB", "one is");
    claim made{regrouped(at, singletons(4)), {range}, std::nullopt, false, {}};
    add_hopf_cycles(made.data, at, range, *hopf, cycle_choice_from("all"), {.max_step = 0.3});
    return made;
}

std::string all_of(const std::vector<std::string>& sentences) {
    std::string text;
    for (const auto& one : sentences) text += one + "\n";
    return text;
}

}  // namespace

TEST_CASE("check confirms cycles by the flow alone, and tells what was changed",
          "[audit][cycles][waves]") {
    const auto right = cycles_of_four();
    const auto report = audit(right);
    CAPTURE(all_of(report.faults));
    CHECK(report.wrong() == 0);
    std::size_t judged = 0;
    for (const auto& count : report.counts)
        if (count.kind.find("of cycles") != std::string::npos) judged += count.judged;
    CHECK(judged == right.data.special_points.size());
    CHECK_THAT(all_of(report.not_judged), ContainsSubstring("they are cycles"));

    const auto faults_if = [&](auto change) {
        auto wrong = right;
        const auto fold = std::ranges::find_if(wrong.data.special_points, [](const auto& point) {
            return point.type == point_type::LPC && point.parameters[0] < 4.3;
        });
        REQUIRE(fold != wrong.data.special_points.end());
        change(wrong, *fold);
        return all_of(audit(wrong).faults);
    };
    CHECK_THAT(faults_if([](claim&, special_point& at) { at.cycle->states[32] += 1e-3; }),
               ContainsSubstring("the flow ends"));
    CHECK_THAT(faults_if([](claim&, special_point& at) { at.cycle->period *= 1.001; }),
               ContainsSubstring("the flow ends"));
    CHECK_THAT(faults_if([](claim&, special_point& at) { at.type = point_type::PD; }),
               ContainsSubstring("0 multipliers are -1, of 1"));
    CHECK_THAT(faults_if([](claim& of, special_point& at) {
                   auto& rows = of.data.branches[static_cast<std::size_t>(at.branch - 1)].columns;
                   const auto column = std::ranges::find(rows.names, "n_unstable");
                   rows.columns[static_cast<std::size_t>(column - rows.names.begin())][at.row] = 4;
               }),
               ContainsSubstring("n_unstable is 4"));
}

TEST_CASE("check judges cycles over two parameters by the flow alone", "[audit][cycles][waves]") {
    const auto cycles = cycles_of_four();
    const parameter_range feedback{"feedback", 4, 5}, gain{"gain", 0.3, 0.6};
    const auto pair = std::ranges::find_if(cycles.data.special_points, [](const auto& point) {
        return point.type == point_type::NS && point.turn.order() == 4;
    });
    REQUIRE(pair != cycles.data.special_points.end());
    claim right{cycles.at, {feedback, gain}, std::nullopt, false, {}};
    right.data = locus(cycles.at, feedback, gain, {.max_step = 0.5}, *pair);
    // R4 is one of a quarter of the wave, so that over the whole of it the pair is 1
    const auto fourth =
        std::ranges::find(right.data.special_points, point_type::R4, &special_point::type);
    REQUIRE(fourth != right.data.special_points.end());
    const auto report = audit(right, {.values = 2, .starts = 1});
    CAPTURE(all_of(report.faults));
    CHECK(report.wrong() == 0);
    for (const auto& count : report.counts)
        if (count.kind.find("of cycles") != std::string::npos) CHECK(count.not_judged == 0);
    fourth->type = point_type::R3;
    CHECK_THAT(all_of(audit(right, {.values = 2, .starts = 1}).faults),
               ContainsSubstring("no multiplier is -0.5 +0.866025 i"));
}
