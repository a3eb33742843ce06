// SPDX-License-Identifier: MIT
// Cycles beside modes that decay or grow faster than any mesh resolves.
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/model/model.hpp>
#include <numbers>

#include "catch.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

using test::of_type;

/// A circle of radius sqrt(mu) and a state that follows x^2 at a rate, forwards or backwards in
/// time: multipliers exp(-+4 pi mu) and exp(-+2 pi rate), z = mu/2 (1 + cos(2t - c) cos c) with
/// tan c = 2/rate.
struct follower {
    static constexpr std::string_view name = "follower";
    static constexpr std::string_view equation =
        "x' = time (mu x - y - x r^2), y' = time (x + mu y - y r^2), z' = time rate (x^2 - z)";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"mu", "mu", "", -0.2}, {"rate", "rate", "", 1}, {"time", "time", "", 1}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 3>& p) const {
        const S &x = s[0], &y = s[1], r2 = x * x + y * y;
        return {p[2] * (p[0] * x - y - x * r2), p[2] * (x + p[0] * y - y * r2),
                p[2] * p[1] * (x * x - s[2])};
    }
};

/// The same where z follows x, fast only while x is near 1.
struct brief_follower : follower {
    static constexpr std::string_view name = "brief-follower";

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 3>& p) const {
        using std::exp;
        const S &x = s[0], &y = s[1], r2 = x * x + y * y, off = x - 1.0;
        return {p[0] * x - y - x * r2, x + p[0] * y - y * r2,
                (p[1] * exp(-30.0 * off * off) + 0.05) * (x - s[2])};
    }
};

/// FitzHugh and Nagumo's, whose canards are stable: a plane, with a multiplier of exp(-large).
struct canards {
    static constexpr std::string_view name = "canards";
    static constexpr std::string_view equation = "v' = 100 (v - v^3/3 - w), w' = v + a";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"v", "w"};
    static constexpr std::array<parameter_info, 1> parameters{{{"a", "a", "", 0}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& s, const vec<S, 1>& p) const {
        return {100.0 * (s[0] - s[0] * s[0] * s[0] / 3.0 - s[1]), s[0] + p[0]};
    }
};

/// A mode whose rate is as often positive as negative: its multiplier is exp(-0.2 pi).
struct both_ways : follower {
    static constexpr std::string_view name = "both-ways";

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 3>& p) const {
        const S &x = s[0], &y = s[1], r2 = x * x + y * y;
        const S ways = x + 0.7 * (x * x - y * y) + 0.3 * x * y;
        return {p[0] * x - y - x * r2, x + p[0] * y - y * r2, (p[1] * ways - 0.1) * s[2]};
    }
};

/// A state that leaves zero where r^2 passes 1/2: its multiplier is exp(2 pi rate (mu - 1/2)).
struct leaving : follower {
    static constexpr std::string_view name = "leaving";

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 3>& p) const {
        const S &x = s[0], &y = s[1], r2 = x * x + y * y;
        return {p[0] * x - y - x * r2, x + p[0] * y - y * r2,
                p[1] * ((r2 - 0.5) * s[2] - s[2] * s[2] * s[2])};
    }
};

/// The same with a rate that is negative on one side of the cycle and positive on the other.
struct turning_mode : follower {
    static constexpr std::string_view name = "turning-mode";

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 3>& p) const {
        const S &x = s[0], &y = s[1], r2 = x * x + y * y;
        return {p[0] * x - y - x * r2, x + p[0] * y - y * r2,
                p[1] * ((r2 - 0.5 + 0.6 * x) * s[2] - s[2] * s[2] * s[2])};
    }
};

/// A circle of r^2 = a beside which a fast state and a slow one grow and decay in turn, as where a
/// torus is a canard's.
struct torus_canard : follower {
    static constexpr std::string_view name = "torus-canard";
    static constexpr std::array<std::string_view, 3> states{"x", "y", "w"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"a", "a", "", -0.2}, {"rate", "rate", "", 100}, {"uneven", "uneven", "", 0}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 3>& p) const {
        const S &x = s[0], &y = s[1], r2 = x * x + y * y, &w = s[2];
        const S g = p[1] * (1.0 + p[2] * x) * (r2 - 0.5 * r2 * r2 - w);
        return {g * x - 6.0 * y, g * y + 6.0 * x,
                0.05 * (r2 - p[0] - 0.5 * (w - p[0] + 0.5 * p[0] * p[0]))};
    }
};

