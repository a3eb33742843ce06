// SPDX-License-Identifier: MIT
// Every label of textbook systems: values to 1e-9, types and multiplicities, and none besides.
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <numbers>

#include "catch.hpp"
#include "oracle/expected.hpp"
#include "oracle/systems.hpp"
#include "oracle/textbook.hpp"

using namespace moebius;
using namespace oracle;

namespace {

diagram from(const problem& base, const parameter_range& range, double max_step,
             std::vector<double> state) {
    return equilibrium_diagram(base, range, {.max_step = max_step},
                               start_at(point_type::EP, std::move(state), base.parameters));
}

problem with(problem base, std::vector<double> parameters) {
    base.parameters = std::move(parameters);
    return base;
}

using enum point_type;

}  // namespace

TEST_CASE("CO oxidation: two folds and two Hopf points", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    const std::vector<expected> wanted{
        {HB,
         {1.04099156953262},
         1,
         {{"omega", .0591061479358, 1e-13}, {"Re c1", 4.331378978, 1e-9}}},
        {LP, {1.05220028786995}, 1, {{"a", .13465052, 1e-8}}},
        {LP, {1.04204850537853}, 1, {{"a", .11665935, 1e-8}}},
        {HB,
         {1.05155746245773},
         1,
         {{"omega", .0507403448968, 1e-13}, {"Re c1", 10.70101963, 1e-8}}}};
    CAPTURE(max_step);
    const auto low = with(problem_of<co_oxidation>(), {1.04, 0.4});
    check_labels(from(low, {"q2", 0.5, 2.3}, max_step, {0.078, 0.233, 0.492}), wanted);
    const auto high = with(problem_of<co_oxidation>(), {1.2, 0.4});
    check_labels(from(high, {"q2", 0.5, 2.3}, max_step, {0.00604, 0.67722, 0.22625}), wanted);
}

TEST_CASE("CO oxidation in two parameters", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    const auto base = problem_of<co_oxidation>();
    CAPTURE(max_step);
    const auto folds = locus(
        base, {"q2", 0.5, 2.3}, {"k", 0.05, 1.2}, {.max_step = max_step},
        start_at(LP, {0.054029415071, 0.302241440040, 0.459806532063}, {1.05220028786995, 0.4}));
    const std::vector<expected> corners{{BT,
                                         {1.4176276376006, 0.97139757348531},
                                         1,
                                         {{"a", .08378444142, 1e-11}, {"b", 2.136279925, 1e-9}}},
                                        {BT,
                                         {1.1611987088217, 0.72233907252223},
                                         1,
                                         {{"a", .04822564524, 1e-11}, {"b", 1.93763257, 1e-8}}}};
    check_labels(folds,
                 {corners[0],
                  corners[1],
                  {CP, {1.0064083296783, 0.35599127320868}, 1, {{"cubic", .3627886569, 1e-10}}}});
    const auto hopfs = locus(
        base, {"q2", 0.5, 2.3}, {"k", 0.05, 1.2}, {.max_step = max_step},
        start_at(HB, {0.077927770599, 0.233064930130, 0.492148070908}, {1.04099156953262, 0.4}));
    check_labels(
        hopfs, {corners[0],
                corners[1],
                {GH, {0.92425501521858, 0.30587926747793}, 1, {{"omega", .0592647113301, 1e-13}}},
                {GH, {0.89131898077432, 0.23248735420304}, 1, {{"omega", .057655439156, 1e-12}}}});
    REQUIRE(hopfs.branches.size() == 1);
    CHECK(hopfs.branches[0].first == stop_reason::branch_point);
    CHECK(hopfs.branches[0].last == stop_reason::branch_point);
}

TEST_CASE("A -> B: three sets of folds and Hopf points", "[textbook]") {
    struct setting {
        double B, beta;
        std::vector<expected> wanted;
    };
    const std::vector<setting> settings{
        {14,
         3,
         {{HB,
           {0.165042045323561},
           1,
           {{"omega", 1.0247563754053, 1e-13}, {"Re c1", 1.590811466, 1e-9}}},
          {HB,
           {0.336550498888431},
           1,
           {{"omega", 4.57710327293, 1e-11}, {"Re c1", -1.644191016, 1e-9}}}}},
        {18,
         3,
         {{HB,
           {0.111153484189864},
           1,
           {{"omega", 0.54470809752558, 1e-14}, {"Re c1", 7.32678631, 1e-8}}},
          {LP, {0.111565080074215}},
          {LP, {0.0995741367357279}},
          {HB,
           {0.183834607985987},
           1,
           {{"omega", 5.8054537366592, 1e-13}, {"Re c1", -2.400377107, 1e-9}}}}},
        {7.06,
         0.74,
         {{LP, {0.131802699638441}},
          {LP, {0.131201352992131}},
          {HB,
           {0.131551286180535},
           1,
           {{"omega", 0.36874656557547, 1e-14}, {"Re c1", -0.6471519184, 1e-10}}},
          {HB,
           {0.132502356402096},
           1,
           {{"omega", 0.56641501602297, 1e-14}, {"Re c1", -0.3898386355, 1e-10}}}}}};
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    for (const auto& [B, beta, wanted] : settings) {
        CAPTURE(max_step, B, beta);
        const auto base = with(problem_of<stirred_tank>(), {0, B, beta});
        check_labels(from(base, {"D", 0, 0.5}, max_step, {0, 0}), wanted);
        check_labels(equilibrium_diagram(base, {"D", 0, 0.5}, {.max_step = max_step}), wanted);
    }
}

