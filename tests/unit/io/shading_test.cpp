// SPDX-License-Identifier: MIT
#include "shading.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

/// The area within the closed line of a region.
double area_of(const figure_layer& shade) {
    double twice = 0;
    for (std::size_t i = 1; i < shade.x.size(); ++i)
        twice += shade.x[i - 1] * shade.y[i] - shade.x[i] * shade.y[i - 1];
    return std::abs(twice) / 2;
}

diagram counted(std::vector<stable_counts::place> places) {
    diagram out;
    out.stable.window = {0, 2, 10, 11};
    out.stable.places = std::move(places);
    return out;
}

}  // namespace

TEST_CASE("of places with different counts in one part the nearest one decides", "[io]") {
    // Three of the four quarters of the window lie next to a place with two states.
    const auto shade = shading_of(
        counted({{{0.5, 10.25}, 2}, {{1.5, 10.25}, 2}, {{1.5, 10.75}, 2}, {{0.5, 10.75}, 1}}));
    REQUIRE(shade);
    CHECK(area_of(*shade) == Approx(1.5).epsilon(1e-9));
}

TEST_CASE("more places than there are cells are taken as they are", "[io]") {
    std::vector<stable_counts::place> places;
    for (int i = 0; i < 600; ++i)
        for (int j = 0; j < 600; ++j)
            places.push_back({{2 * (i + 0.5) / 600, 10 + (j + 0.5) / 600}, i < 300 ? 2. : 1.});
    const auto shade = shading_of(counted(std::move(places)));
    REQUIRE(shade);
    CHECK(area_of(*shade) == Approx(1).epsilon(0.01));
}

TEST_CASE("places out of the window and on a curve count nowhere", "[io]") {
    auto locus = counted({{{3, 10.5}, 2}, {{1, 10.5}, 2}});
    branch& fold = locus.branches.emplace_back();
    fold.kind = "fold";
    fold.columns = {{"a", "b"}, {{1, 1}, {10, 11}}};
    CHECK_FALSE(shading_of(locus));
    locus.stable.places.push_back({{0.5, 10.5}, 3});
    const auto shade = shading_of(locus);
    REQUIRE(shade);
    CHECK(area_of(*shade) == Approx(1).epsilon(0.01));  // up to the curve
}
