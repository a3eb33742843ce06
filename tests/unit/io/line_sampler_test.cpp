// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/io/line_sampler.hpp>
#include <string>
#include <vector>

using namespace moebius;

TEST_CASE("a loop behind lines is asked for windows, and their scatter is its error", "[io]") {
    std::vector<std::string> asked;
    int n = 0;
    const auto sampler = sample_by_lines([&](std::string_view line) { asked.emplace_back(line); },
                                         [&]() -> std::optional<std::string> {
                                             return ++n % 2 == 1 ? R"({"loads": [0.25, 0.75]})"
                                                                 : R"({"loads": [0.75, 0.25]})";
                                         },
                                         {.steps = 7, .windows = 4});
    const std::vector<std::vector<double>> scores{{0.5, -0.5}, {1, -1}};
    const auto found = sampler(scores);
    REQUIRE(found.size() == 2);
    REQUIRE(asked.size() == 8);
    CHECK(asked[0] == "{\"steps\":7,\"target\":[0.5,-0.5]}\n");
    CHECK(asked[4] == "{\"steps\":7,\"target\":[1.0,-1.0]}\n");
    CHECK(found[0].loads == std::vector<double>{0.5, 0.5});
    // four numbers .25 off their mean: sum of squares .25, over 4 x 3
    CHECK(found[0].covariance(0, 0) == Approx(0.25 / 12));
    CHECK(found[0].covariance(0, 1) == Approx(-0.25 / 12));
}

TEST_CASE("answers that are no loads are refused", "[io][error]") {
    const std::vector<std::vector<double>> scores{{0, 0}};
    for (const auto* answer : {"", "[]", "{}", R"({"loads": 1})", R"({"loads": [1]})",
                               R"({"loads": [0.5, "half"]})", R"({"loads": [0.5, 0.6]})"}) {
        CAPTURE(answer);
        const auto sampler = sample_by_lines([](std::string_view) {},
                                             [&] { return std::optional<std::string>(answer); });
        CHECK_THROWS_AS(sampler(scores), io_error);
    }
    CHECK_THROWS_AS(sample_by_lines([](std::string_view) {}, [] { return std::nullopt; })(scores),
                    io_error);
}
