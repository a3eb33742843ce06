// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/model/token_response.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"
#include "unit/test_models.hpp"

using namespace moebius;

namespace {

std::vector<special_point> cusps_of(const diagram& d) {
    std::vector<special_point> found;
    for (const auto& point : d.special_points)
        if (point.type == point_type::CP) found.push_back(point);
    return found;
}

}  // namespace

TEST_CASE("the cusp of two experts is found once at every step", "[bifurcation][oracle]") {
    const double max_step = GENERATE(0.003, 0.01, 0.05, 0.1, 0.2, 0.37, 0.5);
    const auto found = fold_locus(problem_of<models::two_expert>(), {"feedback", 1.5, 20},
                                  {"bias", -9, 9}, {.max_step = max_step});

    const auto cusps = cusps_of(found);
    CAPTURE(max_step);
    REQUIRE(cusps.size() == 1);
    CHECK_THAT(cusps[0].parameters[0], WithinAbs(2, 1e-10));
    CHECK_THAT(cusps[0].parameters[3], WithinAbs(0, 1e-10));
    CHECK_THAT(cusps[0].normal_form[1].second, WithinAbs(-2.0 / 24, 1e-12));  // -kappa beta^3/24
    REQUIRE(found.branches.size() == 1);
    const auto& rows = found.branches[0].columns;
    CHECK(rows.at("bias").front() * rows.at("bias").back() == -81);  // both arms, edge to edge
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        const double u = rows.at("x")[i] / 2;  // theory.md 2 with beta = decay = 1
        CHECK_THAT(rows.at("feedback")[i], WithinAbs(2 * std::pow(std::cosh(u), 2), 1e-10));
        CHECK_THAT(rows.at("bias")[i], WithinAbs(2 * (u - std::sinh(2 * u) / 2), 1e-10));
    }
}

TEST_CASE("scaling two experts scales their cusp", "[bifurcation][property]") {
    const double decay = GENERATE(take(4, random(0.01, 100.0)));
    const double beta = GENERATE(take(4, random(0.01, 100.0)));
    auto two = problem_of<models::two_expert>();
    two.set("decay", decay);
    two.set("beta", beta);
    const double unit = 2 * decay / beta;
    const auto found =
        fold_locus(two, {"feedback", 0.75 * unit, 10 * unit}, {"bias", -4.5 * unit, 4.5 * unit});

    const auto cusps = cusps_of(found);
    CAPTURE(decay, beta);
    REQUIRE(cusps.size() == 1);
    CHECK_THAT(cusps[0].parameters[0], WithinRel(unit, 1e-12));
    CHECK_THAT(cusps[0].parameters[3], WithinAbs(0, 1e-12 * unit));
}

TEST_CASE("every cusp of a token response is found, each once", "[bifurcation][oracle]") {
    const double beta = GENERATE(2.0, 4.0, 8.0), max_step = GENERATE(0.1, 0.5);
    // three groups of tokens: a response with several humps
    const models::token_response tokens(
        {{{-1.4, 0.35, 0}, {-0.9, 0.15, 0}, {0.2, 0.2, 0}, {1.1, 0.3, 0}}, noise_law::gumbel});
    auto problem = problem_of(tokens);
    problem.set("beta", beta);
    const parameter_range feedback{"feedback", 0.1, 10}, bias{"bias", -8, 8};

    const auto cusps = cusps_of(fold_locus(problem, feedback, bias, {.max_step = max_step}));

    // An independent scan: signs of m'' on a fine grid, and theory.md 4 for where they stand.
    std::vector<double> want;
    const double step = 1e-4;
    for (double x = -6; x < 6; x += step) {
        const auto a = tokens.response(x, beta), b = tokens.response(x + step, beta);
        if ((a[2] > 0) == (b[2] > 0)) continue;
        const double at = x + step * a[2] / (a[2] - b[2]);
        const auto m = tokens.response(at, beta);
        const double kappa = 1 / m[1], h = at - kappa * m[0];
        if (kappa >= 0.1 && kappa <= 10 && std::abs(h) <= 8) want.push_back(at);
    }
    CAPTURE(beta, max_step);
    REQUIRE(cusps.size() == want.size());
    for (const double at : want) {
        double nearest = 1;
        for (const auto& cusp : cusps) nearest = std::min(nearest, std::abs(cusp.state[0] - at));
        CHECK(nearest <= step * step * 100);  // linear interpolation over a cell of the scan
    }
}

TEST_CASE("in score space the fold set is that of the difference", "[bifurcation][oracle]") {
    const auto found =
        fold_locus(problem_of<test_models::two_scores>(), {"feedback", 1.5, 8}, {"bias", -3, 3});

    const auto cusps = cusps_of(found);
    REQUIRE(cusps.size() == 1);
    CHECK_THAT(cusps[0].parameters[0], WithinAbs(2, 1e-10));
    CHECK_THAT(cusps[0].parameters[3], WithinAbs(0, 1e-10));
    REQUIRE(found.branches.size() == 1);
    const auto& rows = found.branches[0].columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        const double u = (rows.at("s1")[i] - rows.at("s2")[i]) / 2;
        CHECK_THAT(rows.at("feedback")[i], WithinAbs(2 * std::pow(std::cosh(u), 2), 1e-10));
        CHECK_THAT(rows.at("bias")[i], WithinAbs(2 * (u - std::sinh(2 * u) / 2), 1e-10));
    }
}

TEST_CASE("a fold curve can start at a labelled point", "[bifurcation]") {
    auto two = problem_of<models::two_expert>();
    two.set("feedback", 4);
    const auto folds = equilibrium_diagram(two, {"bias", -3, 3});
    const auto found = fold_locus(two, {"feedback", 1.5, 20}, {"bias", -9, 9}, {}, folds.at("LP1"));

    CHECK(cusps_of(found).size() == 1);
    REQUIRE(found.branches.size() == 1);
    CHECK(found.branches[0].from == "LP1");

    two.set("feedback", 1);
    const auto pitchfork = equilibrium_diagram(two, {"feedback", 0.5, 20});
    const auto through =
        fold_locus(two, {"feedback", 1.5, 20}, {"bias", -9, 9}, {}, pitchfork.at("BP1"));
    CHECK(cusps_of(through).size() == 1);  // the branch point is the cusp
}

TEST_CASE("a window without folds is an empty answer, a bad one a sentence",
          "[bifurcation][error]") {
    const auto two = problem_of<models::two_expert>();
    CHECK(fold_locus(two, {"feedback", 0.5, 1.5}, {"bias", -1, 1}).branches.empty());
    REQUIRE_THROWS_WITH(fold_locus(two, {"bias", 0, 1}, {"bias", 0, 1}),
                        "locus: bias came twice, but two different parameters must vary");
}
