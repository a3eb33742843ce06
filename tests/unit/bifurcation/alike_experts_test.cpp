// SPDX-License-Identifier: MIT
// Diagrams of experts that nothing tells apart, against the closed forms of exact/n_expert.hpp.
#include <algorithm>
#include <cmath>
#include <map>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/model/registry.hpp>

#include "catch.hpp"
#include "unit/special_points.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

using test::of_type;

problem alike(std::size_t experts) {
    const problem full = make_problem("softmax", {.experts = experts});
    return regrouped(full, coarsest_groups(full, {}));
}

}  // namespace

TEST_CASE("N alike experts: the multiple branch point and every number of winners",
          "[bifurcation][oracle][alike]") {
    const auto experts =
        GENERATE(as<std::size_t>{}, 2, 3, 4, 5, 6, 7, 8, 9, 16, 33, 43, 54, 62, 64);
    const double max_step = GENERATE(0.05, 0.5, 5.0);
    const double n = static_cast<double>(experts);
    CAPTURE(experts, max_step);
    const auto found =
        equilibrium_diagram(alike(experts), {"feedback", 1, 1.5 * n}, {.max_step = max_step});

    const auto crossings = of_type(found, point_type::BP);
    REQUIRE(crossings.size() == 1);
    CHECK_THAT(crossings[0].parameters[0], WithinAbs(n, 1e-10));  // docs/theory.md section 3: K = N
    CHECK(crossings[0].multiplicity == static_cast<int>(experts) - 1);
    CHECK(crossings[0].criticality == (experts == 2 ? "supercritical" : "transcritical"));
    CHECK(of_type(found, point_type::HB).empty());

    std::map<std::size_t, std::vector<const branch*>> by_winners;
    for (const auto& curve : found.branches)
        if (curve.groups.size() == 2) by_winners[curve.groups.groups[0].size()].push_back(&curve);
    REQUIRE(by_winners.size() == experts / 2);
    for (const auto& [winners, arms] : by_winners) {
        CAPTURE(winners);
        // Two halves of a branch through the crossing; of m = N/2 one, for they are copies.
        CHECK(arms.size() == (2 * winners == experts ? 1 : 2));
        double choices = 1;
        for (std::size_t i = 0; i < winners; ++i)
            choices *= static_cast<double>(experts - i) / static_cast<double>(i + 1);
        CHECK_THAT(arms[0]->copies, WithinRel(choices, 1e-12));  // rounding of the product
    }

    const auto folds = of_type(found, point_type::LP);
    CHECK(folds.size() == (experts - 1) / 2);  // each m < N/2 turns once, m = N/2 does not
    for (const auto& fold : folds) {
        const auto want = exact::branch_fold({experts, fold.groups.groups[0].size()});
        CHECK_THAT(fold.parameters[0], WithinRel(want.K, 1e-12));
    }
}

TEST_CASE("along each branch loads and stability are those of the closed form",
          "[bifurcation][oracle][alike]") {
    const std::size_t experts = 6;
    const auto found = equilibrium_diagram(alike(experts), {"feedback", 1, 12});
    for (const auto& curve : found.branches) {
        if (curve.groups.size() != 2) continue;
        const exact::split s{experts, curve.groups.groups[0].size()};
        const auto& K = curve.columns.at("feedback");
        const auto &a = curve.columns.at("load_1"), &c = curve.columns.at("load_2");
        for (std::size_t row = 0; row < K.size(); row += 7) {
            const double r = std::log(a[row] / c[row]);
            if (std::abs(r) < 1e-3) continue;  // K(r) is flat there to rounding
            const auto want = exact::branch_state(s, r);
            CAPTURE(s.winners, r);
            CHECK_THAT(K[row], WithinRel(want.K, 1e-9));  // conditioning of r from loads, 1/r
            if (std::abs(want.between) > 1e-6)            // else rounding decides
                CHECK(curve.columns.at("n_unstable")[row] == static_cast<double>(want.n_unstable));
        }
    }
}

