// SPDX-License-Identifier: MIT
// Every label of systems in which all of them have closed forms, at steps a tenth and ten times as
// long as by default.
#include "oracle/closed_forms.hpp"

#include <cmath>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <numbers>

#include "catch.hpp"
#include "oracle/expected.hpp"

using namespace moebius;
using namespace oracle;
using enum moebius::point_type;

namespace {

template <typename Model>
void check_along(const parameter_range& range, const std::vector<expected>& wanted) {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    check_labels(equilibrium_diagram(problem_of<Model>(), range, {.max_step = max_step}), wanted);
}

template <typename Model>
diagram check_locus(const parameter_range& first, const parameter_range& second,
                    const std::vector<expected>& wanted) {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    auto found = locus(problem_of<Model>(), first, second, {.max_step = max_step});
    check_labels(found, wanted);
    return found;
}

}  // namespace

TEST_CASE("Sel'kov's two Hopf points", "[textbook]") {
    // the trace is zero where b^2 = (1 - 2 a +- sqrt(1 - 8 a))/2; omega^2 = a + b^2
    const double a = 0.08, root = std::sqrt(1 - 8 * a);
    const double low = std::sqrt((1 - 2 * a - root) / 2), high = std::sqrt((1 - 2 * a + root) / 2);
    check_along<selkov>({"b", 0.05, 1.2},
                        {{HB, {a, low}, 1, {{"omega", std::hypot(std::sqrt(a), low), 1e-13}}},
                         {HB, {a, high}, 1, {{"omega", std::hypot(std::sqrt(a), high), 1e-13}}}});
}

TEST_CASE("the budworm's folds, and their cusp", "[textbook]") {
    // r = 2 x^3/(1 + x^2)^2, K = 2 x^3/(x^2 - 1); at K = 10 two x above 1
    const auto fold = [](double x) {
        for (int k = 0; k < 60; ++k)  // Newton on 2 x^3 - 10 x^2 + 10
            x -= (2 * x * x * x - 10 * x * x + 10) / (6 * x * x - 20 * x);
        return expected{LP, {2 * x * x * x / ((1 + x * x) * (1 + x * x)), 10}};
    };
    check_along<budworm>({"r", 0.1, 0.8}, {fold(1.1), fold(4.8)});
    const double x = std::sqrt(3.);
    check_locus<budworm>({"r", 0.05, 0.8}, {"K", 2, 20}, {{CP, {3 * x / 8, 3 * x}}});
}

TEST_CASE("Rosenzweig and MacArthur: the predator comes, then cycles", "[textbook]") {
    const double d = 0.4;
    check_along<rosenzweig>({"K", 0.2, 6}, {{BP, {d / (1 - d)}}, {HB, {(1 + d) / (1 - d)}}});
    const auto curves = check_locus<rosenzweig>({"K", 0.2, 6}, {"d", 0.05, 0.9}, {});
    REQUIRE(curves.branches.size() == 2);
    for (const auto& each : curves.branches)
        for (std::size_t i = 0; i < each.columns.rows(); ++i) {
            const double k = each.columns.at("K")[i], at = each.columns.at("d")[i];
            CHECK_THAT(k * (1 - at), WithinAbs(each.kind == "hopf" ? 1 + at : at, 1e-11));
        }
}

TEST_CASE("Gray and Scott's fold, Hopf point, and the corners of their curves", "[textbook]") {
    // a fold at F = 4 (F + k)^2; the trace is zero at v^2 = k, F^2 + (2 k - sqrt k) F + k^2 = 0
    const double k = 0.05, root = std::sqrt(k);
    check_along<gray_scott>(
        {"F", 0.001, 0.1},
        {{LP, {(1 - 8 * k - std::sqrt((1 - 8 * k) * (1 - 8 * k) - 64 * k * k)) / 8}},
         {HB, {(root - 2 * k - std::sqrt(k - 4 * k * root)) / 2}}});
    // l1 = 0 by the formula for the plane (Guckenheimer & Holmes, (3.4.11)) at u = 1/4, v = 3/16
    const expected corner{BT, {1. / 16, 1. / 16}};
    check_locus<gray_scott>({"F", 0.001, 0.12}, {"k", 0.001, 0.08},
                            {corner, corner, {GH, {3. / 256, 9. / 256}}});
}

TEST_CASE("the normal form of a Bogdanov-Takens point", "[textbook]") {
    check_along<takens_form>({"b1", -1, 1},
                             {{LP, {1. / 16}}, {HB, {0}, 1, {{"omega", std::sqrt(0.5), 1e-13}}}});
    const expected corner{BT, {0, 0}, 1, {{"a", 1, 1e-12}, {"b", -1, 1e-12}}};
    check_locus<takens_form>({"b1", -1, 1}, {"b2", -1.2, 1}, {corner, corner});
}

