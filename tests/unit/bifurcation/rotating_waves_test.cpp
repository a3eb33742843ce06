// SPDX-License-Identifier: MIT
// Rotating waves u(t + T/m) = P u(t) of controlled experts against direct integration of all of
// them, which knows neither groups nor rotations.
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/cycle_types.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/dynamics/settled_cycle.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/solve/spectrum.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "unit/lone_cells.hpp"

using namespace moebius;
using namespace test;

namespace {

struct multiple_hopf {
    problem at;
    special_point hopf;
};

/// Where balance of all experts is lost: feedback N + gain (docs/theory.md section 5).
multiple_hopf balance_lost(std::size_t experts, double gain) {
    auto at = with_defaults(controlled_feedback(softmax_loads(experts)));
    at = regrouped(at, one_group(experts));
    at.set("gain", gain);
    const double critical = static_cast<double>(experts) + gain;
    const auto found = equilibrium_diagram(at, {"feedback", critical - 0.5, critical + 0.5},
                                           {.split_groups = false});
    for (const auto& point : found.special_points)
        if (point.type == point_type::HB) return {at, point};
    throw invalid_argument("balance_lost", "no HB", "one is needed");
}

diagram waves_of(const multiple_hopf& from, const std::string& kind, double low, double high,
                 double max_step = 0.3) {
    diagram found;
    add_hopf_cycles(found, from.at, {"feedback", low, high}, from.hopf, cycle_choice_from(kind),
                    {.max_step = max_step});
    return found;
}

/// How much later than after `about` the flow comes back to the plane across it.
double late(const lone_cells& from, double about) {
    const auto end = carried(from, about);
    std::vector<double> flow(end.size());
    from.at.model->rhs(from.state, from.at.parameters, flow);
    double ahead = 0, speed = 0;
    for (std::size_t i = 0; i < end.size(); ++i) {
        ahead += flow[i] * (end[i] - from.state[i]);
        speed += flow[i] * flow[i];
    }
    return -ahead / speed;
}

/// The derivative of the flow over a time, x' = f, M' = f_x M, by the classical rule of Runge and
/// Kutta: errors of 1e-10 or so in so many steps.
Eigen::MatrixXd monodromy(const lone_cells& from, double time) {
    constexpr int steps = 20000;
    const auto n = static_cast<Eigen::Index>(from.state.size());
    Eigen::MatrixXd now(n, n + 1), fx(n, n);  // M and x
    Eigen::VectorXd f(n);
    std::vector<double> by_parameters(from.state.size() * from.at.parameters.size());
    now << Eigen::MatrixXd::Identity(n, n), Eigen::Map<const Eigen::VectorXd>(from.state.data(), n);
    const auto slope = [&](const Eigen::MatrixXd& at) {
        const Eigen::VectorXd x = at.col(n);
        from.at.model->linear(view(x), from.at.parameters, view(f), view(fx), by_parameters);
        Eigen::MatrixXd result(n, n + 1);
        result << fx * at.leftCols(n), f;
        return result;
    };
    const double h = time / steps;
    for (int k = 0; k < steps; ++k) {
        const Eigen::MatrixXd a = slope(now), b = slope(now + h / 2 * a),
                              c = slope(now + h / 2 * b), d = slope(now + h * c);
        now += h / 6 * (a + 2 * b + 2 * c + d);
    }
    return now.leftCols(n);
}

const special_point& last_of(const diagram& found) { return found.special_points.back(); }

}  // namespace

TEST_CASE("the rotating wave of three experts goes from the Hopf point to its fold",
          "[cycles][waves][oracle]") {
    const auto from = balance_lost(3, 0.02);
    const auto found = waves_of(from, "3x1", 2.7, 3.1);
    const auto fold =
        std::ranges::find(found.special_points, point_type::LPC, &special_point::type);
    REQUIRE(fold != found.special_points.end());
    // found before from a trajectory, with all experts' whole period (data/results)
    CHECK_THAT(fold->parameters[0], WithinAbs(2.802583400348, 1e-8));
    CHECK(to_string(fold->turn) == "(1 2 3)");
    CHECK(found.branches[0].copies == 2);  // one way round and the other
    CHECK(found.branches[0].turn == fold->turn);
    const auto& rows = found.branches[0].columns;
    CHECK(rows.at("n_unstable")[last_of(found).row] == 0);
}

