// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <moebius/base/error.hpp>
#include <moebius/plan/plan.hpp>
#include <moebius/plan/run.hpp>
#include <set>

using namespace moebius;
using Catch::Matchers::WithinRel;

namespace {

sweep_plan plan_with(const std::string& rest) {
    return parse_plan(
        R"({"schema":"moebius.plan/1","command":"spin","keep":{"v":"/value"},)" + rest + "}",
        "plan");
}

}  // namespace

TEST_CASE("a grid has each value with each, and seeds run fastest", "[plan]") {
    const auto plan = plan_with(
        R"("axes":[{"parameter":"a","values":[1,2]},
                   {"option":"--batch","from":1,"to":100,"points":3,"spacing":"log"}],
           "seeds":{"from":7,"count":2})");
    REQUIRE(plan.points() == 2 * 3 * 2);
    const auto point =
        plan.point(2 * 3 + 2 * 1 + 1);  // a = 2, the second of batch, the second seed
    CHECK(point.at[0] == 2);
    CHECK_THAT(point.at[1], WithinRel(10.0, 1e-15));  // the geometric mean of 1 and 100
    CHECK(point.seed == 8);
    CHECK(plan.axes[1].name == "batch");
}

TEST_CASE("each part of each axis of a Latin hypercube has one point", "[plan]") {
    const auto samples = GENERATE(as<std::size_t>{}, 1, 2, 5, 64, 1000);
    const auto plan = plan_with(R"("layout":{"latin":)" + std::to_string(samples) +
                                R"(,"seed":3},"axes":[{"parameter":"a","from":0,"to":1},
                                {"parameter":"b","from":-1,"to":1}])");
    for (const std::size_t axis : {std::size_t{0}, std::size_t{1}}) {
        std::set<std::size_t> parts;
        for (std::uint64_t i = 0; i < samples; ++i) {
            const double at = plan.point(i).at[axis];
            const double share = axis == 0 ? at : (at + 1) / 2;
            parts.insert(static_cast<std::size_t>(share * static_cast<double>(samples)));
        }
        CHECK(parts.size() == samples);
    }
}

TEST_CASE("a sweep file's fault is named with its place and the nearest key", "[plan][error]") {
    using Catch::Matchers::ContainsSubstring;
    CHECK_THROWS_WITH(plan_with(R"("axis":[])"),
                      "plan: /axis: there is no such key; did you mean 'axes'? (schema, command, "
                      "axes, layout, seeds, keep, refine)");
    CHECK_THROWS_WITH(
        plan_with(R"("axes":[{"parameter":"a","from":1,"to":2,"point":3}])"),
        ContainsSubstring("/axes/0/point: ") && ContainsSubstring("did you mean 'points'?"));
    CHECK_THROWS_WITH(plan_with(R"("axes":[{"parameter":"a","from":0,"to":2,"points":3,
                                           "spacing":"log"}])"),
                      "plan: /axes/0: a range of log spacing has ends > 0");
    CHECK_THROWS_WITH(plan_with(R"("layout":"list","axes":[{"parameter":"a","values":[1,2]},
                                   {"parameter":"b","values":[1]}])"),
                      ContainsSubstring("it has 1 values and the first axis 2"));
    CHECK_THROWS_WITH(plan_with(R"("axes":[{"parameter":"a","from":0,"to":1,"points":1000000000},
                                   {"parameter":"b","from":0,"to":1,"points":1000000000}])"),
                      ContainsSubstring("1e+18 points"));
    CHECK_THROWS_WITH(parse_plan("[1", "plan"), "plan: it is no JSON");
}

TEST_CASE("the same plan has the same hash however it is laid out", "[plan]") {
    const auto plan = plan_with(R"("seeds":[1,2])");
    CHECK(plan.hash() == plan_with(R"(   "seeds" : [ 1, 2 ])").hash());
    CHECK(plan.hash() != plan_with(R"("seeds":[1,3])").hash());
}

TEST_CASE("shards have each place once", "[plan]") {
    const std::uint64_t places = 23;
    const auto parts = GENERATE(as<std::uint64_t>{}, 1, 2, 7, 23, 40);
    std::multiset<std::uint64_t> all;
    for (std::uint64_t part = 0; part < parts; ++part) {
        const auto next = places_of({part, parts}, places);
        while (const auto place = next()) all.insert(*place);
    }
    CHECK(all.size() == places);
    CHECK(std::set(all.begin(), all.end()).size() == places);
}

TEST_CASE("blocks shrink to single places and come to all", "[plan]") {
    std::uint64_t left = 100'000, before = left, blocks = 0;
    while (left > 0) {
        const auto block = block_size(left, 4);
        REQUIRE((block >= 1 && block <= before));
        before = block;
        left -= block;
        ++blocks;
    }
    CHECK(before == 1);
    CHECK(blocks < 200);  // 8 ln(100000 / 8) = 75, and single ones at the end
}
