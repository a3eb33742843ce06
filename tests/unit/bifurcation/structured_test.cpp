// SPDX-License-Identifier: MIT
// Diagrams and loci of many experts in the full space of scores, where the Jacobian is used as
// diagonal plus rank one.
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/model/expert_feedback.hpp>

#include "catch.hpp"

using namespace moebius;
using exact::split;

namespace {

problem softmax_experts(std::size_t n) { return with_defaults(expert_feedback(softmax_loads(n))); }

/// The first expert wins with log-odds r over each other one; no biases.
special_point one_winner(const problem& base, double r) {
    const std::size_t n = base.model->dimension();
    const auto exact = exact::branch_state({n, 1}, r);
    special_point start;
    start.label = "start";
    start.parameters = base.parameters;
    start.parameters[0] = exact.K;
    start.state.assign(n, exact.K * exact.loads[1]);
    start.state[0] = exact.K * exact.loads[0];
    return start;
}

std::vector<special_point> all_of(const diagram& found, point_type type) {
    std::vector<special_point> result;
    for (const auto& point : found.special_points)
        if (point.type == type) result.push_back(point);
    return result;
}

}  // namespace

TEST_CASE("the one-winner branch of many experts turns where the closed form says",
          "[bifurcation][structured][oracle]") {
    const auto n = static_cast<std::size_t>(GENERATE(8, 64, 256));
    const auto base = softmax_experts(n);
    const auto exact = exact::branch_fold({n, 1});
    const parameter_range range{"feedback", exact.K - 1, exact.K + 2};

    const auto found = equilibrium_diagram(base, range, {}, one_winner(base, exact.r + 1));

    const auto folds = all_of(found, point_type::LP);
    REQUIRE(folds.size() == 1);
    CHECK_THAT(folds[0].parameters[0], WithinRel(exact.K, 1e-13));  // rounding of sums over N
    CHECK(folds[0].eigenvalues.size() == n);
    CHECK(all_of(found, point_type::BP).empty());
    REQUIRE(found.branches.size() == 1);
    // Stable beyond the fold on one side, one unstable direction on the other.
    const auto& columns = found.branches[0].columns;
    const auto& unstable = columns.at("n_unstable");
    CHECK(std::min(unstable.front(), unstable.back()) == 0);
    CHECK(std::max(unstable.front(), unstable.back()) == 1);
    for (std::size_t row = 0; row < columns.rows(); ++row) {
        const double r = std::log(columns.at("load_1")[row] / columns.at("load_2")[row]);
        const auto there = exact::branch_state({n, 1}, r);
        CAPTURE(row, r);
        CHECK_THAT(columns.at("feedback")[row], WithinRel(there.K, 1e-11));
        const double leading = std::max(there.between, there.among_others);
        CHECK_THAT(columns.at("eigenvalue")[row], WithinAbs(std::max(leading, -1.0), 1e-10));
    }
}

TEST_CASE("a branch of unequal experts stays what it is at every dimension",
          "[bifurcation][structured][property]") {
    const std::size_t n = 40;
    auto base = softmax_experts(n);
    const auto exact = exact::branch_fold({n, 1});
    auto start = one_winner(base, exact.r + 1);
    for (std::size_t e = 0; e < n; ++e)
        start.parameters[3 + e] = 1e-3 * std::sin(static_cast<double>(3 * e));

    const auto found = equilibrium_diagram(base, {"feedback", exact.K - 1, exact.K + 2}, {}, start);

    const auto folds = all_of(found, point_type::LP);
    REQUIRE(folds.size() == 1);
    CHECK(folds[0].residual < 1e-12);
    CHECK(std::abs(folds[0].parameters[0] - exact.K) < 0.01);  // the biases are this small
    CHECK_THAT(folds[0].eigenvalues[0].real(), WithinAbs(0, 1e-13));
}

TEST_CASE("a cusp of very many experts needs no dense Jacobian", "[bifurcation][structured]") {
    constexpr std::size_t n = 20000;  // 3.2 GB in full, and n^3 operations for its singular values
    const auto exact_cusp = exact::cusp({n, 1});
    auto point = one_winner(softmax_experts(n), exact::branch_fold({n, 1}).r);
    point.type = point_type::LP;

    const auto found = fold_locus(softmax_experts(n), {"feedback", 1, 20}, {"bias_1", -10, 20},
                                  {.max_step = 2}, point);

    const auto cusps = all_of(found, point_type::CP);
    REQUIRE(cusps.size() == 1);
    CHECK_THAT(cusps[0].parameters[0], WithinAbs(exact_cusp.K, 1e-9));
}

TEST_CASE("the fold curve of one favoured expert is the closed form's, with one cusp",
          "[bifurcation][structured][oracle]") {
    const auto n = static_cast<std::size_t>(GENERATE(8, 64));
    const auto base = softmax_experts(n);
    const auto start = exact::branch_fold({n, 1});
    auto point = one_winner(base, start.r);
    point.type = point_type::LP;
    const double cusp = 4 * static_cast<double>(n - 1) / static_cast<double>(n);

    // Of 8 experts all eigenvalues but one vanish at 8, where the equations are singular.
    const auto found = fold_locus(base, {"feedback", 1, 7.9}, {"bias_1", -1, 5}, {}, point);

    REQUIRE(found.branches.size() == 1);
    const auto cusps = all_of(found, point_type::CP);
    REQUIRE(cusps.size() == 1);
    const auto exact_cusp = exact::cusp({n, 1});
    CHECK_THAT(cusps[0].parameters[0], WithinAbs(exact_cusp.K, 1e-10));
    CHECK_THAT(cusps[0].parameters[0], WithinAbs(cusp, 1e-10));
    CHECK_THAT(cusps[0].parameters[3], WithinAbs(exact_cusp.h, 1e-10));
    const auto& columns = found.branches[0].columns;
    for (std::size_t row = 0; row < columns.rows(); ++row) {
        const double odds = columns.at("load_1")[row] / columns.at("load_2")[row];
        const auto there = exact::fold({n, 1}, std::log(odds / static_cast<double>(n - 1)));
        CAPTURE(row, odds);
        CHECK_THAT(columns.at("feedback")[row], WithinAbs(there.K, 1e-10));
        CHECK_THAT(columns.at("bias_1")[row], WithinAbs(there.h, 1e-10));
    }
}
