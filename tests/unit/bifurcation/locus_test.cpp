// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/model/token_response.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"
#include "unit/test_models.hpp"

using namespace moebius;

namespace {

std::vector<special_point> all(const diagram& d, point_type type) {
    std::vector<special_point> found;
    for (const auto& point : d.special_points)
        if (point.type == type) found.push_back(point);
    return found;
}

std::vector<special_point> cusps_of(const diagram& d) { return all(d, point_type::CP); }

special_point start_at(point_type type, std::vector<double> x, std::vector<double> p) {
    special_point point;
    point.label = "start";
    point.type = type;
    point.state = std::move(x);
    point.parameters = std::move(p);
    return point;
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
        const double u = rows.at("x")[i] / 2;  // docs/theory.md section 2 with beta = decay = 1
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

    // An independent scan: signs of m'' on a fine grid, and docs/theory.md section 4 for where they
    // stand.
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

TEST_CASE("with a leak the Hopf curve of two controlled experts ends in a symmetric BT",
          "[bifurcation][oracle]") {
    const double max_step = GENERATE(0.05, 0.3, 1.0);
    const double gain = 0.3, g = 0.5;  // g = beta/2, decay = 1
    auto two = with_defaults(controlled_feedback(softmax_loads(2)));
    two.set("gain", gain);
    const double onset = (1 + gain * g) / g;  // docs/theory.md section 5
    two.set("feedback", onset);
    const parameter_range feedback{"feedback", 0.5, 8}, leak{"leak", 0, 2};
    const auto start = start_at(point_type::HB, {onset / 2, onset / 2, 0, 0}, two.parameters);
    const auto hopf = locus(two, feedback, leak, {.max_step = max_step}, start);

    // determinant and trace of [feedback g - 1, feedback g; -gain g, -gain g - leak] vanish
    const double corner = (std::sqrt(gain * gain * g * g + 4 * gain * g) - gain * g) / 2;
    CAPTURE(max_step);
    REQUIRE(hopf.branches.size() == 1);
    CHECK(hopf.branches[0].last == stop_reason::branch_point);
    REQUIRE(all(hopf, point_type::BT).size() == 1);
    const auto& found = hopf.special_points.at(0);
    CHECK_THAT(found.parameters[0], WithinAbs((1 + gain * g + corner) / g, 1e-10));
    CHECK_THAT(found.parameters[4], WithinAbs(corner, 1e-10));
    CHECK(found.normal_form[0].first == "a3");
    CHECK(found.criticality == "supercritical");

    const auto both = locus(two, feedback, leak, {.max_step = max_step}, found);
    REQUIRE(both.branches.size() == 2);
    CHECK(both.branches[0].kind == "branch point");
    CHECK(both.branches[1].kind == "hopf");
    CHECK(all(both, point_type::BT).size() == 1);
    for (const auto& branch : both.branches)
        for (std::size_t i = 0; i < branch.columns.rows(); ++i) {
            const double at = branch.columns.at("leak")[i];
            const double want =
                branch.kind == "hopf" ? (1 + gain * g + at) / g : (gain * g + at) / (g * at);
            CHECK_THAT(branch.columns.at("feedback")[i], WithinAbs(want, 1e-11));
        }
}

TEST_CASE("the balanced state of N experts is lost along feedback beta = N decay",
          "[bifurcation][oracle]") {
    const std::size_t experts = GENERATE(as<std::size_t>{}, 2, 3, 4, 16);
    const double n = static_cast<double>(experts);
    const auto problem = with_defaults(expert_feedback(softmax_loads(experts)));
    auto start = start_at(point_type::BP, {1}, {n, 1, 1, 0});
    start.multiplicity = static_cast<int>(experts) - 1;
    start.groups = one_group(experts);

    const auto found = locus(problem, {"feedback", 0.5, 40}, {"beta", 0.1, 4}, {}, start);

    CAPTURE(experts);
    REQUIRE(found.branches.size() == 1);
    const auto& branch = found.branches[0];
    CHECK(branch.kind == "branch point");
    CHECK(branch.groups == split(one_group(experts), 0, 1));
    CHECK(branch.columns.at("beta").front() + branch.columns.at("beta").back() > 4);
    for (std::size_t i = 0; i < branch.columns.rows(); ++i)
        CHECK_THAT(branch.columns.at("feedback")[i] * branch.columns.at("beta")[i],
                   WithinRel(n, 1e-13));
}

TEST_CASE("the one-winner fold in feedback and bias is the exact one, with one cusp",
          "[bifurcation][oracle]") {
    const std::size_t experts = GENERATE(as<std::size_t>{}, 3, 8, 64, 256);
    const double max_step = GENERATE(0.05, 0.5);
    const exact::split one{experts, 1};
    const auto fold = exact::branch_fold(one);
    const auto problem = with_defaults(expert_feedback(softmax_loads(experts)));
    auto start = start_at(point_type::LP, {fold.K * fold.loads[0], fold.K * fold.loads[1]},
                          {fold.K, 1, 1, 0, 0});
    start.groups = split(one_group(experts), 0, 1);

    const auto found =
        locus(problem, {"feedback", 1, 12}, {"bias_1", -8, 8}, {.max_step = max_step}, start);

    CAPTURE(experts, max_step);
    REQUIRE(found.branches.size() == 1);
    const auto& rows = found.branches[0].columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        const double load = rows.at("load_1")[i];
        const auto want = exact::fold(one, std::log(load / (1 - load)));
        CHECK_THAT(rows.at("feedback")[i], WithinAbs(want.K, 1e-10));
        CHECK_THAT(rows.at("bias_1")[i], WithinAbs(want.h, 1e-10));
    }
    REQUIRE(found.special_points.size() == 1);
    const auto cusp = exact::cusp(one);
    CHECK(found.special_points[0].type == point_type::CP);
    CHECK_THAT(found.special_points[0].parameters[0], WithinAbs(cusp.K, 1e-10));
    CHECK_THAT(found.special_points[0].parameters[3], WithinAbs(cusp.h, 1e-10));
}

TEST_CASE("a generalized Hopf point is found once at every step", "[bifurcation][oracle]") {
    const double max_step = GENERATE(0.02, 0.1, 0.37, 1.0);
    const auto found = locus(problem_of<test_models::bautin>(), {"growth", -1, 1}, {"cubic", -1, 2},
                             {.max_step = max_step}, start_at(point_type::HB, {0, 0}, {0, -0.5}));

    CAPTURE(max_step);
    REQUIRE(found.special_points.size() == 1);
    CHECK(found.special_points[0].type == point_type::GH);
    CHECK_THAT(found.special_points[0].parameters[1], WithinAbs(0, 1e-12));
    const auto& rows = found.branches.at(0).columns;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        CHECK_THAT(rows.at("growth")[i], WithinAbs(0, 1e-13));
        CHECK_THAT(rows.at("omega")[i], WithinAbs(2, 1e-12));
        CHECK_THAT(rows.at("l1")[i], WithinAbs(rows.at("cubic")[i], 1e-12));
    }
}

