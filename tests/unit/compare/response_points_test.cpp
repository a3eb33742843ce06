// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/compare/response_points.hpp>
#include <vector>

using namespace moebius;

namespace {

/// Points whose gaps lie so many standard errors from their closed form.
std::vector<response_point> points_with(const std::vector<double>& deviations, std::size_t seeds) {
    std::vector<response_point> points(deviations.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        points[i].z = deviations[i];
        points[i].gap.count = seeds;
    }
    return points;
}

}  // namespace

TEST_CASE("the verdict on a response is a chi-square test of what could be judged", "[response]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::size_t many = 100'000;  // Student's t is normal then

    const auto near = judge(points_with({1, -1, nan, 0.5}, many), true, 1e6);
    CHECK(near.points == 3);
    CHECK(near.chi_square == Approx(2.25).epsilon(1e-4));
    CHECK(near.chi_square_p == Approx(0.522).margin(1e-3));  // 1 - F(2.25), three degrees
    CHECK(near.agrees);
    CHECK(near.sentence.find("agree: chi-square 2.2 of 3 score differences") != std::string::npos);
    CHECK(near.sentence.find("1 more were not judged") != std::string::npos);

    const auto far = judge(points_with({5, -5, 0}, many), true, 1e6);
    CHECK_FALSE(far.agrees);
    CHECK(far.sentence.find("measurement and closed form disagree") == 0);
}

TEST_CASE("where one expert gets few tokens nothing is judged", "[response]") {
    auto points = points_with({50, 0.5}, 100);
    points[0].predicted = 0.999;  // 500 of a million to the other expert

    const auto verdict = judge(points, true, 1e6);
    CHECK(verdict.points == 1);
    CHECK(verdict.agrees);
    CHECK_FALSE(judge(points, true, 1e7).agrees);
}

TEST_CASE("few seeds make a large t less telling", "[response]") {
    const auto few = judge(points_with({5, -5, 0}, 3), true, 1e6);
    CHECK(few.chi_square < 10);  // t = 5 with two degrees of freedom: p = 0.038, z = 2.07
    CHECK(few.chi_square == Approx(2 * 2.07 * 2.07).epsilon(0.02));
    CHECK(few.agrees);
}

TEST_CASE("a response that cannot be judged is no failure, and says so", "[response]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();

    for (const bool known : {true, false}) {
        const auto verdict = judge(points_with({nan, nan}, 8), known, 1e6);
        CHECK(verdict.points == 0);
        CHECK(verdict.agrees);
        CHECK(verdict.sentence.find("nothing was judged") == 0);
    }
}
