// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <moebius/base/error.hpp>
#include <moebius/plan/figure.hpp>

using namespace moebius;

namespace {

sweep_plan square_of(int points) {
    const auto side = R"(,"from":0,"to":1,"points":)" + std::to_string(points) + "}";
    return parse_plan(R"({"schema":"moebius.plan/1","command":"spin",
                          "keep":{"v":"/value","w":"/value"},
                          "axes":[{"parameter":"a")" +
                          side + R"(,{"parameter":"b")" + side + "]}",
                      "plan");
}

/// v is 1 above the diagonal and 0 else, but for one point of 2; w is 3 everywhere.
plan_rows rows_of(const sweep_plan& plan, std::uint64_t odd) {
    plan_rows out;
    for (std::uint64_t i = 0; i < plan.points(); ++i) {
        const auto at = plan.point(i).at;
        out.index.push_back(i);
        out.values.insert(out.values.end(), {i == odd ? 2.0 : at[1] > at[0] ? 1.0 : 0.0, 3.0});
    }
    return out;
}

std::size_t drawn(const figure& of) {
    std::size_t out = 0;
    for (const auto& layer : of.layers) out += layer.x.size();
    return out;
}

}  // namespace

TEST_CASE("a map of more points than show apart is thinned, and says so", "[plan][figure]") {
    const auto plan = square_of(600);
    const std::uint64_t odd = 123'456;
    const auto rows = rows_of(plan, odd);
    const auto map = figure_of(plan, rows);
    REQUIRE(map.layers.size() == 3);
    CHECK(map.title.starts_with(std::to_string(drawn(map)) + " of 360000 points"));
    // 256 x 256 cells, of which those on the diagonal have two kinds
    CHECK(drawn(map) >= 256 * 256);
    CHECK(drawn(map) <= 256 * 256 + 2 * 256 + 1);
    CHECK(map.layers[2].x == std::vector{plan.point(odd).at[0]});  // one of its kind is never lost
    for (const auto& layer : map.layers)
        for (std::size_t i = 0; i < layer.x.size(); ++i)
            if (&layer != &map.layers[2])
                REQUIRE((layer.y[i] > layer.x[i]) == (&layer == &map.layers[1]));
}

TEST_CASE("a map of few points has them all, of the quantity that was asked for",
          "[plan][figure]") {
    const auto plan = square_of(30);
    const auto rows = rows_of(plan, 0);
    CHECK(figure_of(plan, rows).title.empty());
    CHECK(drawn(figure_of(plan, rows)) == 900);
    CHECK(figure_of(plan, rows, "w").layers.size() == 1);
    CHECK(figure_of(plan, rows, "w").layers[0].title == "w = 3");
    CHECK_THROWS_AS(figure_of(plan, rows, "x"), invalid_argument);
}
