// SPDX-License-Identifier: MIT
// Every fault that is planted is found.
#include <algorithm>
#include <array>
#include <limits>
#include <moebius/audit/audit.hpp>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>

#include "audit_claims.hpp"
#include "catch.hpp"
#include "unit/test_models.hpp"

using namespace moebius;
using namespace audits;

TEST_CASE("a curve that a locus lacks is missed", "[audit][planted]") {
    SECTION("a fold of two experts") {
        const problem two = make_problem("two-expert");
        const std::vector<parameter_range> window{{"feedback", 1.5, 20}, {"bias", -9, 9}};
        claim of{two, window, {}, true, locus(two, window[0], window[1])};
        auto& curve = of.data.branches.at(0);
        const auto& bias = curve.columns.at("bias");
        const auto keep = static_cast<std::size_t>(
            std::find_if(bias.begin(), bias.end(), [](double b) { return b > 0; }) - bias.begin());
        for (auto& column : curve.columns.columns) column.resize(keep);  // one arm of the cusp
        std::erase_if(of.data.special_points,
                      [&](const special_point& point) { return point.row >= keep; });
        check_found(of, "missing curves", "ends before");
    }
    SECTION("the Hopf curve of a controlled pair") {
        problem two = make_problem("two-expert", {.controlled = true});
        two.set("leak", 0.1);
        const std::vector<parameter_range> window{{"feedback", 0.5, 12}, {"gain", 0.001, 1}};
        claim of{two, window, {}, true, locus(two, window[0], window[1])};
        CHECK(audited(of).wrong() == 0);
        std::erase_if(of.data.branches, [](const branch& one) { return one.kind == "hopf"; });
        std::erase_if(of.data.special_points, [&](const special_point& point) {
            return std::none_of(of.data.branches.begin(), of.data.branches.end(),
                                [&](const branch& one) { return one.id == point.branch; });
        });
        check_found(of, "missing curves", "ends before");
        of.whole = false;
        CHECK(audited(of).wrong() == 0);
    }
}

TEST_CASE("a shifted fold is found", "[audit][planted]") {
    auto of = softmax_claim();
    auto& fold = first_of(of, point_type::LP);
    auto& rows = branch_of(of, fold).columns.columns;

    SECTION("off the branch") {
        fold.state[0] += 1e-5;
        rows[1][fold.row] += 1e-5;
        check_found(of, "LP", "residual");
    }
    SECTION("away from its row") {
        fold.parameters[0] += 1e-4;
        check_found(of, "LP", "in its row");
    }
    SECTION("along the branch") {
        const auto& curve = branch_of(of, fold);
        const std::size_t row = fold.row + 3;
        fold.parameters[0] = rows[0][row];
        for (std::size_t i = 0; i < fold.state.size(); ++i) fold.state[i] = rows[1 + i][row];
        fold.row = row;
        fold.eigenvalues.clear();
        CHECK(curve.columns.rows() > row);
        check_found(of, "LP", "0 eigenvalues are 0");
    }
}

TEST_CASE("a wrong label is found", "[audit][planted]") {
    auto of = softmax_claim();
    SECTION("a branch point called a fold") {
        auto& point = first_of(of, point_type::BP);
        point.type = point_type::LP;
        point.multiplicity = 4;
        check_found(of, "LP", "no fold");
    }
    SECTION("a fold called a branch point") {
        first_of(of, point_type::LP).type = point_type::BP;
        check_found(of, "BP", "the rank of (f_x, f_p) drops by 0");
    }
    SECTION("a fold called a Hopf point") {
        auto& point = first_of(of, point_type::LP);
        point.type = point_type::HB;
        point.normal_form = {{"omega", 0.5}, {"l1", -1}};
        check_found(of, "HB", "0 eigenvalues are 0 +0.5 i");
    }
    SECTION("an end called a fold") {
        first_of(of, point_type::EP).type = point_type::LP;
        check_found(of, "LP", "0 eigenvalues are 0");
    }
}