/// A circle of radius sqrt(1 + s), and s that drifts through a fold at mu = 0 as slowly as `rate`.
struct slow_fold {
    static constexpr std::string_view name = "slow-fold";
    static constexpr std::string_view equation = "";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "s"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"mu", "mu", "", -0.5}, {"rate", "rate", "", 1}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 2>& p) const {
        const S &x = u[0], &y = u[1], &s = u[2], room = 1.0 + s - x * x - y * y;
        return {room * x - y, room * y + x, p[1] * (p[0] - s * s)};
    }
};

/// One state that decays and one that grows at the same rate.
struct saddle {
    static constexpr std::string_view name = "saddle";
    static constexpr std::string_view equation = "";
    static constexpr std::size_t dimension = 4;
    static constexpr std::array<std::string_view, 4> states{"x", "y", "z", "w"};
    static constexpr auto parameters = follower::parameters;

    template <typename S>
    vec<S, 4> rhs(const vec<S, 4>& s, const vec<S, 3>& p) const {
        const S &x = s[0], &y = s[1], r2 = x * x + y * y;
        const S &z = s[2], &w = s[3];
        return {p[0] * x - y - x * r2, x + p[0] * y - y * r2, p[1] * (0.6 * z + 0.8 * w),
                p[1] * (0.8 * z - 0.6 * w)};
    }
};

diagram cycles_of(problem at, double rate, double time = 1) {
    at.set("rate", rate);
    at.set("time", time);
    const parameter_range range{"mu", -0.2, 1};
    diagram found;
    add_cycle_branch(found, at, range, equilibrium_diagram(at, range).at("HB1"),
                     {.max_step = GENERATE(0.1, 1.0)});
    return found;
}

}  // namespace

TEST_CASE("a mode that decays at any rate has no multiplier left, and is followed",
          "[cycles][oracle]") {
    const double rate = GENERATE(30.0, 1e2, 1e3, 1e4, 1e6, 1e9);
    CAPTURE(rate);
    const auto found = cycles_of(problem_of<follower>(), rate);

    CHECK(found.special_points.size() == 1);  // the end at mu = 1
    const auto& rows = found.branches.at(0).columns;
    const double lag = 1 / std::sqrt(1 + 4 / (rate * rate));
    CHECK(rows.at("multiplier_1_re")[0] == 1);  // at the Hopf point, by its eigenvalues
    CHECK(std::abs(rows.at("multiplier_2_re")[0]) < 1e-12);
    for (std::size_t row = 2; row < rows.rows(); ++row) {
        const double mu = rows.at("mu")[row];
        CHECK_THAT(rows.at("multiplier_1_re")[row],
                   WithinRel(std::exp(-4 * std::numbers::pi * mu), 1e-7));
        CHECK(std::abs(rows.at("multiplier_2_re")[row]) < 1e-12);
        CHECK(rows.at("stable")[row] == 1);
        CHECK_THAT(rows.at("z_min")[row], WithinAbs(mu * (1 - lag) / 2, 1e-8));
        CHECK_THAT(rows.at("z_max")[row], WithinAbs(mu * (1 + lag) / 2, 1e-8));
    }
}

TEST_CASE("a mode that grows at any rate is unstable", "[cycles]") {
    const double rate = GENERATE(30.0, 1e2, 1e4, 1e6);
    CAPTURE(rate);
    const auto found = cycles_of(problem_of<follower>(), rate, -1);

    CHECK(found.special_points.size() == 1);
    const auto& rows = found.branches.at(0).columns;
    for (std::size_t row = 2; row < rows.rows(); ++row) {
        CHECK(rows.at("n_unstable")[row] == 2);
        CHECK(std::abs(rows.at("multiplier_1_re")[row]) > 1e12);
        CHECK_THAT(rows.at("multiplier_2_re")[row],
                   WithinRel(std::exp(4 * std::numbers::pi * rows.at("mu")[row]), 1e-7));
    }
}

