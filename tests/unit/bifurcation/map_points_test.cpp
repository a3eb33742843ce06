// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"
#include "unit/test_models.hpp"

using namespace moebius;

namespace {

std::vector<special_point> flips_of(const diagram& d) {
    std::vector<special_point> found;
    for (const auto& point : d.special_points)
        if (point.type == point_type::PD) found.push_back(point);
    return found;
}

}  // namespace

TEST_CASE("over-strong balancing of two experts flips, supercritically", "[map][oracle]") {
    const double step = GENERATE(0.05, 0.1, 0.5), max_step = GENERATE(0.1, 5.0);
    const double flip = 2 * (1 - 2 / step);  // feedback/2 - 1 = -2/step
    const auto found = map_diagram(problem_of<models::two_expert>(), step,
                                   {"feedback", 1.6 * flip, -1}, {.max_step = max_step});

    CAPTURE(step, max_step);
    REQUIRE(flips_of(found).size() == 1);
    const auto point = flips_of(found)[0];
    CHECK_THAT(point.parameters[0], WithinRel(flip, 1e-12));
    CHECK_THAT(point.eigenvalues[0].real(), WithinRel(-2 / step, 1e-12));
    // tanh(x/2) = x/2 - x^3/24 + ...
    CHECK_THAT(point.normal_form[0].second, WithinRel(-step * flip / 24, 1e-12));
    CHECK(point.criticality == "supercritical");

    // Direct iteration: rest on this side, and on the other x, -x, x, ... with
    // 2 x = step (x - feedback tanh(x/2))
    for (const double beyond : {0.98, 1.02}) {
        double x = 0.1;
        for (int i = 0; i < 4000; ++i) x += step * (beyond * flip * std::tanh(x / 2) - x);
        if (beyond < 1) {
            CHECK(std::abs(x) < 1e-12);
        } else {
            const double amplitude = std::abs(x);
            CHECK(amplitude > 0.1);
            CHECK_THAT((2 - step) * amplitude,
                       WithinRel(-step * beyond * flip * std::tanh(amplitude / 2), 1e-12));
        }
    }
}

TEST_CASE("the balanced state of N experts flips in N - 1 directions at once", "[map][oracle]") {
    const std::size_t experts = GENERATE(as<std::size_t>{}, 2, 3, 5, 16);
    const double n = static_cast<double>(experts), step = 0.1, flip = n * (1 - 2 / step);
    const auto balanced =
        regrouped(with_defaults(expert_feedback(softmax_loads(experts))), one_group(experts));

    const auto found = map_diagram(balanced, step, {"feedback", 1.5 * flip, -1});

    CAPTURE(experts);
    REQUIRE(flips_of(found).size() == 1);
    const auto point = flips_of(found)[0];
    CHECK(point.multiplicity == static_cast<int>(experts) - 1);
    CHECK(point.groups == one_group(experts));
    CHECK(point.state.size() == 1);
    CHECK_THAT(point.parameters[0], WithinRel(flip, 1e-12));
    const auto& rows = found.branches.at(0).columns;
    CHECK(rows.at("n_unstable").front() == n - 1);
    CHECK(rows.at("stable").back() == 1);
}

TEST_CASE("a Hopf point of the rule comes before the one of its equation", "[map][oracle]") {
    // z' = (growth + 2 i) z: the multiplier 1 + step (growth + 2 i) has modulus 1
    const double step = GENERATE(0.05, 0.2);
    const double growth = (std::sqrt(1 - 4 * step * step) - 1) / step;
    const auto point = find_torus(problem_of<test_models::bautin>(), step, {"growth", -1, 1},
                                  {0, 0}, {growth + 0.01, -1});

    REQUIRE(point);
    CHECK_THAT(point->parameters[0], WithinAbs(growth, 1e-12));
    CHECK_THAT(point->normal_form[0].second, WithinAbs(std::asin(2 * step), 1e-12));
    CHECK(point->criticality == "supercritical");
}

TEST_CASE("without a flip or torus point nothing is found", "[map]") {
    const auto circle = problem_of<test_models::circle>();
    CHECK_FALSE(find_torus(circle, 0.1, {"p", -1, 1}, {0}, {0.5}));
    // |x| <= 1 on it, so the eigenvalue -2 x cannot be -20
    CHECK_FALSE(find_flip(circle, 0.1, {"p", -1, 1}, {0.9}, {0.4}));
}

