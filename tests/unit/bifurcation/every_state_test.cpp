// SPDX-License-Identifier: MIT
// Every stable state of a model of many cells is on its diagram, and none twice.
#include <cmath>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/model/registry.hpp>
#include <string>

#include "catch.hpp"
#include "unit/brute_force.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

brute_force::cells_problem of(const problem& apart) {
    return {apart, regrouped(apart, coarsest_groups(apart, {}))};
}

std::vector<std::string> faults(const problem& apart, const parameter_range& range,
                                std::size_t starts) {
    const auto on = of(apart);
    const auto found = equilibrium_diagram(on.grouped, range);
    // Chords of steps up to 0.1 state scales and 0.005 of the window.
    return brute_force::faults(on, found, range.name, range.from, range.to, 4, starts, 0.02);
}

std::size_t count(const diagram& in, point_type type) {
    return static_cast<std::size_t>(
        std::count_if(in.special_points.begin(), in.special_points.end(),
                      [type](const special_point& point) { return point.type == type; }));
}

}  // namespace

TEST_CASE("collapsed states are found in windows without the branch point",
          "[bifurcation][alike][complete]") {
    using window = std::tuple<std::size_t, double, double>;
    const auto [experts, from, to] =
        GENERATE(window{8, 1, 6}, window{8, 8, 12}, window{8, 8.5, 12}, window{8, 5, 7},
                 window{4, 5, 8}, window{64, 1, 20}, window{3, 1, 2.9}, window{256, 6, 9});
    const problem apart = make_problem("softmax", {.experts = experts});
    CAPTURE(experts, from, to);
    const auto found = equilibrium_diagram(of(apart).grouped, {"feedback", from, to});
    // docs/theory.md section 3: j equal winners from j K_s(N/j) on, each kind once.
    for (std::size_t winners = 1; 2 * winners < experts; ++winners) {
        const auto fold = exact::branch_fold({experts, winners});
        const auto on_it = [&](const branch& curve) {
            return curve.groups.size() == 2 && curve.groups.groups[0].size() == winners;
        };
        const auto arms = std::count_if(found.branches.begin(), found.branches.end(), on_it);
        CAPTURE(winners, fold.K);
        CHECK(arms == (fold.K >= to ? 0 : fold.K > from ? 1 : 2));
    }
    if (experts <= 8) CHECK(faults(apart, {"feedback", from, to}, 16).empty());
}

TEST_CASE("a bias on one expert leaves the others' collapse", "[bifurcation][alike][complete]") {
    problem apart = make_problem("softmax", {.experts = 8});
    apart.set("bias_1", 0.05);
    CHECK(faults(apart, {"feedback", 1, 12}, 16).empty());
}

TEST_CASE("collapsed states under a controller with leak are found",
          "[bifurcation][alike][complete]") {
    problem apart = make_problem("softmax", {.experts = 8, .controlled = true});
    apart.set("gain", 0.5);
    apart.set("leak", 0.1);
    CHECK(faults(apart, {"feedback", 1, 12}, 12).empty());
}

TEST_CASE("experts with biases of their own: each one's collapse", "[bifurcation][complete]") {
    using sizes = std::pair<std::size_t, std::size_t>;
    const auto [experts, top_k] = GENERATE(sizes{2, 1}, sizes{5, 1}, sizes{12, 1}, sizes{6, 2});
    problem apart =
        make_problem(top_k == 1 ? "softmax" : "exact-k", {.experts = experts, .top_k = top_k});
    for (std::size_t e = 0; e < experts; ++e)  // no pattern; up to a fifth
        apart.set("bias_" + std::to_string(e + 1),
                  0.4 * std::fmod(static_cast<double>(e + 1) * 0.6180339887, 1.0) - 0.2);
    CAPTURE(experts, top_k);
    CHECK(faults(apart, {"feedback", 4, 9}, 24).empty());
}

TEST_CASE("where each token goes to all experts but one, each one's exclusion is found",
          "[bifurcation][complete]") {
    // choices of all experts but one are as few as those of one, and were not tried of ten
    problem apart = make_problem("exact-k", {.experts = 10, .top_k = 9});
    for (std::size_t e = 0; e < 10; ++e)  // no pattern
        apart.set("bias_" + std::to_string(e + 1),
                  2e-4 * std::fmod(static_cast<double>(e + 1) * 0.6180339887, 1.0) - 1e-4);
    const auto found = equilibrium_diagram(apart, {"feedback", 52, 78});
    std::size_t stable_states = 0;  // at the end of the window
    for (const auto& curve : found.branches) {
        const auto &at = curve.columns.columns[0], &stable = curve.columns.at("stable");
        if (at.front() == 78 && stable.front() == 1) ++stable_states;
        if (at.back() == 78 && stable.back() == 1) ++stable_states;
    }
    // and balance: alike experts part at N (N - 1) / (N - k) = 90, docs/theory.md section 4
    CHECK(stable_states == 10 + 1);
}

