// SPDX-License-Identifier: MIT
// What a file says that it left out, and states that lie close to one another.
#include <algorithm>
#include <moebius/audit/audit.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

claim softmax_in(double from, double to) {
    const problem apart = make_problem("softmax", {.experts = 6});
    const parameter_range range{"feedback", from, to};
    const auto groups = coarsest_groups(apart, std::vector{apart.index_of("feedback")});
    return {apart, {range}, {}, true, equilibrium_diagram(regrouped(apart, groups), range)};
}

std::size_t left_out(const audit_report& report) {
    for (const auto& count : report.counts)
        if (count.kind == "searches") return count.not_judged;
    return 0;
}

}  // namespace

TEST_CASE("what a search left out is told as not judged", "[audit]") {
    auto of = softmax_in(4, 5);
    of.data.search.no_rest = of.data.search.no_root = of.data.search.lost = 0;
    const audit_options few{.rows = 1, .values = 1, .starts = 1};
    CHECK(left_out(audit(of, few)) == 0);
    for (const auto& gap : search_gaps()) {
        CAPTURE(gap.name);
        auto less = of;
        less.data.search.*gap.count = 3;
        const auto report = audit(less, few);
        CHECK(left_out(report) == 3);
        CHECK(report.wrong() == 0);
    }
}

TEST_CASE("states that a narrow window holds close to one another are not one", "[audit]") {
    // experts part at feedback = 6 (docs/theory.md section 3): a width d behind it the states of
    // one or two of them against the rest are some d/2 from that of all
    const double width = GENERATE(1e-4, 1e-5);
    auto of = softmax_in(6, 6 + width);
    CAPTURE(width);
    const auto report = audit(of, {.values = 2, .starts = 4});
    CAPTURE(report.faults);
    CHECK(report.wrong() == 0);

    auto again = of.data.special_points.front();
    again.label = "EP99";
    of.data.special_points.push_back(again);
    CHECK(audit(of, {.values = 1, .starts = 1}).wrong() == 1);
}
