// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/model/two_expert.hpp>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "unit/test_models.hpp"

using namespace moebius;

namespace {

/// Of no number where x < 0.
struct of_half_a_line {
    static constexpr std::string_view name = "half-line";
    static constexpr std::string_view equation = "x' = p - x log x";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "", -0.2}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        using std::log;
        return {p[0] - x[0] * log(x[0])};
    }
};

}  // namespace

TEST_CASE("the scan finds all equilibria of two experts", "[continuation][oracle]") {
    const double beta = GENERATE(0.3, 1.0, 50.0), decay = GENERATE(0.1, 1.0, 20.0);
    auto two = problem_of<models::two_expert>();
    two.set("beta", beta);
    two.set("decay", decay);
    const double mu = GENERATE(0.5, 2.0, 100.0);
    two.set("feedback", 2 * mu * decay / beta);

    const auto found = find_equilibria(two);

    REQUIRE(found.size() == (mu > 1 ? 3u : 1u));
    for (const auto& x : found) {
        const double y = beta * x[0] / 2;
        // y = mu tanh y at eta = 0, docs/theory.md section 2; rounding against the slope
        // 1 - mu/cosh^2 y
        CHECK_THAT(y - mu * std::tanh(y), WithinAbs(0.0, 1e-13 * mu));
    }
}

TEST_CASE("two equilibria much closer than the scan are still two", "[continuation]") {
    auto fold = problem_of<test_models::s_curve>();
    const double gap = GENERATE(1e-3, 1e-5);  // from the fold at x = -1/sqrt 3
    fold.set("p", 2 * std::pow(1.0 / 3, 1.5) - gap);

    const auto found = find_equilibria(fold);

    REQUIRE(found.size() == 3);
    const double near = std::sqrt(gap / std::sqrt(3.0));               // f_xx/2 = sqrt 3 there
    CHECK_THAT(found[1][0] - found[0][0], WithinRel(2 * near, 0.02));  // leading order in gap
}

TEST_CASE("a model of two states is searched from many starts", "[continuation]") {
    auto scores = problem_of<test_models::two_scores>();
    scores.set("feedback", 4);  // mu = 2: balance and two collapsed states

    const auto found = find_equilibria(scores);

    REQUIRE(found.size() == 3);
    for (const auto& s : found) CHECK_THAT(s.sum(), WithinAbs(4, 1e-13));  // feedback/decay
}

TEST_CASE("a scan says that it passed values without a number", "[continuation]") {
    auto half = problem_of<of_half_a_line>();
    half.set("p", -0.2);
    search_record record;

    const auto found = find_equilibria(half, &record);

    REQUIRE(found.size() == 2);  // x log x falls to -1/e, and rises
    for (const auto& x : found) CHECK_THAT(x[0] * std::log(x[0]), WithinAbs(-0.2, 1e-14));
    CHECK(record.not_finite == 1);
    search_record whole;
    static_cast<void>(find_equilibria(problem_of<models::two_expert>(), &whole));
    CHECK(whole.not_finite == 0);
    const auto along = equilibrium_diagram(half, {"p", -0.3, 1}, {.searches = 3});
    CHECK(along.search.not_finite == 3);
}

TEST_CASE("no equilibrium is an empty answer", "[continuation]") {
    auto none = problem_of<test_models::circle>();
    none.set("p", 2);
    CHECK(find_equilibria(none).empty());
}

TEST_CASE("a flow from hundreds of state scales away comes to rest", "[continuation][oracle]") {
    // exact-k of two from one winner with all loads starts so: of 256 experts it is 200 too far
    auto at = with_defaults(expert_feedback(softmax_loads(8)));
    at.set("feedback", 2);
    Eigen::VectorXd start = Eigen::VectorXd::Zero(8);
    start[3] = 1000;

    const auto rest = steady_state(at).from(start);

    REQUIRE(rest);  // feedback 2 is far below that of any other state: all scores 2/8
    for (Eigen::Index e = 0; e < 8; ++e) CHECK_THAT((*rest)[e], WithinAbs(0.25, 1e-14));
}

TEST_CASE("starts from which Newton's method finds nothing are counted", "[continuation]") {
    search_record record;
    CHECK(find_equilibria(problem_of<test_models::nowhere>(), &record).empty());
    CHECK(record.starts > 0);
    CHECK(record.no_root == record.starts);
}

TEST_CASE("a flow that circles comes to no rest, and the search says so", "[continuation]") {
    // between 3.4 = 2 (decay + leak + gain/2) and the pitchfork at 7 two controlled experts have
    // one equilibrium, which repels (docs/theory.md section 5)
    auto at = with_defaults(controlled_feedback(softmax_loads(2)));
    at.set("gain", 1);
    at.set("leak", 0.2);
    at.set("feedback", 5);
    search_record record;
    REQUIRE(find_equilibria(at, &record).size() == 1);
    CHECK(record.no_rest == 2);  // of the winners; balance is where it starts from

    at.set("feedback", 3);
    search_record calm;
    REQUIRE(find_equilibria(at, &calm).size() == 1);
    CHECK(calm.no_rest == 0);
}

TEST_CASE("the flow's end is that of its equations", "[continuation][oracle]") {
    // exact-k of two from one winner: the way is long, with growing parts (a second winner comes,
    // 68 state scales on) and, at 35 of 40 experts, past where two states have just vanished
    struct from_winner {
        std::size_t experts;
        double feedback;
    };
    const auto [experts, feedback] =
        GENERATE(from_winner{40, 35}, from_winner{40, 50}, from_winner{128, 137});
    CAPTURE(experts, feedback);
    auto at = with_defaults(expert_feedback(exact_k_loads(experts, 2)));
    at.set("feedback", feedback);
    for (std::size_t e = 0; e < experts; ++e)  // no pattern
        at.set("bias_" + std::to_string(e + 1),
               0.6 * std::fmod(static_cast<double>(e + 1) * 0.6180339887, 1.0) - 0.3);
    for (const std::size_t winner : {0u, 1u, 2u, 3u}) {
        std::vector<double> loads(experts), start(experts);
        loads[winner] = 1;
        REQUIRE(at.model->rest(loads, at.parameters, start));
        const auto rest = steady_state(at).from(
            Eigen::VectorXd::Map(start.data(), static_cast<Eigen::Index>(experts)));
        REQUIRE(rest);
        const auto end = settle(at, start);
        REQUIRE(end.status == flow_status::converged);
        for (std::size_t e = 0; e < experts; ++e)
            CHECK_THAT((*rest)[static_cast<Eigen::Index>(e)], WithinAbs(end.state[e], 1e-6));
    }
}