TEST_CASE("starts of few winners are bounded as asked, and those left are counted",
          "[bifurcation][complete]") {
    problem apart = make_problem("exact-k", {.experts = 6, .top_k = 2});
    for (std::size_t e = 1; e <= 6; ++e)
        apart.set("bias_" + std::to_string(e), 0.1 * std::sin(static_cast<double>(e)));
    const parameter_range range{"feedback", 9, 9.5};
    const auto left = [&](std::size_t scans, std::size_t starts) {
        return equilibrium_diagram(apart, range, {.scans = scans, .scan_starts = starts}).search;
    };
    CHECK(left(32, 0).not_tried == 0);
    // 6 single winners and 15 pairs: 30 starts are 5 values of the former and 2 of the latter
    CHECK(left(8, 30).not_tried == (8 - 5) * 6 + (8 - 2) * 15);
    CHECK(left(8, 5).not_tried == 8 * 6 + 8 * 15);
    CHECK(left(8, 5).starts + 8 * 21 == left(8, 0).starts);
}

TEST_CASE("no branch of coarser groups comes again on finer ones", "[bifurcation][alike]") {
    using sizes = std::pair<std::size_t, std::size_t>;
    const auto [experts, top_k] = GENERATE(sizes{8, 2}, sizes{6, 3}, sizes{8, 4}, sizes{9, 3});
    const problem apart = make_problem("exact-k", {.experts = experts, .top_k = top_k});
    CAPTURE(experts, top_k);
    CHECK(faults(apart, {"feedback", 2, 28}, 16).empty());
    const auto found = equilibrium_diagram(of(apart).grouped, {"feedback", 2, 28});
    std::vector<double> folds;
    for (const auto& curve : found.branches) {
        CHECK(curve.last != stop_reason::step_too_small);
        CHECK(curve.columns.rows() > 1);
    }
    CHECK(count(found, point_type::BP) > 0);
}

TEST_CASE("with twice as many experts as each token gets, three groups part at once",
          "[bifurcation][alike]") {
    const problem apart = make_problem("exact-k", {.experts = 6, .top_k = 3});
    const auto found = equilibrium_diagram(of(apart).grouped, {"feedback", 2, 30});
    const auto three = std::count_if(found.branches.begin(), found.branches.end(),
                                     [](const branch& curve) { return curve.groups.size() == 3; });
    // 1 + 1 + 4 and 2 + 2 + 2: the sizes for which a S_6 x Z_2 action leaves one direction; the
    // rates of 1 + 2 + 3 are those of 2 + 4.
    CHECK(three == 2);
    CHECK(count(found, point_type::BP) == 1);
}

TEST_CASE("under a controller three groups part at once as without one", "[bifurcation][alike]") {
    problem apart = make_problem("exact-k", {.experts = 6, .top_k = 3, .controlled = true});
    apart.set("gain", 0.5);
    apart.set("leak", 0.1);
    const auto found = equilibrium_diagram(of(apart).grouped, {"feedback", 2, 45});
    const auto three = std::count_if(found.branches.begin(), found.branches.end(),
                                     [](const branch& curve) { return curve.groups.size() == 3; });
    CHECK(three == 2);
    CHECK(found.search.lost == 0);
}

TEST_CASE("a branch point in the middle or on the edge of the window stands once",
          "[bifurcation][edge]") {
    using window = std::pair<double, double>;
    const auto [from, to] = GENERATE(window{0, 4}, window{1, 3}, window{-4, 8}, window{2, 6},
                                     window{1, 2}, window{0.5, 20});
    CAPTURE(from, to);
    const auto found = equilibrium_diagram(make_problem("two-expert"), {"feedback", from, to});
    REQUIRE(count(found, point_type::BP) == 1);
    for (const auto& point : found.special_points)
        if (point.type == point_type::BP) CHECK_THAT(point.parameters[0], WithinAbs(2, 1e-12));
    CHECK(found.branches.size() == (to > 2 ? 3 : 1));
    for (const auto& curve : found.branches) {
        CHECK(curve.columns.rows() > 2);
        CHECK(curve.last == stop_reason::range_end);
    }
}