TEST_CASE("rotating waves have the period of direct integration", "[cycles][waves][oracle]") {
    struct sample {
        std::size_t experts;
        double gain;
    };
    const auto given = GENERATE(sample{3, 0.02}, sample{3, 0.1}, sample{3, 0.5}, sample{4, 0.5});
    CAPTURE(given.experts, given.gain);
    const auto from = balance_lost(given.experts, given.gain);
    const double critical = from.hopf.parameters[0];
    const auto kind = std::to_string(given.experts) + "x1";
    const auto found = waves_of(from, kind, critical - 0.5, critical + 0.02, 1);
    const auto& end = last_of(found);
    REQUIRE(end.type == point_type::EP);
    REQUIRE(end.turn.order() == given.experts);
    const auto at_end = apart_at(from.at, end);

    CHECK(std::abs(late(at_end, end.cycle->period)) < 1e-6);  // demanded in issue 16
    const auto later = carried(at_end, end.cycle->period / static_cast<double>(end.turn.order()));
    double off = 0;
    for (std::size_t i = 0; i < later.size(); ++i) {
        const std::size_t e = i % given.experts;
        off = std::max(off, std::abs(later[i - e + end.turn.next[e]] - at_end.state[i]));
    }
    CHECK(off < 1e-6);
}

TEST_CASE("unstable waves of eight experts follow the flow", "[cycles][waves][oracle]") {
    // a multiplier of 1e27 at gain 0.5: the flow is told over each interval by itself
    const double gain = GENERATE(0.02, 0.1, 0.5);
    CAPTURE(gain);
    const auto from = balance_lost(8, gain);
    const auto found = waves_of(from, "8x1", 8, 8.02 + gain, 1);
    CHECK(gap_between_mesh_points(from.at, last_of(found)) < 1e-7);  // grows within intervals, too
}

TEST_CASE("all kinds of cycles of alike experts have the stability of the whole system",
          "[cycles][waves][oracle]") {
    const auto from = balance_lost(4, 0.5);
    const auto found = waves_of(from, "all", 4, 4.6);
    // 1 + 3; 2 in turn: 2x1 + 2 and 2x2; 3x1 + 1; 4x1
    REQUIRE(found.branches.size() == 5);
    std::vector<double> copies;
    for (const auto& curve : found.branches) copies.push_back(curve.copies);
    CHECK(copies == std::vector<double>{4, 6, 3, 8, 6});
    for (const auto& point : found.special_points) {
        if (point.type != point_type::EP) continue;
        CAPTURE(to_string(point.groups), to_string(point.turn));
        const auto truth = eigenvalues(monodromy(apart_at(from.at, point), point.cycle->period));
        const auto& rows = found.branches[static_cast<std::size_t>(point.branch - 1)].columns;
        const auto outside = std::ranges::count_if(  // not the trivial one
            truth, [](auto mu) { return std::abs(mu) > 1 + 1e-4; });
        CHECK(rows.at("n_unstable")[point.row] == static_cast<double>(outside));
        for (const auto mu : point.eigenvalues) {  // each is one of them
            double nearest = 1e300;
            for (const auto other : truth) nearest = std::min(nearest, std::abs(other - mu));
            CHECK(nearest < 1e-6 * (1 + std::abs(mu)));
        }
    }
}

TEST_CASE("a rotating wave can be started again from its own point", "[cycles][waves]") {
    const auto from = balance_lost(4, 0.5);
    const auto found = waves_of(from, "4x1", 4, 5);
    const auto fold = std::ranges::find_if(found.special_points, [](const auto& point) {
        return point.type == point_type::LPC && point.parameters[0] < 4.3;
    });
    REQUIRE(fold != found.special_points.end());
    diagram again;
    add_cycle_branch(again, regrouped(from.at, fold->groups), {"feedback", 4, 5}, *fold,
                     {.max_step = 0.3});
    REQUIRE(again.branches[0].turn == fold->turn);
    const auto& a = last_of(found);
    for (const auto& end : again.special_points)
        if (end.type == point_type::EP)
            CHECK_THAT(end.cycle->period, WithinAbs(a.cycle->period, 1e-7));
}

