// SPDX-License-Identifier: MIT
#include <algorithm>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/stable_regions.hpp>
#include <moebius/bifurcation/stable_states.hpp>
#include <moebius/continuation/locus_regions.hpp>
#include <moebius/exact/two_expert.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

/// The count of the nearest place in the part where a point lies.
double count_at(const diagram& locus, const plane_point& p) {
    const auto regions = regions_of(locus);
    const auto here = regions.at(p);
    REQUIRE(here);
    for (const auto& place : locus.stable.places)
        if (regions.at(place.at) == here) return place.states;
    FAIL("no place was counted");
    return 0;
}

diagram counted(const problem& on, const parameter_range& first, const parameter_range& second) {
    auto curves = locus(on, first, second);
    count_in_regions(on, first, second, curves);
    return curves;
}

/// Softmax experts, the first of them apart.
problem softmax(std::size_t experts) {
    const problem full = make_problem("softmax", {.experts = experts});
    return regrouped(full, coarsest_groups(full, std::vector{full.index_of("bias_1")}));
}

}  // namespace

TEST_CASE("two experts have two stable states between the arms of the cusp, one outside",
          "[stable_regions]") {
    const auto found =
        counted(problem_of<models::two_expert>(), {"feedback", 1.5, 20}, {"bias", -9, 9});
    CHECK(unlike_places(found).empty());
    REQUIRE_FALSE(found.stable.places.empty());
    for (const auto& [at, states] : found.stable.places) {
        const auto all = exact::equilibria({at.x, 1, 1, at.y});
        CAPTURE(at.x, at.y);
        const auto stable =
            std::count_if(all.begin(), all.end(), [](const auto& one) { return one.stable; });
        CHECK(states == static_cast<double>(stable));
    }
}

TEST_CASE("a curve that is missing shows in the counts", "[stable_regions]") {
    auto curves = locus(problem_of<models::two_expert>(), {"feedback", 1.5, 20}, {"bias", -9, 9});
    curves.branches.clear();
    count_in_regions(problem_of<models::two_expert>(), {"feedback", 1.5, 20}, {"bias", -9, 9},
                     curves);
    REQUIRE(unlike_places(curves).size() == 1);
    CHECK(unlike_places(curves)[0].first.states != unlike_places(curves)[0].second.states);
}

TEST_CASE("what is too small to be counted is told", "[stable_regions]") {
    const problem two = problem_of<models::two_expert>();
    const parameter_range first{"feedback", 1.5, 20}, second{"bias", -9, 9};
    diagram curves;
    const auto line = [&](double bias, double from, double to) {
        branch made;
        made.kind = "fold";
        made.columns = {{"feedback", "bias", "x"}, {{from, to}, {bias, bias}, {0, 0}}};
        curves.branches.push_back(std::move(made));
    };
    for (int k = 0; k < 60; ++k) line(-8.8 + 0.25 * k, first.from, first.to);  // 61 stripes
    count_in_regions(two, first, second, curves);
    CHECK(curves.stable.uncounted == 61 - 48);
    CHECK(curves.stable.left_out > 12 * 0.2 / 18);
    CHECK(curves.stable.left_out < 13 * 0.25 / 18);
    curves.branches.clear();
    count_in_regions(two, first, second, curves);
    CHECK(curves.stable.uncounted == 0);
    CHECK(curves.stable.left_out == 0);
}

TEST_CASE("winners among equal experts have their folds and counts, too", "[stable_regions]") {
    const auto found = counted(softmax(8), {"feedback", 2, 12}, {"bias_1", -3, 3});
    CHECK(unlike_places(found).empty());
    CHECK(count_at(found, {10, 0.5}) == 8);   // each of the eight may win
    CHECK(count_at(found, {5.5, -2}) == 8);   // one of the seven, or none
    CHECK(count_at(found, {11, -2.9}) == 8);  // and the first, though it is disfavoured
    CHECK(count_at(found, {2.5, 0}) == 1);
    for (const auto& point : found.special_points) CHECK(point.residual < 1e-9);
    const auto of_others =
        std::count_if(found.branches.begin(), found.branches.end(), [](const branch& curve) {
            return curve.kind == "fold" && to_string(curve.groups) == "1 2 3-8";
        });
    CHECK(of_others == 1);  // of the two folds, the one that bounds stable states
}