TEST_CASE("predator and prey: a transcritical point beside a fold", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    const std::vector<expected> wanted{
        {BP, {0.6}},
        {BP, {2. / 3 / (1 - std::exp(-5. / 3))}},
        {LP, {0.832929322234157}},
        {HB,
         {0.671593847478832},
         1,
         {{"omega", 0.60478222194207, 1e-14}, {"Re c1", -0.429274788, 1e-9}}}};
    CAPTURE(max_step);
    const auto base = problem_of<predator_prey>();
    check_labels(from(base, {"p", 0, 1}, max_step, {0, 0}), wanted);
    check_labels(equilibrium_diagram(base, {"p", 0, 1}, {.max_step = max_step}), wanted);
}

TEST_CASE("no fold is told where the parameter is below the rounding of its range", "[textbook]") {
    // the branch that goes to u1 = -inf as p falls like exp(5 u1)
    const double max_step = GENERATE(0.1, 0.5, 1.0);
    const auto found =
        equilibrium_diagram(problem_of<predator_prey>(), {"p", -0.1, 1}, {.max_step = max_step});
    CAPTURE(max_step);
    for (const auto& point : found.special_points)
        if (point.type != EP) CHECK(point.residual < 1e-12);
    CHECK(all(found, LP).size() == 1);
}

TEST_CASE("the cusp's normal form", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0), fold = 2 / (3 * std::sqrt(3.));
    CAPTURE(max_step);
    const auto base = problem_of<cusp_form>();
    check_labels(equilibrium_diagram(base, {"mu", -1, 1}, {.max_step = max_step}),
                 {{LP, {fold}}, {LP, {-fold}}});
    const auto set = locus(base, {"mu", -1, 1}, {"lambda", -1, 1}, {.max_step = max_step});
    check_labels(set, {{CP, {0, 0}}});
    REQUIRE(set.branches.size() == 1);
    for (std::size_t i = 0; i < set.branches[0].columns.rows(); ++i) {
        const double mu = set.branches[0].columns.at("mu")[i];
        const double lambda = set.branches[0].columns.at("lambda")[i];
        CHECK_THAT(mu * mu, WithinAbs(4 * std::pow(lambda, 3) / 27, 1e-12));
    }
}

TEST_CASE("the Hill toggle has two pitchforks and the loop between", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    const auto base = problem_of<hill_toggle>();
    const auto found = equilibrium_diagram(base, {"S", 0.1, 2.5}, {.max_step = max_step});
    // the folds of the loop: f = 0 and det = 0 in 30 digits, each on both halves
    const expected low{LP, {0.82369162141505}}, high{LP, {1.12738982061880}};
    check_labels(found, {{BP, {0.85883782527893}}, {BP, {1.0061643924086}}, low, low, high, high});
    std::size_t sides = 0;
    for (const auto& each : found.branches)
        sides += each.first == stop_reason::branch_point && each.last == stop_reason::branch_point;
    CHECK(sides == 2);  // the loop, as its two halves
}

TEST_CASE("FitzHugh and Nagumo's two Hopf points", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0), at = 0.543718662545254;
    CAPTURE(max_step);
    const auto found = equilibrium_diagram(problem_of<fitzhugh_nagumo>(), {"I", -2.1, 5.1},
                                           {.max_step = max_step});
    const std::vector<printed> form{{"omega", 0.27550680572356, 1e-14}, {"Re c1", .2677846, 1e-7}};
    check_labels(found, {{HB, {at}, 1, form}, {HB, {-at}, 1, form}});
    for (const auto& point : all(found, HB)) CHECK(point.criticality == "subcritical");
}

TEST_CASE("Lorenz's pitchfork and its two Hopf points", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    const auto found =
        equilibrium_diagram(problem_of<lorenz_63>(), {"rho", 0, 30}, {.max_step = max_step});
    const expected hopf{
        HB, {470. / 19}, 1, {{"omega", 9.62453006371576, 1e-14}, {"Re c1", .002555495334, 1e-12}}};
    check_labels(found, {{BP, {1}}, hopf, hopf});
}

TEST_CASE("Genesio and Tesi's Hopf point, at the origin alone", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0), beta = GENERATE(1.0, 0.5, 2.0);
    CAPTURE(max_step, beta);
    const auto base = with(problem_of<genesio_tesi>(), {2, beta});
    check_labels(equilibrium_diagram(base, {"alpha", 0.1, 4}, {.max_step = max_step}),
                 {{HB, {1 / beta}, 1, {{"omega", std::sqrt(beta), 1e-12}}}});
}

