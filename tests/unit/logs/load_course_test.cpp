// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/logs/load_course.hpp>
#include <random>
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
    CHECK(rows.at("layer") == std::vector<double>{0, 1});
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

TEST_CASE("rows of a course are means of as many steps each", "[logs]") {
    const std::size_t steps = 3000;
    std::mt19937_64 draw(7);
    std::poisson_distribution<int> load(100);
    load_course course(1);
    std::vector<double> loads(8);
    std::vector<std::vector<double>> all;
    for (std::size_t t = 0; t < steps; ++t) {
        for (auto& one : loads) one = load(draw);
        course.take({static_cast<std::int64_t>(t), 0, loads, {}, {}, {}});
        all.push_back(loads);
    }

    const auto rows = course.rows();

    for (std::size_t i = 0; i < rows.rows(); ++i) {
        REQUIRE(rows.at("steps")[i] == 16);
        std::vector<double> sum(8);
        const auto last = static_cast<std::size_t>(rows.at("step")[i]);
        for (std::size_t t = last - 15; t <= last; ++t)
            for (std::size_t e = 0; e < 8; ++e) sum[e] += all[t][e];
        double whole = 0;
        for (const double one : sum) whole += one;
        CHECK_THAT(rows.at("most")[i],
                   WithinAbs(8 * *std::max_element(sum.begin(), sum.end()) / whole, 1e-12));
    }
}

TEST_CASE("quartiles of a course are numbers of the layer, as sorting finds them", "[logs]") {
    const std::size_t experts = GENERATE(2U, 3U, 8U, 255U, 256U, 1000U);
    const auto spread = GENERATE(0.0, 1e-3, 1.0, 12.0);  // of logarithms: equal to very skewed
    std::mt19937_64 draw(experts);
    std::normal_distribution<double> normal;
    std::vector<double> loads(experts);
    for (auto& load : loads) load = std::floor(1000 * std::exp(spread * normal(draw)));
    load_course course(1);
    course.take({0, 0, loads, {}, {}, {}});

    const auto rows = course.rows();

    double mean = 0;
    for (const double load : loads) mean += load;
    mean /= static_cast<double>(experts);
    std::sort(loads.begin(), loads.end());
    const auto ranked = [&](double share) {
        return loads[static_cast<std::size_t>(share * static_cast<double>(experts - 1) + 0.5)] /
               mean;
    };
    CHECK(rows.at("least")[0] == ranked(0));
    CHECK(rows.at("quarter")[0] == ranked(0.25));
    CHECK(rows.at("median")[0] == ranked(0.5));
    CHECK(rows.at("three_quarters")[0] == ranked(0.75));
    CHECK(rows.at("most")[0] == ranked(1));
}
