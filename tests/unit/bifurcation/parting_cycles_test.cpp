// SPDX-License-Identifier: MIT
// Branches of cycles on which cells go their own ways that agreed before, against direct
// integration of all of them.
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/cycle_types.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>
#include <string>

#include "catch.hpp"
#include "unit/lone_cells.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

using test::of_type;

const parameter_range parting_range{"feedback", 0.5, 9};
const continuation_options parting_steps{.max_step = 0.5};

struct alike_loop {
    problem at;
    diagram cycles;
};

/// Cycles of one kind from where the balance of so many alike experts is lost.
alike_loop loops_of(std::size_t experts, const std::string& kind, double gain = 0.5) {
    auto at = make_problem("softmax", {.experts = experts, .controlled = true});
    at = regrouped(at, coarsest_groups(at, {}));
    at.set("gain", gain);
    at.set("leak", 0.05);
    const auto hopf = equilibrium_diagram(at, parting_range, {.split_groups = false}).at("HB1");
    diagram found;
    add_hopf_cycles(found, at, parting_range, hopf, cycle_choice_from(kind), parting_steps);
    return {at, found};
}

/// The first point of a type at which cells of one group part.
special_point first_parting(const diagram& of, point_type type) {
    for (const auto& point : of_type(of, type))
        if (point.multiplicity > 1) return point;
    FAIL("no group parts");
    return {};
}

diagram branch_from(const alike_loop& from, const special_point& point) {
    diagram found;
    add_cycle_branch(found, regrouped(from.at, point.groups), parting_range, point,
                     {.max_step = 0.5, .max_points = 25});
    return found;
}

/// How far the loads of two experts come apart over a branch, by their extremes.
double came_apart(const branch& made, const std::string& one, const std::string& other) {
    double most = 0;
    for (const auto* const end : {"_min", "_max"})
        for (std::size_t row = 0; row < made.columns.rows(); ++row)
            most = std::max(most, std::abs(made.columns.at(one + end)[row] -
                                           made.columns.at(other + end)[row]));
    return most;
}

}  // namespace

TEST_CASE("one of three alike experts leaves the others where their cycles branch",
          "[cycles][oracle]") {
    const auto from = loops_of(4, "1x1");
    const auto point = first_parting(from.cycles, point_type::BP);
    REQUIRE(point.groups.size() == 2);
    const auto found = branch_from(from, point);

    const branch& made = found.branches.at(0);
    CHECK(made.groups == split(point.groups, 1, 1));
    CHECK(made.copies == 3);
    CHECK(came_apart(made, "load_2", "load_3") > 0.1);
    for (const auto& end : of_type(found, point_type::EP))
        CHECK(test::gap_between_mesh_points(from.at, end) < 1e-6);
}

TEST_CASE("one of three alike experts leaves the others where their cycles double",
          "[cycles][oracle]") {
    const auto from = loops_of(4, "1x1");
    const auto point = first_parting(from.cycles, point_type::PD);
    const auto found = branch_from(from, point);

    const branch& made = found.branches.at(0);
    CHECK(made.first == stop_reason::branch_point);
    CHECK(made.groups == split(point.groups, 1, 1));
    CHECK_THAT(made.columns.at("period")[0], WithinRel(2 * point.cycle->period, 1e-9));
    CHECK(came_apart(made, "load_2", "load_3") > 1e-3);
    const auto end = of_type(found, point_type::EP).back();
    CHECK(test::gap_between_mesh_points(from.at, end) < 1e-6);
}

TEST_CASE("groups in turn part in turn, and the wave goes on", "[cycles][waves][oracle]") {
    const auto from = loops_of(6, "3x2");
    const auto point = first_parting(from.cycles, point_type::BP);
    REQUIRE(to_string(point.turn) == "(1 2 3)");
    const auto found = branch_from(from, point);

    const branch& made = found.branches.at(0);
    CHECK(made.groups == singletons(6));
    CHECK(to_string(made.turn) == "(1 3 5)(2 4 6)");
    CHECK(made.copies == 8);
    CHECK(came_apart(made, "load_1", "load_2") > 0.01);
    for (const auto& end : of_type(found, point_type::EP))
        CHECK(test::gap_between_mesh_points(from.at, end) < 1e-6);
}