TEST_CASE("a mode that decays fast for a part of the cycle alone has no multiplier left",
          "[cycles]") {
    const double rate = GENERATE(1e3, 1e4, 1e6);
    CAPTURE(rate);
    const auto found = cycles_of(problem_of<brief_follower>(), rate);

    CHECK(found.special_points.size() == 1);
    const auto& rows = found.branches.at(0).columns;
    const std::size_t last = rows.rows() - 1;
    CHECK_THAT(rows.at("multiplier_1_re")[last], WithinRel(std::exp(-4 * std::numbers::pi), 1e-7));
    CHECK(std::abs(rows.at("multiplier_2_re")[last]) < 1e-12);
    // on x where x is 1, but for the lag there, 1/rate
    CHECK_THAT(rows.at("z_max")[last],
               WithinAbs(1 - 0.5 / (rate * rate), 1 / (rate * rate) + 1e-8));
}

TEST_CASE("a mode that decays and grows in turn has the multiplier of its mean", "[cycles]") {
    const auto found = cycles_of(problem_of<both_ways>(), 10);

    CHECK(found.special_points.size() == 1);
    const auto& rows = found.branches.at(0).columns;
    CHECK_THAT(rows.at("multiplier_1_re")[rows.rows() - 1],
               WithinRel(std::exp(-0.2 * std::numbers::pi), 1e-3));
}

TEST_CASE("a mode that goes from fast decay to fast growth has its branch point", "[cycles]") {
    const double rate = GENERATE(30.0, 1e3, 1e4, 1e5, 1e6, 1e7);
    CAPTURE(rate);
    const auto found = cycles_of(problem_of<leaving>(), rate);

    REQUIRE(found.special_points.size() == 2);
    CHECK(of_type(found, point_type::BP).size() == 1);
    CHECK_THAT(found.at("BP1").parameters[0], WithinAbs(0.5, 1e-7));
    const auto& rows = found.branches.at(0).columns;
    for (std::size_t row = 1; row < rows.rows(); ++row) {
        const double mu = rows.at("mu")[row];
        if (std::abs(mu - 0.5) > 1e-9) CHECK(rows.at("n_unstable")[row] == (mu > 0.5));
    }
}

TEST_CASE("modes that decay and grow beside each other are told, or said not to be", "[cycles]") {
    const double rate = GENERATE(30.0, 1e2, 1e3, 1e4, 1e6);
    CAPTURE(rate);
    const auto found = cycles_of(problem_of<saddle>(), rate);

    CHECK(found.special_points.size() == 1);
    CHECK(found.branches.at(0).last ==
          (rate < 200 ? stop_reason::range_end : stop_reason::unresolved));
    const auto& rows = found.branches.at(0).columns;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        if (std::isnan(rows.at("accuracy")[row])) continue;
        const double exponent = 2 * std::numbers::pi * rate,
                     most = 0.99 * std::min(exponent, 340.0);
        CHECK(std::log(rows.at("multiplier_1_re")[row]) > most);
        CHECK(std::log(std::abs(rows.at("multiplier_3_re")[row])) < -most);
        CHECK(rows.at("n_unstable")[row] == 1);
    }
}

TEST_CASE("a mode that decays and grows in turn passes 1 once, or is said not to be told",
          "[cycles]") {
    const double rate = GENERATE(30.0, 50.0, 1e2, 2e2, 1e3, 1e4, 1e6);
    CAPTURE(rate);
    const auto found = cycles_of(problem_of<turning_mode>(), rate);

    const bool told = rate < 500;
    CHECK(found.branches.at(0).last == (told ? stop_reason::range_end : stop_reason::unresolved));
    const auto crossings = of_type(found, point_type::BP);
    CHECK(found.special_points.size() == 1 + crossings.size());  // and the end
    REQUIRE(crossings.size() == (told ? 1 : 0));
    if (told) CHECK_THAT(crossings[0].parameters[0], WithinAbs(0.5, 1e-8));
}

diagram torus_canards(double rate, double uneven, double max_step) {
    auto at = problem_of<torus_canard>();
    at.set("rate", rate);
    at.set("uneven", uneven);
    const parameter_range range{"a", -0.2, 1.9};
    diagram found;
    add_cycle_branch(found, at, range, equilibrium_diagram(at, range).at("HB1"),
                     {.max_step = max_step});
    return found;
}