TEST_CASE("a wrong number at a point is found", "[audit][planted]") {
    auto of = controlled_claim();
    SECTION("a branch point's multiplicity") {
        first_of(of, point_type::BP).multiplicity = 2;
        check_found(of, "BP", "3 eigenvalues are 0 +0 i, and 2 it says");
    }
    SECTION("a Hopf point's frequency") {
        auto& hopf = first_of(of, point_type::HB);
        for (auto& [name, value] : hopf.normal_form)
            if (name == "omega") value *= 1.001;
        check_found(of, "HB", "0 eigenvalues are");
    }
    SECTION("a Hopf point's period, and the speed of its crossing") {
        const auto name = GENERATE(as<std::string>(), "period", "crossing");
        for (auto& [known, value] : first_of(of, point_type::HB).normal_form)
            if (known == name) value *= 1.01;
        check_found(of, "HB", name + " is");
    }
    SECTION("a parameter, in its tenth digit") {
        const auto k =
            GENERATE(std::size_t{0}, std::size_t{3});  // feedback, which varies, and gain
        first_of(of, point_type::HB).parameters[k] *= 1 + 1e-9;
        check_found(of, "HB", k == 0 ? "in its row" : "of the file");
    }
    SECTION("the sign of a first Lyapunov coefficient") {
        for (auto& [name, value] : first_of(of, point_type::HB).normal_form)
            if (name == "l1") value = -value;
        check_found(of, "HB", "l1 is");
    }
    SECTION("criticality") {
        first_of(of, point_type::HB).criticality = "subcritical";
        check_found(of, "HB", "subcritical, and supercritical by differences");
    }
    SECTION("a fold's coefficient") {
        for (auto& [name, value] : first_of(of, point_type::LP).normal_form)
            if (name == "quadratic") value *= 1.01;
        check_found(of, "LP", "quadratic is");
    }
    SECTION("an eigenvalue") {
        first_of(of, point_type::EP).eigenvalues[0] += 0.01;
        check_found(of, "EP", "the Jacobian has no eigenvalue");
    }
}

TEST_CASE("wrong rows are found", "[audit][planted]") {
    auto of = softmax_claim();
    auto& columns = of.data.branches[1].columns;
    const std::size_t row = columns.rows() / 16;  // the first of eight that are judged
    const auto at = [&](std::string_view name) -> double& {
        const auto found = std::find(columns.names.begin(), columns.names.end(), name);
        return columns.columns[static_cast<std::size_t>(found - columns.names.begin())][row];
    };
    SECTION("a state") {
        at("s_1") += 1e-4;
        check_found(of, "rows", "no equilibrium");
    }
    SECTION("a state between the rows that are judged whole") {
        const auto& judged = of.data.special_points;
        const std::size_t other = row + 1;
        REQUIRE(std::none_of(judged.begin(), judged.end(), [&](const special_point& point) {
            return point.branch == of.data.branches[1].id && point.row == other;
        }));
        columns.columns[1][other] += 1e-4;
        check_found(of, "residuals", "no equilibrium");
    }
    SECTION("n_unstable") {
        at("n_unstable") += 1;
        check_found(of, "rows", "n_unstable is");
        check_found(of, "stability", "n_unstable goes from");
    }
    SECTION("stable") {
        at("stable") = 1 - at("stable");
        check_found(of, "rows", "stable");
    }
    SECTION("a load") {
        at("load_2") += 1e-6;
        check_found(of, "rows", "load_2 is");
    }
    SECTION("the leading eigenvalue") {
        at("eigenvalue") += 1e-3;
        check_found(of, "rows", "the leading eigenvalue is");
    }
}

TEST_CASE("a change of stability without its point is found", "[audit][planted]") {
    auto of = controlled_claim();
    const auto hopf =
        std::find_if(of.data.special_points.begin(), of.data.special_points.end(),
                     [](const special_point& point) { return point.type == point_type::HB; });
    of.data.special_points.erase(hopf);
    check_found(of, "stability", "the points between explain 0");
}

TEST_CASE("a branch that was removed is missed", "[audit][planted]") {
    auto of = softmax_claim();
    const int gone = of.data.branches[1].id;  // one winner: stable beyond its fold
    std::erase_if(of.data.branches, [&](const branch& one) { return one.id == gone; });
    std::erase_if(of.data.special_points,
                  [&](const special_point& point) { return point.branch == gone; });
    SECTION("where the claim is whole") { check_found(of, "stable states", "is on no branch"); }
    SECTION("and is not where the file says that it may be incomplete") {
        of.data.search.not_followed = 1;
        const auto report = audited(of);
        CHECK(report.wrong() == 0);
        CHECK(count_of(report, "stable states").not_judged > 0);
    }
}

TEST_CASE("an unstable branch that was removed is missed at its branch point", "[audit][planted]") {
    auto of = diagram_of(make_problem("two-expert", {}), {"feedback", 0.5, 8});
    REQUIRE(audited(of).wrong() == 0);
    of.data.branches.pop_back();  // one side of the pitchfork, and as if nobody had searched it
    std::erase_if(of.data.special_points, [&](const special_point& point) {
        return point.branch > of.data.branches.back().id;
    });
    check_found(of, "arms", "BP1: 3 ways leave it in the file, of 4 or more");
}

