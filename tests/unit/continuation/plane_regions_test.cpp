// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/continuation/plane_regions.hpp>
#include <numbers>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

struct line {
    std::vector<double> x, y;
};

line circle(double x, double y, double radius) {
    line made;
    for (int i = 0; i <= 400; ++i) {
        const double angle = 2 * std::numbers::pi * i / 400;
        made.x.push_back(x + radius * std::cos(angle));
        made.y.push_back(y + radius * std::sin(angle));
    }
    return made;
}

}  // namespace

TEST_CASE("curves cut a window into the parts between them", "[plane_regions]") {
    plane_regions regions({-2, 2, 10, -10});  // either side may fall
    const auto ring = circle(0, 0, 1);
    const std::vector<double> x{-2, 2}, y{-5, -5};
    regions.cut(ring.x, ring.y);
    regions.cut(x, y);
    regions.number();
    REQUIRE(regions.count() == 3);
    const auto inside = regions.at({0, 0}), below = regions.at({0, -7}), above = regions.at({0, 7});
    REQUIRE(inside);
    REQUIRE(below);
    REQUIRE(above);
    CHECK(inside != above);
    CHECK(below != above);
    CHECK(regions.at({1.5, 0}) == above);
    CHECK_FALSE(regions.at({1, 0}));     // on the curve
    CHECK_FALSE(regions.at({0, 10.1}));  // outside
    // The curve's own cells are left out: about 60 rows' two of 5,800.
    const double area = std::numbers::pi / 80;
    CHECK(static_cast<double>(regions.size(*inside)) /
              static_cast<double>(plane_regions::side * plane_regions::side) ==
          Approx(area).epsilon(0.05));
}

TEST_CASE("a line counts where it crosses the window, however far it goes on", "[plane_regions]") {
    const double far = GENERATE(4.0, 1e3, 1e9, 1e12);
    plane_regions regions({-2, 2, -2, 2});
    const std::vector<double> x{-far, far}, y{-far / 2, far / 2};
    regions.cut(x, y);
    regions.number();
    REQUIRE(regions.count() == 2);
    CHECK(regions.at({0, 1}) != regions.at({0, -1}));
    CHECK_FALSE(regions.at({0, 0}));
    CHECK_FALSE(regions.at({1.9, 0.95}));
}

TEST_CASE("places of a part lie in it, apart, the first far from its border", "[plane_regions]") {
    plane_regions regions({-2, 2, -2, 2});
    const auto ring = circle(0.5, 0.25, 1);
    regions.cut(ring.x, ring.y);
    regions.number();
    const auto inside = regions.at({0.5, 0.25});
    REQUIRE(inside);
    const auto places = regions.places_in(*inside, 3);
    REQUIRE(places.size() == 3);
    CHECK(std::abs(places[0].x - 0.5) + std::abs(places[0].y - 0.25) < 0.1);
    for (std::size_t i = 0; i < places.size(); ++i) {
        CHECK(regions.at(places[i]) == inside);
        for (std::size_t j = 0; j < i; ++j)
            CHECK(std::hypot(places[i].x - places[j].x, places[i].y - places[j].y) > 0.5);
    }
}

TEST_CASE("a lifted pen leaves a way through", "[plane_regions]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    plane_regions regions({0, 1, 0, 1});
    const std::vector<double> x{0, 0.4, nan, 0.6, 1}, y{0.5, 0.5, nan, 0.5, 0.5};
    regions.cut(x, y);
    regions.number();
    CHECK(regions.count() == 1);
    CHECK_THROWS_WITH(plane_regions({1, 1, 0, 1}),
                      "plane_regions: a window without area came, but both sides must be finite "
                      "and longer than 0");
}
