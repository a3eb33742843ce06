// SPDX-License-Identifier: MIT
// Hopf curves of controlled experts: each once, their ends exact.
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/router/load_response.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

problem controlled(std::size_t experts) {
    auto made = with_defaults(controlled_feedback(softmax_loads(experts)));
    return regrouped(made, coarsest_groups(made, {}));
}

std::size_t curves(const diagram& in, std::string_view kind) {
    return static_cast<std::size_t>(
        std::count_if(in.branches.begin(), in.branches.end(),
                      [kind](const branch& each) { return each.kind == kind; }));
}

}  // namespace

TEST_CASE("the BT where a Hopf curve meets one of branch points is exact", "[bifurcation][hopf]") {
    const double max_step = GENERATE(0.03, 0.1, 0.4, 1.0);
    auto eight = controlled(8);
    eight.set("gain", 0.1);
    const auto found =
        locus(eight, {"feedback", 1, 30}, {"leak", 0.01, 0.5}, {.max_step = max_step});

    // docs/theory.md section 5 with g = beta/N: determinant and trace of
    // [K g - 1, K g; -gain g, -gain g - leak] vanish
    const double g = 1.0 / 8, gain = 0.1;
    const double leak = (std::sqrt(gain * gain * g * g + 4 * gain * g) - gain * g) / 2;
    CAPTURE(max_step);
    std::size_t corners = 0;
    for (const auto& point : found.special_points) {
        REQUIRE(point.type == point_type::BT);
        if (point.parameters[0] < 7) continue;  // of one winner: below
        ++corners;
        CHECK_THAT(point.parameters[0], WithinAbs((1 + gain * g + leak) / g, 1e-10));
        CHECK_THAT(point.parameters[eight.index_of("leak")], WithinAbs(leak, 1e-10));
    }
    CHECK(corners == 2);                // on either curve
    CHECK(curves(found, "hopf") == 2);  // of the balanced state and of one winner
    CHECK(curves(found, "fold") == 1);

    // Its fold and its Hopf curve, followed by other equations, have their common point alike.
    std::vector<std::vector<double>> of_winner;
    for (const auto& point : found.special_points)
        if (point.parameters[0] < 7)
            of_winner.push_back({point.parameters[0], point.parameters[eight.index_of("leak")]});
    REQUIRE(of_winner.size() == 2);
    for (std::size_t k = 0; k < 2; ++k)
        CHECK_THAT(of_winner[0][k], WithinAbs(of_winner[1][k], 1e-10));
}

TEST_CASE("a Hopf curve along which omega changes much comes once", "[bifurcation][hopf]") {
    const auto found =
        locus(controlled(2), {"feedback", 0.5, 12}, {"gain", 0.001, 1}, {.max_step = 0.1});
    CHECK(curves(found, "hopf") == 1);
    for (const auto& each : found.branches) CHECK(each.columns.rows() < 500);
}

TEST_CASE("a curve in two parameters ends where the caller's function passes zero",
          "[bifurcation][hopf][outcome]") {
    continuation_options options;
    options.stop_at = [](std::span<const double>, std::span<const double> p) { return p[0] - 5; };
    auto two = controlled(2);
    two.set("leak", 0.2);
    const auto found = locus(two, {"feedback", 0.5, 12}, {"gain", 0.01, 3}, options);
    std::size_t stopped = 0;
    for (const auto& each : found.branches) {
        if (each.first != stop_reason::stop_event && each.last != stop_reason::stop_event) continue;
        ++stopped;
        const auto& column = each.columns.at("feedback");
        CHECK(std::min(std::abs(column.front() - 5), std::abs(column.back() - 5)) < 1e-12);
    }
    CHECK(stopped > 0);
}

// Where omega is the root of rounding l1 is none: at the BT from which the curve starts it was
// -1e22, and 1e3 in the next row, with a GH between them.
TEST_CASE("a Hopf curve from a BT has no GH beside it", "[bifurcation][hopf][long]") {
    const double max_step = GENERATE(0.03, 0.1, 0.4);
    CAPTURE(max_step);
    auto three = controlled(3);
    three.set("gain", 0.5);
    const parameter_range feedback{"feedback", 1, 6}, leak{"leak", 0, 2};
    int starts = 0;
    for (const auto& start : locus(three, feedback, leak).special_points) {
        // of the branches of one and two, on which l1 is 1.2 and more (docs/capabilities.md, `bt`)
        if (start.type != point_type::BT || std::abs(start.parameters[0] - 4.1936927) > 1e-6)
            continue;
        ++starts;
        const auto found = locus(three, feedback, leak, {.max_step = max_step}, start);
        for (const auto& point : found.special_points) CHECK(point.type != point_type::GH);
        for (const auto& curve : found.branches) {
            if (curve.kind != "hopf") continue;
            const auto& l1 = curve.columns.at("l1");
            CHECK(std::count_if(l1.begin(), l1.end(), [](double x) { return !(x > 1); }) == 1);
        }
    }
    CHECK(starts > 0);
}