TEST_CASE("Bautin's normal form: one Hopf point, and the generalized one", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    const auto base = problem_of<bautin_form>();
    check_labels(from(base, {"mu", -0.5, 0.7}, max_step, {0, 0}), {{HB, {0}}});
    const auto set = locus(base, {"mu", -0.5, 0.7}, {"beta", -1.1, 1}, {.max_step = max_step});
    check_labels(set, {{GH, {0, 0}}});
}

TEST_CASE("Henon's map: fold, flip, and the flip of its 2-cycle", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    const auto once = map_diagram(problem_of<henon>(), 1, {"a", -0.5, 1.4}, {.max_step = max_step});
    check_labels(once, {{LP, {-0.1225}}, {PD, {0.3675}}});
    const auto twice =
        map_diagram(problem_of<henon_twice>(), 1, {"a", 0.45, 1.2}, {.max_step = max_step});
    std::vector<special_point> flips = all(twice, PD);
    REQUIRE(flips.size() >= 1);
    for (const auto& flip : flips) CHECK_THAT(flip.parameters[0], WithinRel(0.9125, digits));
}

TEST_CASE("the Hill toggle from its asymmetric state: no fold at the pitchforks", "[textbook]") {
    auto base = problem_of<hill_toggle>();
    const double max_step = GENERATE(0.01, 0.03, 0.1, 0.3, 1.0);
    const double strength = GENERATE(0.88, 0.91, 0.94, 0.97);
    base.parameters = {strength};
    CAPTURE(max_step, strength);
    const expected low{LP, {0.82369162141505}}, high{LP, {1.12738982061880}};
    check_labels(from(base, {"S", 0.1, 2.5}, max_step, {1, 0.1}),
                 {{BP, {0.85883782527893}}, {BP, {1.0061643924086}}, low, low, high, high});
}
TEST_CASE("A -> B in two parameters: one fold curve, one Hopf curve", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0), beta = GENERATE(3.0, 0.74);
    const double e = std::exp(1.0);
    const expected corner{BT, {std::exp(-(1 + beta) / beta) / beta, std::pow(1 + beta, 3) / beta}};
    const expected bautin =
        beta == 3
            ? expected{GH, {0.27898541446844, 11.01584909266}, 1, {{"omega", 1.7654585721, 1e-10}}}
            : expected{
                  GH, {0.067227865989152, 8.953504440599}, 1, {{"omega", 1.55536676617, 1e-11}}};
    CAPTURE(max_step, beta);
    const auto base = with(problem_of<stirred_tank>(), {0, 14, beta});
    const auto found = locus(base, {"D", 0, 0.5}, {"B", 0, 25}, {.max_step = max_step});
    check_labels(found, {corner, corner, bautin, {CP, {1 / (e * e), 4 * (1 + beta)}}});
    REQUIRE(found.branches.size() == 2);
}

TEST_CASE("Lorenz-84's window: one fold curve, one Hopf curve, their ZH exact on both",
          "[textbook]") {
    const double max_step = GENERATE(0.03, 0.1, 0.5, 1.0), a = lorenz_84::a;
    CAPTURE(max_step);
    const auto found =
        locus(problem_of<lorenz_84>(), {"F", 0, 4}, {"G", 0, 4}, {.max_step = max_step});
    // by the state x, as in codim_two_test.cpp: the trace vanishes at x = 1 + a/2, and the cusp is
    // a root of 1734 x^2 - 204 x - 26
    const auto at = [a](point_type type, double x) -> expected {
        const double d = (1 - x) * (1 - x) + 16 * x * x, slope = -2 * (1 - x) + 32 * x;
        return {type, {x + d / slope, d * std::sqrt(a / slope)}};
    };
    const double cusp = (204 + std::sqrt(204. * 204 + 4 * 1734 * 26)) / (2 * 1734);
    check_labels(found, {at(ZH, 1 + a / 2), at(ZH, 1 + a / 2), at(CP, cusp)});
    CHECK(found.branches.size() == 2);
}

TEST_CASE("a ring of cells: every branch point of u = 0 with its multiplicity", "[textbook]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    const auto ring = [&]<std::size_t n>(std::integral_constant<std::size_t, n>) {
        const auto found = equilibrium_diagram(problem_of<cell_ring<n>>(), {"lambda", -1, 3},
                                               {.max_step = max_step, .depth = 0},
                                               start_at(EP, std::vector<double>(n), {-1}));
        std::vector<expected> wanted;
        for (std::size_t j = 0; 2 * j <= n; ++j) {
            const double s = std::sin(std::numbers::pi * double(j) / double(n));
            wanted.push_back({BP, {2 * s * s}, j == 0 || 2 * j == n ? 1 : 2});
        }
        check_labels(found, wanted);
    };
    ring(std::integral_constant<std::size_t, 6>{});
    ring(std::integral_constant<std::size_t, 8>{});
    ring(std::integral_constant<std::size_t, 12>{});
}
