// SPDX-License-Identifier: MIT
#include <moebius/logs/load_course.hpp>
#include <vector>

#include "catch.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;

TEST_CASE("a course has a row a step of a short log, over the mean load", "[logs]") {
    load_course course;
    const std::vector<double> loads{4, 0, 2, 6, 8}, none(5, 0.0);
    course.take({10, 0, loads, {}, {}, {}});
    course.take({11, 0, none, {}, {}, {}});  // nothing was routed: nothing to show
    course.take({12, 1, loads, {}, {}, {}});

    const auto rows = course.rows();

    REQUIRE(rows.rows() == 2);
    CHECK(rows.at("layer") == std::vector<double>{1, 2});
    CHECK(rows.at("step") == std::vector<double>{10, 12});
    CHECK(rows.at("least")[0] == 0);
    CHECK(rows.at("quarter")[0] == 0.5);
    CHECK(rows.at("median")[0] == 1);
    CHECK(rows.at("three_quarters")[0] == 1.5);
    CHECK(rows.at("most")[0] == 2);
}

TEST_CASE("a course of a long log keeps its ends and few rows", "[logs]") {
    const int steps = GENERATE(255, 256, 257, 1000, 4096, 5000);
    load_course course(1);
    for (int t = 0; t < steps; ++t) {
        const std::vector<double> loads{1 + t / 5000.0, 1};
        course.take({t, 0, loads, {}, {}, {}});
    }

    const auto rows = course.rows();

    REQUIRE(rows.rows() >= (steps < 256 ? 255U : 128U));
    REQUIRE(rows.rows() < 256);
    const auto& step = rows.at("step");
    const double stride = step.size() > 1 ? step[1] - step[0] : 1;
    CHECK(step.front() < stride);
    CHECK(step.back() > steps - 1 - stride);
    for (std::size_t i = 0; i < step.size(); ++i) {
        if (i > 0) CHECK(step[i] - step[i - 1] == stride);
        const double now = 1 + step[i] / 5000.0, most = rows.at("most")[i];
        CHECK_THAT(most / (2 - most), WithinAbs(now, stride / 5000.0));  // a mean of up to stride
    }
}
