// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <moebius/plan/rows.hpp>

#include "journal_folder.hpp"

using namespace moebius;

TEST_CASE("refinement follows a circle with O(1/h) points", "[plan][refine]") {
    const journal_folder folder;
    // the same circle as a jump, as the level of a cone, and as the end of where there are numbers
    struct difference {
        std::string how;
        double (*value)(double);
    };
    const difference differences[] = {
        {R"("by":0.5)", [](double r) { return r < 0.7 ? 1 + 0.1 * r : 0.1 * r; }},
        {R"("of":"v","level":0.7)", [](double r) { return r; }},
        {R"("by":9)",
         [](double r) { return r < 0.7 ? r : std::numeric_limits<double>::quiet_NaN(); }}};
    const auto& [how, value] = differences[GENERATE(0, 1, 2)];
    auto text =
        std::string(R"({"schema":"moebius.plan/1","command":"spin","keep":{"v":"/value"},)");
    text += R"("axes":[{"parameter":"x","from":-1,"to":1,"points":9},
                       {"parameter":"y","from":-1,"to":1,"points":9}],"refine":{"halvings":6,)";
    const auto plan = parse_plan(text + how + "}}", "plan");
    const auto radius = [](const plan_point& p) { return std::hypot(p.at[0], p.at[1]); };
    journal to(folder / "a.journal", plan, our_heading());
    auto rows = read_rows(folder.path(), plan);
    for (auto wanted = wanted_points(plan, rows); !wanted.empty();
         wanted = wanted_points(plan, rows)) {
        for (const auto index : wanted)
            to.add(index, std::vector<double>{value(radius(plan.point(index)))});
        const auto before = rows.index.size();
        rows = read_rows(folder.path(), plan);
        REQUIRE(rows.index.size() == before + wanted.size());
    }
    // every crossing between neighbours of the finest grid has both of them
    const std::uint64_t side = 8 * 64 + 1;
    REQUIRE(plan.points() == side * side);
    const auto inside = [&](std::uint64_t index) { return radius(plan.point(index)) < 0.7; };
    for (std::uint64_t row = 0; row < side; ++row)
        for (std::uint64_t column = 0; column + 1 < side; ++column) {
            const auto a = row * side + column;
            if (inside(a) == inside(a + 1)) continue;
            REQUIRE(!rows.at(a).empty());
            REQUIRE(!rows.at(a + 1).empty());
        }
    CHECK(rows.index.size() < plan.points() / 20);
}
