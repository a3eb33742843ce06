// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <moebius/base/error.hpp>
#include <moebius/plan/plan.hpp>
#include <moebius/plan/run.hpp>
#include <set>

using namespace moebius;

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
    CHECK(point.at[1] == 10);  // the geometric mean of 1 and 100
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
    CHECK_THROWS_WITH(plan_with(R"("axes":[{"parameter":"a","from":0,"to":1,"points":1000000},
                                   {"parameter":"b","from":0,"to":1,"points":1000000}],
                                   "refine":{"halvings":1})"),
                      "plan: /refine: its coarse grid has 1e+12 points, and 2^28 is the most");
    CHECK_THROWS_WITH(parse_plan("{\n\"a\": [1,", "plan"),
                      "plan: it is no JSON at line 2, column 9");
    CHECK_THROWS_WITH(plan_with(R"("seeds":[1],"seeds":[2])"),
                      "plan: the key seeds comes twice in one object");
    CHECK_THROWS_WITH(
        plan_with(R"("axes":[{"parameter":"a","from":0,"from":1,"to":2,"points":3}])"),
        "plan: the key from comes twice in one object");
}

TEST_CASE("points that would be infinite or come twice are refused", "[plan][error]") {
    const auto with_axis = [](const std::string& axis) {
        return plan_with(R"("axes":[{"parameter":"a",)" + axis + "}]");
    };
    CHECK_THROWS_WITH(with_axis(R"("from":-1e308,"to":1e308,"points":5)"),
                      "plan: /axes/0: its ends are too far apart for a double");
    CHECK_THROWS_WITH(with_axis(R"("from":1,"to":1,"points":3)"),
                      "plan: /axes/0: its 3 points would all be 1");
    CHECK(with_axis(R"("from":1,"to":1,"points":1)").points() == 1);
    CHECK_THROWS_WITH(with_axis(R"("values":[2,1,2])"), "plan: /axes/0: 2 comes twice");
    CHECK_THROWS_WITH(plan_with(R"("seeds":[3,4,3])"), "plan: /seeds: 3 comes twice");
    CHECK(plan_with(R"("layout":"list","axes":[{"parameter":"a","values":[1,1]},
                       {"parameter":"b","values":[1,2]}])")
              .points() == 2);
}

TEST_CASE("a grid has the decimals that one would write", "[plan]") {
    const auto values_of = [](const std::string& axis) {
        const auto plan = plan_with(R"("axes":[{"parameter":"a",)" + axis + "}]");
        std::vector<double> out;
        for (std::uint64_t i = 0; i < plan.points(); ++i) out.push_back(plan.point(i).at[0]);
        return out;
    };
    CHECK(values_of(R"("from":0.001,"to":1000,"points":7,"spacing":"log")") ==
          std::vector{0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0});
    CHECK(values_of(R"("from":1e10,"to":1e-10,"points":5,"spacing":"log")") ==
          std::vector{1e10, 1e5, 1.0, 1e-5, 1e-10});
    CHECK(values_of(R"("from":-0.1,"to":0.3,"points":5)") == std::vector{-0.1, 0.0, 0.1, 0.2, 0.3});
    const auto tenths = values_of(R"("from":-8,"to":8,"points":161)");
    for (int i = 0; i <= 160; ++i)  // a quotient of whole numbers is the nearest to the decimal
        CHECK(tenths[static_cast<std::size_t>(i)] == (i - 80) / 10.0);
    // steps near the last digit stay as they are: rounded to 15 digits they would differ
    const auto fine = values_of(R"("from":1,"to":1.00000000000001,"points":11)");
    CHECK(std::set(fine.begin(), fine.end()).size() == 11);
}

TEST_CASE("whole numbers are counts however they are written", "[plan]") {
    CHECK(plan_with(R"("axes":[{"parameter":"a","from":0,"to":1,"points":5.0}])").points() == 5);
    CHECK(plan_with(R"("seeds":[1e3, 9007199254740992])").seeds ==
          std::vector<std::uint64_t>{1000, std::uint64_t{1} << 53});
    for (const char* other : {"5.5", "-1", "1e16", "9007199254740993", "\"5\"", "true"})
        CHECK_THROWS_WITH(plan_with(R"("seeds":[)" + std::string(other) + "]"),
                          "plan: /seeds/0: a whole number from 0 to 9007199254740992 is needed");
}

TEST_CASE("names that a merged file cannot have are refused", "[plan][error]") {
    const auto with_name = [](const std::string& name) {
        return parse_plan(
            R"({"schema":"moebius.plan/1","command":"spin","keep":{")" + name + R"(":"/value"}})",
            "plan");
    };
    for (const char* name : {"", "a/b", "a b", "a,b", "-a", ".a", "status", "seed", "point",
                             "failure", "failed", "failed_point", "\\u00e9", "a\\n"})
        CHECK_THROWS_AS(with_name(name), io_error);
    CHECK_THROWS_AS(with_name(std::string(256, 'a')), io_error);
    for (const char* name : {"a", "load_1", "_x", "3d", "a.b+c@d-e"})
        CHECK(with_name(name).keep[0].name == name);
    CHECK_THROWS_AS(plan_with(R"("axes":[{"parameter":"status","values":[1]}])"), io_error);
    CHECK_THROWS_AS(plan_with(R"("axes":[{"option":"seed","values":[1]}],"seeds":[1])"), io_error);
    CHECK_NOTHROW(plan_with(R"("axes":[{"option":"seed","values":[1]}])"));
}