TEST_CASE("a closed branch that was removed is missed", "[audit][planted]") {
    auto of = diagram_of(problem_of<test_models::circle>(), {"p", -1.5, 9});
    CHECK(count_of(audited(of), "window").judged > 0);
    of.data.branches.clear();
    of.data.special_points.clear();
    check_found(of, "window", "is on no branch");
}

TEST_CASE("what stands twice is found", "[audit][planted]") {
    auto of = softmax_claim();
    SECTION("a branch") {
        auto copy = of.data.branches[1];
        copy.id = 100;
        of.data.branches.push_back(copy);
        check_found(of, "double branches", "branch 100 lies on branch");
    }
    SECTION("a branch with other names of the experts") {
        auto copy = of.data.branches[1];
        copy.id = 100;
        copy.groups = grouping_from("3 1-2,4-5");
        of.data.branches.push_back(copy);
        check_found(of, "double branches", "branch 100 lies on branch");
    }
    SECTION("a branch of coarser groups as one of finer ones") {
        branch copy = of.data.branches[1];
        copy.id = 100;
        copy.columns = {{"feedback", "s_1", "s_2", "load_1", "load_2", "stable", "n_unstable"}, {}};
        const auto& whole = of.data.branches[0].columns;
        REQUIRE(of.data.branches[0].groups.size() == 1);
        for (const auto* name :
             {"feedback", "s_1", "s_1", "load_1", "load_1", "stable", "n_unstable"})
            copy.columns.columns.push_back(whole.at(name));
        of.data.branches.push_back(copy);
        check_found(of, "double branches", "branch 100 is one of coarser groups");
    }
    SECTION("a point") {
        auto again = first_of(of, point_type::LP);
        again.label = "LP9";
        of.data.special_points.push_back(again);
        check_found(of, "double points", "LP9 is LP1 again");
    }
}

TEST_CASE("an unstable branch that is called stable is found at values, too", "[audit][planted]") {
    auto of = softmax_claim();
    auto& columns = of.data.branches[0].columns;  // the balanced one
    for (std::size_t c = 0; c < columns.names.size(); ++c) {
        if (columns.names[c] == "stable") columns.columns[c].assign(columns.rows(), 1);
        if (columns.names[c] == "n_unstable") columns.columns[c].assign(columns.rows(), 0);
    }
    check_found(of, "stable states", "is called stable at");
}

TEST_CASE("a shifted cusp is found though it lies on the folds", "[audit][planted]") {
    const problem two = make_problem("two-expert");
    const std::vector<parameter_range> window{{"feedback", 1.5, 20}, {"bias", -9, 9}};
    claim of{two, window, {}, true, locus(two, window[0], window[1])};
    auto& cusp = first_of(of, point_type::CP);
    const auto& rows = of.data.branches[0].columns.columns;
    ++cusp.row;
    for (std::size_t k = 0; k < 2; ++k) {
        const auto name =
            std::find(cusp.parameter_names.begin(), cusp.parameter_names.end(), window[k].name);
        cusp.parameters[static_cast<std::size_t>(name - cusp.parameter_names.begin())] =
            rows[k][cusp.row];
    }
    cusp.state = {rows[2][cusp.row]};
    check_found(of, "CP", "no cusp");
}

TEST_CASE("branches that are laid out for another problem are found", "[audit][planted]") {
    auto of = softmax_claim();
    SECTION("groups of more experts than there are") {
        of.data.branches[0].groups = grouping_from("1-9");
        check_found(of, "branches", "its groups are not those of 5 cells");
    }
    SECTION("an expert in two groups") {
        of.data.branches[1].groups.groups = {{0, 1}, {1, 2, 3, 4}};
        check_found(of, "branches", "its groups are not those of 5 cells");
    }
    SECTION("too few columns") {
        auto& columns = of.data.branches[1].columns;
        columns.names.resize(2);
        columns.columns.resize(2);
        check_found(of, "branches", "it has 2 columns");
    }
    SECTION("another parameter") {
        of.data.branches[0].columns.names[0] = "beta";
        check_found(of, "branches", "column 1 is beta, and feedback varies");
    }
    SECTION("a point of other groups") {
        first_of(of, point_type::BP).groups = grouping_from("1-9");
        check_found(of, "BP", "it is no point of this problem");
    }
}