TEST_CASE("the multiple branch point on the edge or in the middle of the window stands once",
          "[bifurcation][alike][edge]") {
    using window = std::pair<double, double>;
    const auto [from, to] = GENERATE(window{4, 8}, window{8, 12}, window{4, 12});
    CAPTURE(from, to);
    const problem apart = make_problem("softmax", {.experts = 8});
    const auto found = equilibrium_diagram(of(apart).grouped, {"feedback", from, to});
    REQUIRE(count(found, point_type::BP) == 1);
    CHECK_THAT(found.at("BP1").parameters[0], WithinRel(8, 1e-12));
    CHECK(found.at("BP1").multiplicity == 7);
    for (const auto& curve : found.branches) {
        CHECK(curve.columns.rows() > 2);
        CHECK(curve.last == stop_reason::range_end);
    }
}

TEST_CASE("a multiple branch point on the edge counts once, whatever rounding makes of its zeros",
          "[bifurcation][alike][edge]") {
    // docs/theory.md section 4: k of N experts part at N (N - 1) / (N - k)
    const auto [experts, k] = GENERATE(std::pair{6, 3}, std::pair{6, 2}, std::pair{5, 2},
                                       std::pair{7, 3}, std::pair{10, 5});
    const double at = experts * (experts - 1.0) / (experts - k);
    const auto [from, to] = GENERATE_COPY(std::pair{at, 3 * at}, std::pair{at / 2, at});
    CAPTURE(experts, k, from, to);
    const problem apart = make_problem("exact-k", {.experts = static_cast<std::size_t>(experts),
                                                   .top_k = static_cast<std::size_t>(k)});
    const auto found =
        equilibrium_diagram(of(apart).grouped, {"feedback", from, to}, {.split_groups = false});
    REQUIRE(count(found, point_type::BP) == 1);
    CHECK(found.at("BP1").multiplicity == experts - 1);
}

TEST_CASE("what Newton's method leaves of a multiple root on the edge is no branch",
          "[bifurcation][alike][edge]") {
    const problem apart = make_problem("exact-k", {.experts = 6, .top_k = 3});
    const auto found = equilibrium_diagram(of(apart).grouped, {"feedback", 10, 30});
    CHECK(found.branches.size() == 8);
    for (const auto& curve : found.branches) CHECK(curve.columns.rows() > 1);
}

TEST_CASE("an end on the branch point of the window's edge is that point",
          "[bifurcation][alike][edge]") {
    // docs/theory.md section 3: three against three leave at feedback = 6 as a pitchfork does, so
    // that their state there is a root of third order
    const problem apart = make_problem("softmax", {.experts = 6});
    const auto found = equilibrium_diagram(of(apart).grouped, {"feedback", 6, 6.0001});
    const auto halves =
        std::find_if(found.branches.begin(), found.branches.end(), [](const branch& curve) {
            return curve.groups.size() == 2 && curve.groups.groups[0].size() == 3;
        });
    REQUIRE(halves != found.branches.end());
    CHECK((halves->first == stop_reason::branch_point) !=
          (halves->last == stop_reason::branch_point));
    for (const auto& point : found.special_points)
        if (point.type == point_type::EP && point.branch == halves->id)
            CHECK(point.parameters[0] > 6);
}

TEST_CASE("a long step next to a branch point stays on the branch that leaves there",
          "[bifurcation][alike]") {
    // these branches go along the one that they leave for as long as the first step
    using window = std::tuple<std::size_t, double, double, double>;
    const auto [experts, from, to, step] =
        GENERATE(window{24, 33.6642, 57.1244, 4}, window{32, 50.6547, 71.1945, 3},
                 window{28, 40.2919, 61.4381, 4}, window{28, 33.8735, 58.19, 4});
    CAPTURE(experts, from, to, step);
    const problem apart = make_problem("exact-k", {.experts = experts, .top_k = 2});
    const auto found =
        equilibrium_diagram(of(apart).grouped, {"feedback", from, to}, {.max_step = step});
    std::size_t of_three = 0;
    for (const auto& curve : found.branches) {
        const std::size_t groups = curve.groups.size();
        if (groups > 2) ++of_three;
        const auto& columns = curve.columns.columns;
        for (std::size_t row = 1; row + 1 < curve.columns.rows(); ++row)
            for (std::size_t i = 1; i < groups; ++i)
                for (std::size_t j = i + 1; j <= groups; ++j) {
                    CAPTURE(curve.id, row, i, j);
                    CHECK(std::abs(columns[i][row] - columns[j][row]) > 1e-6);
                }
    }
    CHECK(of_three > 0);
    CHECK(found.search.lost == 0);
}
