// SPDX-License-Identifier: MIT
// Cycles of controlled experts against direct integration, which knows nothing of collocation.
#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/model/expert_feedback.hpp>

#include "catch.hpp"
#include "unit/rotating_cycles.hpp"

using namespace moebius;

namespace {

constexpr flow_options sharp{.rtol = 1e-11, .atol = 1e-13};

std::vector<double> state_in(const table& way, std::size_t row) {
    std::vector<double> x;
    for (std::size_t i = 1; i < way.columns.size(); ++i) x.push_back(way.columns[i][row]);
    return x;
}

std::vector<double> flowed(const problem& at, const std::vector<double>& x, double time) {
    if (time <= 0) return x;
    const auto way = integrate(at, x, time, {.samples = 2, .flow = sharp});
    REQUIRE(way.status == flow_status::converged);
    return state_in(way.columns, 1);
}

/// What integration alone says of the cycle through a state: its first return to the plane through
/// the state across the flow, and the extremes of all loads (minimum, maximum, minimum ...).
struct round_trip {
    double period = 0;
    std::vector<double> extremes;
};

/// The extreme of a parabola through three even samples.
double summit(double before, double at, double after) {
    const double bend = before - 2 * at + after;
    return bend == 0 ? at : at - (after - before) * (after - before) / (8 * bend);
}

std::vector<double> load_extremes(const problem& at, const table& way) {
    const std::size_t experts = at.model->experts();
    std::vector<std::vector<double>> loads(experts);
    for (std::size_t row = 0; row < way.rows(); ++row) {
        std::vector<double> now(experts);
        at.model->loads(state_in(way, row), at.parameters, now);
        for (std::size_t e = 0; e < experts; ++e) loads[e].push_back(now[e]);
    }
    std::vector<double> result;
    for (const auto& load : loads) {
        const auto inner = [&](auto extreme) {
            const auto k = extreme(load.begin() + 1, load.end() - 1);
            return summit(*(k - 1), *k, *(k + 1));
        };
        result.push_back(inner([](auto a, auto b) { return std::min_element(a, b); }));
        result.push_back(inner([](auto a, auto b) { return std::max_element(a, b); }));
    }
    return result;
}

round_trip integrated(const problem& at, const std::vector<double>& x0, double about) {
    const auto way = integrate(at, x0, 1.1 * about, {.samples = 20001, .flow = sharp});
    REQUIRE(way.status == flow_status::converged);
    std::vector<double> flow(x0.size());
    at.model->rhs(x0, at.parameters, flow);
    const auto ahead = [&](const std::vector<double>& x) {
        double sum = 0;
        for (std::size_t i = 0; i < x.size(); ++i) sum += flow[i] * (x[i] - x0[i]);
        return sum;
    };
    const auto& times = way.columns.columns[0];
    std::size_t row = way.columns.rows() / 2;
    while (row + 1 < way.columns.rows() &&
           !(ahead(state_in(way.columns, row)) < 0 && ahead(state_in(way.columns, row + 1)) >= 0))
        ++row;
    REQUIRE(row + 1 < way.columns.rows());
    const auto before = state_in(way.columns, row);
    std::uintmax_t evaluations = 60;
    const auto crossing = boost::math::tools::toms748_solve(
        [&](double time) { return ahead(flowed(at, before, time)); }, 0.0,
        times[row + 1] - times[row], boost::math::tools::eps_tolerance<double>(40), evaluations);
    return {times[row] + crossing.first, load_extremes(at, way.columns)};
}

/// The cycles from the Hopf point of `experts` controlled experts, one of them apart, up to
/// `feedback`: the last is there.
diagram cycles_up_to(problem& at, std::size_t experts, double gain, double feedback) {
    at = with_defaults(
        controlled_feedback(softmax_loads(experts))->regrouped(split(one_group(experts), 0, 1)));
    const double n = static_cast<double>(experts), critical = n + gain;  // docs/theory.md section 5
    at.set("gain", gain);
    at.set("feedback", critical);
    const parameter_range range{"feedback", critical / 2, feedback};
    const std::vector<double> balanced{critical / n, critical / n, 0, 0};
    const auto hopf = find_hopf(at, range, balanced, at.parameters, std::sqrt(gain / n));
    REQUIRE(hopf);
    diagram found;
    add_cycle_branch(found, at, range, *hopf, {.max_step = 0.5});
    at.set("feedback", feedback);
    return found;
}

}  // namespace

TEST_CASE("cycles of controlled experts agree with integration", "[cycles][oracle]") {
    struct sample {
        std::size_t experts;
        double gain, feedback;
    };
    // of eight, the cycle grows from feedback 8.5 and explodes at 8.6018
    const auto given = GENERATE(sample{2, 0.3, 2.4}, sample{2, 0.3, 3.0}, sample{8, 0.5, 8.55},
                                sample{8, 0.5, 8.59});
    CAPTURE(given.experts, given.feedback);
    problem at;
    const auto found = cycles_up_to(at, given.experts, given.gain, given.feedback);
    REQUIRE(found.branches.at(0).last == stop_reason::range_end);
    const auto& end = found.special_points.back();
    REQUIRE(end.cycle);
    const auto& rows = found.branches[0].columns;

    // Nearby, and long enough: within these groups the cycle attracts, by 0.8 a period at least.
    auto x = end.state;
    for (auto& coordinate : x) coordinate *= 1.02;
    const auto settled = flowed(at, x, 130 * end.cycle->period);
    const auto truth = integrated(at, settled, end.cycle->period);
    CHECK_THAT(rows.at("period")[end.row], WithinAbs(truth.period, 1e-8));  // demanded in issue 3
    for (std::size_t e = 1; e <= at.model->experts(); ++e) {                // one of each group
        const auto name = "load_" + std::to_string(e);
        CHECK_THAT(rows.at(name + "_min")[end.row], WithinAbs(truth.extremes[2 * e - 2], 1e-8));
        CHECK_THAT(rows.at(name + "_max")[end.row], WithinAbs(truth.extremes[2 * e - 1], 1e-8));
    }
}

TEST_CASE("the rotating cycle of three controlled experts ends in a fold", "[cycles][oracle]") {
    // at feedback 2.8, while balance attracts up to 3.02
    const auto fold = rotating_cycles::fold_of_cycles(3, 3.0);
    CHECK_THAT(fold.parameters[0], WithinAbs(2.802583400348, 1e-9));  // data/results
    CHECK(fold.residual < 1e-9);
    const auto sides = rotating_cycles::around(fold, 3, 1e-3, 15);
    CHECK(std::ranges::is_permutation(sides.unstable, std::vector{0, 1}));
    CHECK(sides.strayed < 1e-7);  // extremes of 20000 samples a period
    CHECK(sides.left_after > 0);
    CHECK(sides.unbalanced < 1e-3);
}