TEST_CASE("the one-winner fold curve of N experts has one cusp", "[bifurcation][oracle][alike]") {
    const auto experts = GENERATE(as<std::size_t>{}, 3, 8, 64, 256);
    const double max_step = GENERATE(0.05, 0.5);
    const double n = static_cast<double>(experts);
    const problem full = make_problem("softmax", {.experts = experts});
    const std::vector<std::size_t> apart{full.index_of("bias_1")};
    const auto cusp = exact::cusp({experts, 1});
    const auto found =
        fold_locus(regrouped(full, coarsest_groups(full, apart)), {"feedback", 0.5, 4 * cusp.K},
                   {"bias_1", cusp.h - 3 * cusp.K, cusp.h + cusp.K}, {.max_step = max_step});
    CAPTURE(experts, max_step);

    const auto cusps = of_type(found, point_type::CP);
    REQUIRE(cusps.size() == 1);
    // docs/theory.md section 3
    CHECK_THAT(cusps[0].parameters[0], WithinAbs(4 * (n - 1) / n, 1e-10));
    CHECK_THAT(cusps[0].parameters[3], WithinAbs(std::log(n - 1) - 2 * (n - 2) / n, 1e-10));
    for (const auto& curve : found.branches) {
        const auto& K = curve.columns.at("feedback");
        const auto& b = curve.columns.at("bias_1");
        for (std::size_t row = 0; row < K.size(); ++row) {
            const auto want = exact::fold_biases({experts, 1}, std::max(K[row], cusp.K));
            CAPTURE(K[row], b[row], want[0], want[1]);
            CHECK(std::min(std::abs(b[row] - want[0]), std::abs(b[row] - want[1])) < 1e-10);
        }
    }
}

TEST_CASE("exact-k loses the balanced state where the closed form says",
          "[bifurcation][oracle][alike]") {
    const auto experts = GENERATE(as<std::size_t>{}, 8, 16, 64);
    const auto top_k = GENERATE_COPY(as<std::size_t>{}, 1, 2, experts / 2);
    const problem full = make_problem("exact-k", {.experts = experts, .top_k = top_k});
    const double threshold = exact::balanced(experts, 0, top_k).threshold;
    CAPTURE(experts, top_k);
    const auto found = equilibrium_diagram(regrouped(full, one_group(experts)),
                                           {"feedback", 0.5 * threshold, 1.2 * threshold},
                                           {.split_groups = false});
    const auto crossings = of_type(found, point_type::BP);
    REQUIRE(crossings.size() == 1);
    CHECK_THAT(crossings[0].parameters[0], WithinRel(threshold, 1e-10));
    CHECK(crossings[0].multiplicity == static_cast<int>(experts) - 1);
}

TEST_CASE("from a branch point on the range's end only what stays inside is followed",
          "[bifurcation][alike][edge]") {
    problem full = make_problem("softmax", {.experts = 3, .controlled = true});
    full.set("gain", 0.5);
    full.set("leak", 0.1);
    // At feedback = decay (N / beta + gain / leak) = 8 the balanced state is lost: on the end.
    const auto found =
        equilibrium_diagram(regrouped(full, one_group(3)), {"feedback", 0.5, 8}, {.depth = 2});
    REQUIRE(found.branches.size() == 2);
    CHECK(found.branches[1].last == stop_reason::range_end);
    CHECK(found.branches[1].columns.rows() > 2);
}

TEST_CASE("a straight branch from a point amid the range goes to both ends",
          "[bifurcation][alike]") {
    const problem full = regrouped(make_problem("softmax", {.experts = 8}), one_group(8));
    const auto first = equilibrium_diagram(full, {"feedback", 1, 12}, {.depth = 0});
    const auto found = equilibrium_diagram(full, {"feedback", 2, 12}, {}, first.at("BP1"));
    REQUIRE_FALSE(found.branches.empty());
    CHECK(found.branches[0].first == stop_reason::range_end);
    CHECK(found.branches[0].last == stop_reason::range_end);
    const auto& feedback = found.branches[0].columns.at("feedback");
    CHECK(feedback.front() == 2);
    CHECK(feedback.back() == 12);
}
