// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/compare/response_points.hpp>
#include <moebius/router/registry.hpp>
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

TEST_CASE("a response that is stopped keeps the points that all seeds measured", "[response]") {
    const auto tokens = no_tokens(2);
    const auto router = make_router("top-1", 1, noise_law::gumbel);
    response_options options;
    options.reach = 4;
    options.points = 12;
    options.tokens = 8;
    options.batches = 2;
    options.threads = 1;
    const auto whole = response_points(*tokens, *router, 1, nullptr, options, 3);
    std::atomic<bool> stop = false;
    const watch watched{[&](std::size_t done, std::size_t) { stop = done == 7; }, &stop};
    try {
        (void)response_points(*tokens, *router, 1, nullptr, options, 3, watched);
        FAIL("it was not stopped");
    } catch (const cut_short<std::vector<response_point>>& cut) {
        REQUIRE(cut.so_far.size() == 2);  // seven measurements, three to a point
        for (std::size_t i = 0; i < 2; ++i) {
            CHECK(cut.so_far[i].x == whole[i].x);
            CHECK(cut.so_far[i].gap.mean == whole[i].gap.mean);
        }
    }
    stop = true;
    CHECK_THROWS_AS(response_points(*tokens, *router, 1, nullptr, options, 3, {{}, &stop}),
                    interrupted);
}

TEST_CASE("more measurements than a result holds are refused", "[response][error]") {
    const auto router = make_router("top-1", 1, noise_law::gumbel);
    CHECK_THROWS_WITH(
        response_points(*no_tokens(2), *router, 1, nullptr, {.points = 12}, 10'000'000'000),
        "response: 10000000000 seeds of 12 numbers came, but a result has at most 67108864 "
        "numbers");
}