TEST_CASE("a process keeps its own points in mind, and a value beats a failure", "[plan]") {
    known_points known({1, 3}, 10);  // 1, 4, 7
    CHECK(shard{1, 3}.size(10) == 3);
    CHECK(shard{1, 3}.size(1) == 0);
    for (const std::uint64_t other : {0U, 2U, 9U}) known.add(other, false);
    CHECK(known.count() == 0);
    known.add(4, true);
    known.add(7, false);
    known.add(7, true);
    known.add(7, false);
    CHECK(known.count() == 2);
    CHECK(known.failed() == 1);
    CHECK((known.has(4) && known.has(7) && !known.has(1)));
    known.add(4, false);
    CHECK(known.failed() == 0);
    known.add(1, true);
    known.forget_failures();
    CHECK((known.count() == 2 && !known.has(1)));
    CHECK_THROWS_AS(known_points({}, 1'000'000'000'000), invalid_argument);
    CHECK_NOTHROW(known_points({5, 100'000}, 1'000'000'000'000));
}

TEST_CASE("the same plan has the same hash however it is laid out", "[plan]") {
    const auto plan = plan_with(R"("seeds":[1,2])");
    CHECK(plan.hash() == plan_with(R"(   "seeds" : [ 1, 2 ])").hash());
    CHECK(plan.hash() != plan_with(R"("seeds":[1,3])").hash());
}

TEST_CASE("a plan is what it means", "[plan]") {
    const char* files[][2] = {
        {R"("axes":[{"parameter":"a","values":[5,0]}])",
         R"("layout":"grid","axes":[{"values":[5.0,-0.0],"parameter":"a"}])"},
        {R"("axes":[{"option":"--b","from":1,"to":1e2,"points":5}])",
         R"("axes":[{"option":"b","from":1.0,"to":100,"points":5.0,"spacing":"linear"}])"},
        {R"("seeds":[4,5,6])", R"("seeds":{"from":4,"count":3.0})"},
        {R"("layout":{"latin":9},"axes":[{"parameter":"a","from":0,"to":1}])",
         R"("layout":{"seed":0,"latin":9},"axes":[{"parameter":"a","to":1.0,"from":0}])"},
        {R"("axes":[{"parameter":"a","from":0,"to":1,"points":3},
                    {"parameter":"b","from":0,"to":1,"points":3}],"refine":{"halvings":2})",
         R"("axes":[{"parameter":"a","from":0,"to":1,"points":3},
                    {"parameter":"b","from":0,"to":1,"points":3}],
            "refine":{"halvings":2,"of":"v","by":0})"}};
    std::set<std::uint64_t> different;
    for (const auto& [one, other] : files) {
        CAPTURE(one, other);
        CHECK(plan_with(one).text == plan_with(other).text);
        const auto again = parse_plan(plan_with(one).text, "again");
        CHECK(again.text == plan_with(one).text);
        CHECK(again.points() == plan_with(one).points());
        different.insert(plan_with(one).hash());
    }
    CHECK(different.size() == std::size(files));
    CHECK(plan_with(R"("axes":[{"parameter":"a","values":[0,5]}])").hash() !=
          plan_with(files[0][0]).hash());  // its points have other numbers
}

TEST_CASE("what the command fixes has no axis and no seeds", "[plan][error]") {
    const auto plan_of = [](const std::string& command, const std::string& rest) {
        return parse_plan(R"({"schema":"moebius.plan/1","keep":{"v":"/value"},"command":")" +
                              command + "\"," + rest + "}",
                          "plan");
    };
    const std::string seeds = R"("seeds":[1,2])",
                      batch = R"("axes":[{"option":"batch","values":[1,2]}])",
                      feedback = R"("axes":[{"parameter":"feedback","values":[1,2]}])";
    CHECK_THROWS_WITH(plan_of("simulate --seed 3", seeds),
                      "plan: /seeds: the command has --seed, too");
    CHECK_THROWS_WITH(plan_of("simulate --seed=3", seeds),
                      "plan: /seeds: the command has --seed, too");
    CHECK_THROWS_WITH(plan_of("simulate --batch 3", batch),
                      "plan: /axes/0: the command has --batch, too");
    for (const char* set : {"--set feedback=1", "--set=feedback=1"})
        CHECK_THROWS_WITH(plan_of(std::string("simulate ") + set, feedback),
                          "plan: /axes/0: the command has --set feedback, too");
    CHECK_NOTHROW(plan_of("simulate --seeds 3 --set beta=2", seeds));
    CHECK_NOTHROW(plan_of("simulate --batches 3 --set feedback_end=2 --vary feedback=1:2", batch));
    CHECK_NOTHROW(plan_of("simulate --set feedback_end=2", feedback));
}

TEST_CASE("shards have each place once", "[plan]") {
    const std::uint64_t places = 23;
    const auto parts = GENERATE(as<std::uint64_t>{}, 1, 2, 7, 23, 40);
    std::multiset<std::uint64_t> all;
    for (std::uint64_t part = 0; part < parts; ++part) {
        const shard own{part, parts};
        const auto next = places_below(own.size(places));
        while (const auto place = next()) all.insert(own.at(*place));
    }
    CHECK(all.size() == places);
    CHECK(std::set(all.begin(), all.end()).size() == places);
}

TEST_CASE("samples come first, and each place once", "[plan]") {
    const auto places = GENERATE(as<std::uint64_t>{}, 1, 2, 5, 6, 7, 100);
    std::set<std::uint64_t> all;
    for (std::uint64_t place = 0; place < places; ++place) all.insert(samples_first(place, places));
    CHECK(all.size() == places);
    CHECK(*all.rbegin() == places - 1);
    CHECK(samples_of(places).back() == places - 1);
    if (places < 6) return;
    for (std::uint64_t place = 0; place < 3; ++place)
        CHECK(samples_first(place, places) == samples_of(places)[place]);
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
