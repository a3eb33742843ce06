// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/dynamics/settled_cycle.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/expert_feedback.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

struct balance_end {
    problem at;
    special_point hopf;
};

balance_end end_of_balance(std::size_t experts, double gain) {
    auto at = with_defaults(controlled_feedback(softmax_loads(experts)));
    at = regrouped(at, one_group(experts));
    at.set("gain", gain);
    const double critical = static_cast<double>(experts) + gain;  // docs/theory.md section 5
    const auto found = equilibrium_diagram(at, {"feedback", critical - 0.5, critical + 0.5},
                                           {.split_groups = false});
    for (const auto& point : found.special_points)
        if (point.type == point_type::HB) return {at, point};
    throw invalid_argument("end_of_balance", "no HB", "one is needed");
}

/// The first return of the flow to the plane across it, near a time.
double return_time(const problem& at, const std::vector<double>& x, double about) {
    const flow_options sharp{.rtol = 1e-12, .atol = 1e-14};
    const auto way = integrate(at, x, about, {.samples = 2, .flow = sharp}).columns;
    std::vector<double> flow(x.size());
    at.model->rhs(x, at.parameters, flow);
    double ahead = 0, speed = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        ahead += flow[i] * (way.columns[i + 1][1] - x[i]);
        speed += flow[i] * flow[i];
    }
    return about - ahead / speed;
}

}  // namespace

TEST_CASE("the wave on which eight experts settle lives far below the Hopf point",
          "[dynamics][waves][oracle]") {
    const auto [at, hopf] = end_of_balance(8, 0.5);
    const parameter_range range{"feedback", 5.8, 8.6};
    const auto settled = settled_beyond(at, range, hopf);
    REQUIRE(settled);
    REQUIRE(settled->start.turn.order() == 8);
    diagram found;
    add_cycle_branch(found, settled->on, range, settled->start, {.max_step = 1});

    // docs of the batch loop: 105.96 +- .08 in batches, alive down to between 5.8 and 6
    int folds = 0;
    for (const auto& point : found.special_points) {
        if (point.type == point_type::LPC) {
            ++folds;
            CHECK(point.parameters[0] > 5.8);
            CHECK(point.parameters[0] < 6);
        }
        const auto& rows = found.branches[0].columns;
        if (point.type != point_type::EP || rows.at("stable")[point.row] == 0) continue;
        CHECK_THAT(point.cycle->period, WithinAbs(105.82, 0.01));
        problem end = settled->on;
        end.parameters = point.parameters;
        const double truth = return_time(end, point.state, point.cycle->period);
        CHECK_THAT(point.cycle->period, WithinAbs(truth, 1e-6));  // demanded in issue 16
    }
    CHECK(folds == 1);
}

TEST_CASE("a settled cycle of four experts goes on by all of them in turn", "[dynamics][waves]") {
    const auto [at, hopf] = end_of_balance(4, 0.1);
    const auto settled = settled_beyond(at, {"feedback", 3, 5}, hopf);
    REQUIRE(settled);
    CHECK(settled->start.groups == singletons(4));
    CHECK(settled->start.turn.order() == 4);
}

TEST_CASE("a settled cycle says what it needs", "[dynamics][waves][error]") {
    auto [at, hopf] = end_of_balance(4, 0.1);
    CHECK_THROWS_WITH(settled_beyond(at, {"feedback", 3, 4.1}, hopf),
                      ContainsSubstring("must lie within, where the flow is to settle"));
    hopf.normal_form.clear();
    CHECK_THROWS_WITH(settled_beyond(at, {"feedback", 3, 5}, hopf),
                      ContainsSubstring("a Hopf point at which alike cells part is needed"));
}