TEST_CASE("a start that lies on no curve is named", "[bifurcation][error]") {
    const auto two = problem_of<models::two_expert>();
    REQUIRE_THROWS_WITH(locus(two, {"feedback", 0.5, 1.5}, {"bias", -1, 1}, {},
                              start_at(point_type::EP, {0}, {1, 1, 1, 0})),
                        "locus: start came as a start, but no curve of special points passes near "
                        "it in this window");
    REQUIRE_THROWS_WITH(locus(two, {"feedback", 0.5, 1.5}, {"bias", -1, 1}, {},
                              start_at(point_type::LP, {0, 0}, {1, 1, 1, 0})),
                        "start: start has 2 states, but two-expert has 1");
    // One state has no pair of eigenvalues; assertions saw the memory behind it being read.
    for (const auto type : {point_type::HB, point_type::BT, point_type::GH, point_type::HH})
        CHECK_THROWS_AS(locus(two, {"feedback", 0.5, 1.5}, {"bias", -1, 1}, {},
                              start_at(type, {0}, {1, 1, 1, 0})),
                        invalid_argument);
}

TEST_CASE("no curve is near a start at which the equations leave double precision",
          "[bifurcation][error]") {
    const auto type = GENERATE(point_type::LP, point_type::CP, point_type::BP, point_type::HB,
                               point_type::GH, point_type::HH, point_type::BT, point_type::ZH);
    const double far = GENERATE(1e308, -1e308, 1e200);
    const auto two = problem_of<models::two_expert>();
    const problem controlled = make_problem("softmax", {.experts = 3, .controlled = true});
    for (const bool of_state : {false, true}) {
        CAPTURE(to_string(type), far, of_state);
        auto start = start_at(type, {0}, {1, 1, 1, 0});
        (of_state ? start.state : start.parameters).front() = far;
        CHECK_THROWS_AS(locus(two, {"feedback", 0.5, 1.5}, {"bias", -1, 1}, {}, start),
                        invalid_argument);
        auto many = start_at(type, std::vector<double>(controlled.model->dimension()),
                             controlled.parameters);
        many.groups = singletons(3);
        (of_state ? many.state : many.parameters).front() = far;
        CHECK_THROWS_AS(locus(controlled, {"feedback", 0.5, 9}, {"gain", 0.1, 1}, {}, many),
                        invalid_argument);
    }
}

TEST_CASE("a locus has its start on the edge once, and no more points than were allowed",
          "[bifurcation][edge]") {
    auto two = problem_of<models::two_expert>();
    two.set("feedback", 5);
    const parameter_range first{"beta", 0.3, 6}, second{"bias", -3, 3};

    for (const auto& made : fold_locus(two, first, second).branches) {
        const auto &x = made.columns.at("beta"), &y = made.columns.at("bias");
        for (std::size_t row = 1; row < x.size(); ++row)
            CHECK(std::abs(x[row] - x[row - 1]) + std::abs(y[row] - y[row - 1]) > 1e-9);
    }
    for (const auto& made : fold_locus(two, first, second, {.max_points = 20}).branches)
        CHECK(made.columns.rows() <= 21);  // and its CP
}

TEST_CASE("a locus tells what its lines left, and max_branches governs it", "[locus][complete]") {
    const problem full = make_problem("softmax", {.experts = 8});
    const problem on = regrouped(full, coarsest_groups(full, std::vector{full.index_of("bias_1")}));
    const auto search = [&](const continuation_options& options) {
        return locus(on, {"feedback", 2, 12}, {"bias_1", -3, 3}, options).search;
    };
    const auto whole = search({}), little = search({.max_branches = 6});
    CHECK(whole.starts > 100);
    CHECK(whole.not_followed == 0);
    CHECK(little.not_followed > 0);
    CHECK(search({.depth = 0}).too_deep > 0);
}