TEST_CASE("a wave of an even number of parts branches into one of half as many",
          "[cycles][waves][oracle]") {
    const auto from = loops_of(4, "4x1");
    const auto points = of_type(from.cycles, point_type::BP);
    REQUIRE(points.size() == 1);
    const auto found = branch_from(from, points[0]);

    const branch& made = found.branches.at(0);
    CHECK(to_string(made.turn) == "(1 3)(2 4)");
    CHECK(came_apart(made, "load_1", "load_2") > 0.01);
    for (const auto& end : of_type(found, point_type::EP))
        CHECK(test::gap_between_mesh_points(from.at, end) < 1e-6);
}

TEST_CASE("a wave of an odd number of parts doubles its period and goes on in turn",
          "[cycles][waves][oracle]") {
    const auto from = loops_of(4, "3x1");
    const auto points = of_type(from.cycles, point_type::PD);
    REQUIRE(points.size() == 1);
    const auto found = branch_from(from, points[0]);

    const branch& made = found.branches.at(0);
    CHECK(to_string(made.turn) == "(1 3 2)");  // a third of twice the period is two thirds
    CHECK_THAT(made.columns.at("period")[0], WithinRel(2 * points[0].cycle->period, 1e-9));
    const auto end = of_type(found, point_type::EP).back();
    CHECK(test::gap_between_mesh_points(from.at, end) < 1e-6);
    REQUIRE(made.columns.rows() > 5);
}

TEST_CASE("one of two groups in turn parts alone where an even wave doubles",
          "[cycles][waves][oracle]") {
    const auto from = loops_of(4, "2x2");
    const auto found = branch_from(from, first_parting(from.cycles, point_type::PD));

    const branch& made = found.branches.at(0);
    CHECK(made.groups.size() == 3);
    CHECK(made.turn == rotation{});
    const auto end = of_type(found, point_type::EP).back();
    CHECK(std::abs(end.state[0] - end.state[1]) > 1e-3);  // each as the other half a period ago
    CHECK(test::gap_between_mesh_points(from.at, end) < 1e-6);
    REQUIRE(made.columns.rows() > 5);
}

TEST_CASE("a point at which a group parts is followed over two parameters", "[cycles][oracle]") {
    struct parting_case {
        point_type type;
        std::size_t experts;
        std::string kind;
    };
    const auto [type, experts, kind] =
        GENERATE(as<parting_case>{}, parting_case{point_type::BP, 4, "1x1"},
                 parting_case{point_type::PD, 4, "1x1"}, parting_case{point_type::BP, 6, "3x2"});
    CAPTURE(kind, to_string(type));
    const auto from = loops_of(experts, kind);
    const auto start = first_parting(from.cycles, type);
    const parameter_range gain{"gain", 0.47, 0.52};

    const auto found =
        locus(regrouped(from.at, start.groups), parting_range, gain, {.max_step = 0.5}, start);

    REQUIRE(found.branches.size() == 1);
    const auto& made = found.branches[0];
    CHECK(made.groups.size() == start.groups.size() + 1);
    const auto& rows = made.columns;
    int ends = 0;
    for (const std::size_t end : {std::size_t{0}, rows.rows() - 1}) {
        const double edge = rows.at("gain")[end];
        if (edge != gain.from && edge != gain.to) continue;
        ++ends;
        // a run along feedback alone, on the groups that are whole
        const auto there = of_type(loops_of(experts, kind, edge).cycles, type);
        double nearest = 1;
        for (const auto& point : there)
            nearest = std::min(nearest, std::abs(point.parameters[0] - rows.at("feedback")[end]));
        CAPTURE(edge, rows.at("feedback")[end]);
        CHECK(nearest < 1e-6);  // as far as a mesh moves a point of this kind
    }
    CHECK(ends > 0);
}