TEST_CASE("a step that is no step is named", "[map][error]") {
    const auto two = problem_of<models::two_expert>();
    REQUIRE_THROWS_WITH(map_diagram(two, 0, {"feedback", -9, -1}),
                        "map: step is 0, but it must be > 0 and finite");
    REQUIRE_THROWS_WITH(find_flip(two, -1, {"feedback", -9, -1}, {0}, two.parameters),
                        "find_flip: step is -1, but it must be > 0 and finite");
}

TEST_CASE("a map has no Hopf points of the flow", "[map]") {
    auto controlled = make_problem("two-expert", {.controlled = true});
    controlled.set("gain", 0.5);  // docs/theory.md section 5: the flow's Hopf point is at 2.5
    const auto found = map_diagram(controlled, 0.1, {"feedback", 1, 6});
    const auto of = [&](point_type type) {
        return std::count_if(found.special_points.begin(), found.special_points.end(),
                             [type](const auto& point) { return point.type == type; });
    };
    CHECK(of(point_type::HB) == 0);
    CHECK(of(point_type::NS) == 1);
}

TEST_CASE("the orbit of period 2 of two experts swaps them", "[map][period][oracle]") {
    const double step = 0.5, flip = 2 * (1 - 2 / step);
    const auto found =
        period_diagram(problem_of<models::two_expert>(), {step, 2}, {"feedback", 3 * flip, -1});
    REQUIRE(found.branches.size() == 1);  // x and -x are one orbit
    const auto& rows = found.branches[0].columns;
    CHECK(rows.rows() > 5);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        const double x = rows.at("x")[i];
        // -x = x + step (feedback tanh(x/2) - x)
        CHECK_THAT((2 - step) * x + step * rows.at("feedback")[i] * std::tanh(x / 2),
                   WithinAbs(0, 1e-8));
    }
    REQUIRE(found.special_points.size() == 2);  // where it leaves balance, and the window's edge
    const auto& leaving = found.at("BP1");
    CHECK_THAT(leaving.parameters[0], WithinRel(flip, 1e-9));
}

TEST_CASE("flips of N balanced experts are followed over two parameters", "[map][locus][oracle]") {
    const std::size_t experts = GENERATE(as<std::size_t>{}, 2, 3, 8);
    const double n = static_cast<double>(experts), step = 0.5;
    const auto balanced =
        regrouped(with_defaults(expert_feedback(softmax_loads(experts))), one_group(experts));
    const auto start = map_diagram(balanced, step, {"feedback", 1.5 * n * (1 - 2 / step), -1});
    const auto found = map_locus(balanced, {step}, {"feedback", 2 * n * (1 - 2 / step), -1},
                                 {"decay", 0.5, 1.5}, {}, start.at("PD1"));
    REQUIRE(found.branches.size() == 1);
    const auto& rows = found.branches[0].columns;
    CHECK(found.branches[0].kind == "doubling");
    CHECK(rows.rows() > 3);
    for (std::size_t i = 0; i < rows.rows(); ++i)  // feedback/n - decay = -2/step
        CHECK_THAT(rows.at("feedback")[i], WithinRel(n * (rows.at("decay")[i] - 2 / step), 1e-10));
}

// Within a group of cells the flow's Jacobian is (k - 1, k; -g, -g - leak) with k = feedback/n and
// g = gain/n: zero is a double eigenvalue at (k - 1)^2 = k g, leak = k - 1 - g, and 1 one of the
// map's, whatever its step.
TEST_CASE("a torus curve of alike experts ends where its pairs come together at 1",
          "[map][locus][oracle]") {
    const std::size_t experts = GENERATE(as<std::size_t>{}, 2, 3, 8, 32);
    const double step = GENERATE(0.05, 0.3);
    CAPTURE(experts, step);
    const double n = static_cast<double>(experts), g = 0.5 / n;
    const double k = (2 + g + std::sqrt(g * g + 4 * g)) / 2;
    auto at =
        regrouped(with_defaults(controlled_feedback(softmax_loads(experts))), one_group(experts));
    at.set("gain", 0.5);
    at.set("leak", (k - 1 - g) / 2);
    const parameter_range feedback{"feedback", n / 2, 2 * n * k};
    const auto start = map_diagram(at, step, feedback);

    const auto found = map_locus(at, {step}, feedback, {"leak", 0, 2 * k}, {}, start.at("NS1"));

    const auto end = std::ranges::find(found.special_points, point_type::R1, &special_point::type);
    REQUIRE(end != found.special_points.end());
    CHECK_THAT(end->parameters[0], WithinRel(n * k, 1e-8));
    CHECK_THAT(end->parameters[at.index_of("leak")], WithinRel(k - 1 - g, 1e-8));
}