TEST_CASE("a neuron's cusp, two BT and two GH", "[textbook]") {
    // With e = eps c: the trace is zero at x^2 = 1 - e, omega^2 = eps b - e^2, and l1 = 0 at
    // omega^2 = 2 e x^2 (Guckenheimer & Holmes, (3.4.11)); folds at x^2 = 1 - b/c.
    using neuron = recovering_neuron;
    const double e = neuron::eps * neuron::c, x = std::sqrt(1 - e);
    const auto current = [&](double b) { return b / neuron::c * x - x + x * x * x / 3; };
    const double bt = e * e / neuron::eps, gh = (2 * e - e * e) / neuron::eps;
    const expected left{BT, {-current(bt), bt}}, right{BT, {current(bt), bt}};
    check_locus<neuron>({"I", -3, 3}, {"b", -0.5, 2},
                        {{CP, {0, neuron::c}},
                         left,
                         left,
                         right,
                         right,
                         {GH, {current(gh), gh}},
                         {GH, {-current(gh), gh}}});
}

TEST_CASE("Shimizu and Morioka's mirrored Hopf points", "[textbook]") {
    // Routh and Hurwitz: (lambda + alpha) lambda alpha = 2 alpha, omega^2 = lambda alpha
    const double alpha = 0.4, lambda = (std::sqrt(alpha * alpha + 8) - alpha) / 2;
    const expected hopf{HB, {lambda}, 1, {{"omega", std::sqrt(lambda * alpha), 1e-13}}};
    check_along<shimizu_morioka>({"lambda", 0.1, 2}, {hopf, hopf});
}

TEST_CASE("the repressilator's Hopf point, of six states", "[textbook]") {
    // x = sqrt 2, where the slope of alpha/(1 + x^2) is -4/3 and (1 + i omega)^6 = -(4/3)^3
    check_along<repressilator>(
        {"alpha", 0.2, 12}, {{HB, {3 * std::sqrt(2.)}, 1, {{"omega", 1 / std::sqrt(3.), 1e-13}}}});
}

TEST_CASE("a pitchfork that turns back", "[textbook]") {
    check_along<turned_pitchfork>({"r", -1, 0.7}, {{BP, {0}}, {LP, {-0.25}}, {LP, {-0.25}}});
}

TEST_CASE("a slow fold and a slow Hopf point beside a fast rate", "[textbook]") {
    check_along<slow_beside_fast>({"p", -1, 4}, {{LP, {0}}, {HB, {1}, 1, {{"omega", 1, 1e-9}}}});
}

TEST_CASE("the swallowtail's three folds and two cusps", "[textbook]") {
    check_along<swallowtail>({"a", -1, 1}, {{LP, {0}}, {LP, {0.25}}, {LP, {0.25}}});
    const double b = 4 / (3 * std::sqrt(6.));
    check_locus<swallowtail>({"a", -1, 1}, {"b", -1, 1.2},
                             {{CP, {-1. / 12, b}}, {CP, {-1. / 12, -b}}});
}

TEST_CASE("May and Leonard's three transcritical points, and a degenerate Hopf point",
          "[textbook]") {
    // alpha + beta = 2, where a plane is filled with cycles: l1 = 0
    check_along<may_leonard>({"beta", 0.1, 1.5},
                             {{BP, {1}}, {BP, {1}}, {BP, {1}}, {HB, {0.8}, 1, {{"l1", 0, 1e-11}}}});
}

TEST_CASE("curves that leave to infinite states end there, and name nothing on the way",
          "[textbook]") {
    const auto found = check_locus<treated_epidemic>({"b", 0.2, 4}, {"a", 0.05, 3}, {});
    for (const auto& each : found.branches) {
        CHECK(each.columns.rows() < 20000);
        const auto far = each.first == stop_reason::left_box || each.last == stop_reason::left_box;
        CHECK(far == (each.kind != "branch point"));
    }
}

TEST_CASE("Ricker's map: a flip, and no folds where all is a fixed point", "[map]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    const auto found = map_diagram(problem_of<ricker>(), 1, {"r", -0.5, 3}, {.max_step = max_step});
    check_labels(found, {{BP, {0}}, {BP, {0}}, {PD, {2}}});
}

TEST_CASE("Holmes's Duffing map in either parameter", "[map]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0), b = 0.2;
    CAPTURE(max_step);
    const auto at = problem_of<duffing_map>();
    const auto over_a = map_diagram(at, 1, {"a", -1.8, 3}, {.max_step = max_step});
    check_labels(over_a, {{BP, {1 + b}}, {PD, {-1 - b}}, {PD, {2 * (1 + b)}}, {PD, {2 * (1 + b)}}});
    auto wide = at;
    wide.set("a", 1.8);
    const auto over_b = map_diagram(wide, 1, {"b", -1.5, 1.5}, {.max_step = max_step});
    check_labels(over_b, {{BP, {1.8, 0.8}},
                          {PD, {1.8, -0.1}},
                          {PD, {1.8, -0.1}},
                          {NS, {1.8, 1}, 1, {{"theta", std::acos(0.9), 1e-12}}}});
}