/// Whether those of a type are these alone, up to the digits that multipliers of 1e50 leave.
void check_at(const diagram& found, point_type type, std::initializer_list<double> expected) {
    const auto points = of_type(found, type);
    REQUIRE(points.size() == expected.size());
    std::size_t k = 0;
    for (const double a : expected) CHECK(points[k++].parameters[0] == Approx(a).epsilon(1e-7));
}

/// Where the trace over the circle vanishes: 2 a rate (1 - a) = .025.
std::array<double, 2> tori_of(double rate) {
    const double product = 0.0125 / rate, first = product / (0.5 + std::sqrt(0.25 - product));
    return {first, 1 - first};
}

TEST_CASE("beside a multiplier of 1e100 rounding makes no branch points", "[cycles]") {
    const auto found = torus_canards(1000, 0, GENERATE(0.1, 0.3, 3.0));

    CHECK(of_type(found, point_type::BP).empty());
    CHECK(of_type(found, point_type::PD).empty());
    const auto [first, last] = tori_of(1000);
    check_at(found, point_type::NS, {first, last});
}

TEST_CASE("two doublings within a long step are both told", "[cycles]") {
    const auto found = torus_canards(100, 1.2, GENERATE(0.1, 1.0));

    // by products of DOP853's segments in 60 digits a multiplier is -1 at the first two
    check_at(found, point_type::PD, {0.9902069904, 1.009559683, 1.4347497});
}

TEST_CASE("of two multipliers far on both sides neither is told wrong, nor a label lost",
          "[cycles]") {
    const auto found = torus_canards(300, 3, GENERATE(0.1, 0.3, 1.0, 3.0));

    // zeros of 1 -+ tr + det of such products
    check_at(found, point_type::PD, {0.2585769766, 0.9943080798, 1.0057689110});
    check_at(found, point_type::BP, {0.9956321850, 1.0044592265});
    CHECK(of_type(found, point_type::LPC).empty());
    const auto& rows = found.branches.at(0).columns;
    for (std::size_t row = 1; row < rows.rows(); ++row) {
        const double a = rows.at("a")[row],
                     sum = std::numbers::pi / 3 * (600 * a * (1 - a) - 0.025);
        const double one = rows.at("multiplier_1_re")[row], other = rows.at("multiplier_2_re")[row];
        CAPTURE(a, std::log(std::abs(one)), std::log(std::abs(other)));
        if (a > 1.00577) CHECK(one < 0);
        if (a > 1 || rows.at("multiplier_1_im")[row] != 0) continue;  // damped beyond any size
        CHECK(one * other > 0);
        const double logs = std::log(std::abs(one)) + std::log(std::abs(other));
        CHECK(std::abs(logs - sum) < 1 + 0.1 * (std::log(std::abs(one)) + std::abs(sum)));
    }
}

TEST_CASE("what the first step from a Hopf point passes is told", "[cycles]") {
    const double rate = GENERATE(300.0, 1000.0, 3000.0);
    const auto found = torus_canards(rate, GENERATE(0.0, 0.7), GENERATE(0.1, 1.0));

    const auto tori = of_type(found, point_type::NS);
    REQUIRE(!tori.empty());
    CHECK(tori[0].parameters[0] == Approx(tori_of(rate)[0]).epsilon(1e-5));
}

TEST_CASE("a fold beside a mode of any slowness is told", "[cycles]") {
    auto at = problem_of<slow_fold>();
    at.set("rate", GENERATE(1.0, 1e-4, 1e-7, 1e-8));
    const parameter_range range{"mu", -0.5, 3};
    diagram found;
    add_cycle_branch(found, at, range, equilibrium_diagram(at, range).at("HB1"),
                     {.max_step = GENERATE(0.1, 1.0)});

    const auto folds = of_type(found, point_type::LPC);
    REQUIRE(folds.size() == 1);
    CHECK(std::abs(folds[0].parameters[0]) < 1e-8);
}

TEST_CASE("canards in a plane are told stable without a doubling or a fold", "[cycles]") {
    const auto at = problem_of<canards>();
    const parameter_range range{"a", -0.5, 1.2};
    diagram found;
    add_cycle_branch(found, at, range, equilibrium_diagram(at, range).at("HB1"), {});

    CHECK(found.special_points.size() == 1);
    const auto& rows = found.branches.at(0).columns;
    for (std::size_t row = 0; row < rows.rows(); ++row) CHECK(rows.at("stable")[row] == 1);
}
