// SPDX-License-Identifier: MIT
#include "clip.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace moebius;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::array<double, 4> unit{0, 1, 0, 1};

figure_layer of(layer_look look, std::vector<double> x, std::vector<double> y,
                std::vector<double> error = {}) {
    return {"", look, layer_color::blue, layer_marker::circle, x, y, error, false};
}

}  // namespace

TEST_CASE("what lies within the frame is left as it is", "[io]") {
    const std::vector<double> x{0, 0.3, 1, 0.1}, y{1, 0.1, 0.7, 0};
    const auto look = GENERATE(layer_look::solid, layer_look::dashed, layer_look::points);

    const auto shown = clipped(of(look, x, y), unit);

    CHECK(shown.x == x);
    CHECK(shown.y == y);
}

TEST_CASE("a line is cut at the frame and goes on where it comes back", "[io]") {
    // Out through the right side at y = 1/2, back through the top at x = 1/2.
    const auto shown = clipped(of(layer_look::solid, {0, 2, 1, 0}, {0.5, 0.5, 2, 0}), unit);

    REQUIRE(shown.x.size() == 5);
    CHECK(shown.x[1] == 1);
    CHECK(shown.y[1] == 0.5);
    CHECK(std::isnan(shown.x[2]));
    CHECK(shown.x[3] == 0.5);
    CHECK(shown.y[3] == 1);
    CHECK(shown.x[4] == 0);
}

TEST_CASE("a line through the frame whose ends are far off is the piece within", "[io]") {
    const double far = GENERATE(1e3, 1e12, 1e300, 1.7e308);
    const auto shown = clipped(of(layer_look::solid, {-far, far}, {-far, far}), unit);

    REQUIRE(shown.x.size() == 2);   // the diagonal
    const double rounding = 1e-15;  // the origin is in the middle, where halves cancel
    CHECK(shown.x.front() >= 0);
    CHECK(shown.y.front() == shown.x.front());
    CHECK(shown.x.front() <= rounding * far);
}

TEST_CASE("what passes by the frame, is not finite or is a single point of a line is left out",
          "[io]") {
    CHECK(clipped(of(layer_look::solid, {2, 3}, {0, 1}), unit).x.empty());
    CHECK(clipped(of(layer_look::solid, {-1, 1}, {1, 3}), unit).x.empty());
    CHECK(clipped(of(layer_look::solid, {0.5, infinity}, {0.5, 0.5}), unit).x.empty());
    CHECK(clipped(of(layer_look::solid, {0.5, pen_up, 0.5}, {0.5, 0.5, 0.5}), unit).x.empty());
    CHECK(clipped(of(layer_look::points, {pen_up, 2, -infinity}, {0.5, 0.5, 0.5}), unit).x.empty());
    CHECK(clipped(of(layer_look::region, {2, 3, 3}, {0, 0, 1}), unit).x.empty());
    CHECK(clipped(of(layer_look::region, {}, {}), unit).x.empty());
}

TEST_CASE("the part of a region within the frame has its area", "[io]") {
    // Below y = x + 1/2, within a square of side 2e9 around the frame: all but the triangle above
    // the line, of area 1/8.
    const double far = 1e9;
    const auto shown =
        clipped(of(layer_look::region, {-far, far, far}, {0.5 - far, -far, 0.5 + far}), unit);

    double area = 0;  // shoelace
    for (std::size_t i = 0, j = shown.x.size() - 1; i < shown.x.size(); j = i++)
        area += (shown.x[j] * shown.y[i] - shown.x[i] * shown.y[j]) / 2;
    CHECK_THAT(std::abs(area), WithinAbs(7.0 / 8, 1e-6));  // corners at 1e9 have 1e-7 of rounding
}

TEST_CASE("errors are finite and no longer than the frame", "[io]") {
    const auto shown = clipped(of(layer_look::points, {0, 0.5, 1, 2, 1}, {0, 0, 0, 0, 1},
                                  {pen_up, 1e300, 0.1, 5, infinity}),
                               unit);

    CHECK(shown.error == std::vector<double>{0, 1, 0.1, 0});
}