TEST_CASE("a wave of long period has the folds at which its parameter turns, and no others",
          "[cycles][waves]") {
    // periods to 800 and multipliers of 1e150 beside two of 1e-63 that are alike
    const auto from = balance_lost(4, 0.02);
    const parameter_range range{"feedback", 3.2, 5.5};
    const auto settled = settled_beyond(from.at, range, from.hopf);
    REQUIRE(settled);
    diagram found;
    add_cycle_branch(found, settled->on, range, settled->start, {.max_step = 0.5});

    const auto& rows = found.branches.at(0).columns;
    const auto& feedback = rows.at("feedback");
    std::ptrdiff_t turns = 0;
    for (std::size_t i = 1; i + 1 < feedback.size(); ++i)
        turns += (feedback[i] > feedback[i - 1]) != (feedback[i + 1] > feedback[i]);
    CHECK(std::ranges::count(found.special_points, point_type::LPC, &special_point::type) == turns);
    CHECK(turns == 3);
    for (const auto& point : found.special_points) CHECK(point.residual < 1e-8);
    CHECK(rows.at("period").front() > 800);
    CHECK(std::ranges::count(rows.at("multiplier_1_re"), 0.0) == 0);  // known in each row
}

TEST_CASE("cycles in turn say what they need", "[cycles][waves][error]") {
    CHECK_THROWS_WITH(cycle_choice_from("2x"), ContainsSubstring("main, all, or GROUPSxSIZE"));
    const auto from = balance_lost(4, 0.5);
    CHECK_THROWS_WITH(waves_of(from, "5x1", 4, 5), ContainsSubstring("4 alike cells part at HB1"));
    auto uneven = cycle_types(from.at, from.hopf).front();
    uneven.start.turn = turning(0, 2, 2);  // of one expert and of three
    diagram none;
    CHECK_THROWS_WITH(add_cycle_branch(none, uneven.on, {"feedback", 4, 5}, uneven.start),
                      ContainsSubstring("groups in turn must have one size"));
}

// Four experts in turn leave their Hopf point so steeply that feedback falls like the sixth power
// of the amplitude: by less than rounding in the first steps, in which multipliers are 1 to
// rounding.
TEST_CASE("waves of four experts have no fold at their Hopf point", "[cycles][wave]") {
    const double gain = GENERATE(0.33, 0.36, 0.5);
    const auto from = balance_lost(4, gain);
    const auto found = waves_of(from, "4x1", 3, 6);
    std::size_t folds = 0;
    for (const auto& point : found.special_points)
        if (point.type == point_type::LPC) {
            ++folds;
            CHECK(point.parameters[from.at.index_of("feedback")] < 4.3);
        }
    CHECK(folds == 1);
}

// Along these waves of eight the feedback stays at 8.5 to 1e-14 in the first steps, and up to seven
// multipliers on the unit circle. What stands there has the same place at every step.
TEST_CASE("waves of eight experts have no point of rounding at their Hopf point",
          "[cycles][wave]") {
    const auto from = balance_lost(8, 0.5);
    const auto first_period = [&from](double step, std::size_t points) {
        diagram found;
        add_hopf_cycles(found, from.at, {"feedback", 3.6, 8.9}, from.hopf, cycle_choice_from("8x1"),
                        {.max_step = step, .max_points = points});
        for (const auto& point : found.special_points)
            if (point.type != point_type::EP) return point.cycle->period;
        return 0.0;
    };
    const double fine = first_period(0.05, 40), coarse = first_period(0.5, 20);
    CHECK(fine > 26);  // that of the Hopf point is 25.13
    CHECK_THAT(fine, WithinAbs(coarse, 1e-6));
}

// The product of the 496 pairs' test functions changes by 1e12 in the step in which a pair goes
// through the circle (|mu| = .48 and 1.55 at its ends), so that its smaller end was taken for zero.
TEST_CASE("waves of sixteen experts have their torus point at any step", "[cycles][wave][long]") {
    const auto from = balance_lost(16, 0.5);
    const double step = GENERATE(0.35, 0.5);
    CAPTURE(step);
    diagram found;
    add_hopf_cycles(found, from.at, {"feedback", 7.2, 16.8}, from.hopf, cycle_choice_from("16x1"),
                    {.max_step = step, .max_points = step < 0.5 ? 28u : 21u});
    std::vector<double> periods;
    for (const auto& point : found.special_points)
        if (point.type == point_type::NS && point.cycle->period < 60)
            periods.push_back(point.cycle->period);
    REQUIRE(periods.size() == 1);
    CHECK_THAT(periods[0], WithinAbs(56.679733, 1e-5));  // with steps of .2: data/results/waves.txt
}
