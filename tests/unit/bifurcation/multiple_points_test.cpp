// SPDX-License-Identifier: MIT
// Points at which a model's own symmetry makes several eigenvalues cross at once.
#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/certify.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/model.hpp>
#include <moebius/model/registry.hpp>

#include "catch.hpp"
#include "numbered_states.hpp"

using namespace moebius;

namespace {

/// A triangle's symmetry, D3.
struct triangle {
    static constexpr std::string_view name = "triangle";
    static constexpr std::string_view equation = "z' = p z + conj(z)^2 - |z|^2 z";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "", -1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 1>& p) const {
        const S r2 = x[0] * x[0] + x[1] * x[1];
        return {p[0] * x[0] + x[0] * x[0] - x[1] * x[1] - r2 * x[0],
                p[0] * x[1] - 2.0 * x[0] * x[1] - r2 * x[1]};
    }
};

/// A square's, D4.
struct square {
    static constexpr std::string_view name = "square";
    static constexpr std::string_view equation =
        "x' = p x - x^3 - x y^2/2, y' = p y - y^3 - y x^2/2";
    static constexpr std::size_t dimension = 2;
    static constexpr std::array<std::string_view, 2> states{"x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "", -1}}};

    template <typename S>
    vec<S, 2> rhs(const vec<S, 2>& x, const vec<S, 1>& p) const {
        return {x[0] * (p[0] - x[0] * x[0] - 0.5 * x[1] * x[1]),
                x[1] * (p[0] - x[1] * x[1] - 0.5 * x[0] * x[0])};
    }
};

/// All permutations of n cells that a sum couples, and a change of sign.
template <std::size_t n>
struct permuted {
    static constexpr std::string_view name = "permuted";
    static constexpr std::string_view equation = "x_i' = p x_i - x_i^3 - 0.3 sum x";
    static constexpr std::size_t dimension = n;
    static constexpr auto states = numbered_states<'x', n>;
    static constexpr std::array<parameter_info, 1> parameters{{{"p", "p", "", -1}}};

    template <typename S>
    vec<S, n> rhs(const vec<S, n>& x, const vec<S, 1>& p) const {
        S sum = x[0] * 1.0;
        for (std::size_t i = 1; i < n; ++i) sum += x[i];
        vec<S, n> out;
        for (std::size_t i = 0; i < n; ++i) out[i] = p[0] * x[i] - x[i] * x[i] * x[i] - 0.3 * sum;
        return out;
    }
};

/// Three alike oscillators in a ring.
struct oscillators {
    static constexpr std::string_view name = "oscillators";
    static constexpr std::string_view equation =
        "z_i' = (mu + i - |z_i|^2) z_i + 0.3 (z_(i+1) + z_(i-1) - 2 z_i)";
    static constexpr std::size_t dimension = 6;
    static constexpr std::array<std::string_view, 6> states{"x1", "y1", "x2", "y2", "x3", "y3"};
    static constexpr std::array<parameter_info, 1> parameters{{{"mu", "mu", "", -1}}};

    template <typename S>
    vec<S, 6> rhs(const vec<S, 6>& x, const vec<S, 1>& p) const {
        vec<S, 6> out;
        for (std::size_t i = 0; i < 3; ++i) {
            const std::size_t j = (i + 1) % 3, l = (i + 2) % 3;
            const S a = p[0] - x[2 * i] * x[2 * i] - x[2 * i + 1] * x[2 * i + 1];
            out[2 * i] = a * x[2 * i] - x[2 * i + 1] + 0.3 * (x[2 * j] + x[2 * l] - 2.0 * x[2 * i]);
            out[2 * i + 1] = a * x[2 * i + 1] + x[2 * i] +
                             0.3 * (x[2 * j + 1] + x[2 * l + 1] - 2.0 * x[2 * i + 1]);
        }
        return out;
    }
};

/// Two oscillators that do not meet, of different frequencies.
struct apart {
    static constexpr std::string_view name = "apart";
    static constexpr std::string_view equation =
        "z' = (mu + i - |z|^2) z, w' = (mu + nu + 1.7 i - |w|^2) w";
    static constexpr std::size_t dimension = 4;
    static constexpr std::array<std::string_view, 4> states{"x", "y", "u", "v"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"mu", "mu", "", -1}, {"nu", "nu", "", 0}}};

    template <typename S>
    vec<S, 4> rhs(const vec<S, 4>& x, const vec<S, 2>& p) const {
        const S a = p[0] - x[0] * x[0] - x[1] * x[1];
        const S b = p[0] + p[1] - x[2] * x[2] - x[3] * x[3];
        return {a * x[0] - x[1], a * x[1] + x[0], b * x[2] - 1.7 * x[3], b * x[3] + 1.7 * x[2]};
    }
};

/// The same, which says that its rhs takes enclosures.
struct apart_enclosed : apart {
    static constexpr bool closed_form() { return true; }
};

/// The two frequencies of a double Hopf point.
void check_rates(const special_point& point) {
    CHECK_THAT(coefficient_of(point, "omega").value_or(0),
               WithinAbs(1.7, 1e-9) || WithinAbs(1, 1e-9));
    CHECK_THAT(
        coefficient_of(point, "omega").value_or(0) + coefficient_of(point, "omega_2").value_or(0),
        WithinAbs(2.7, 1e-9));
}

std::vector<special_point> on_first(const diagram& in, point_type type) {
    std::vector<special_point> found;
    for (const auto& point : in.special_points)
        if (point.type == type && point.branch == 1) found.push_back(point);
    return found;
}

std::size_t leaving(const diagram& in, std::string_view label) {
    return static_cast<std::size_t>(std::count_if(
        in.branches.begin(), in.branches.end(), [&](const branch& b) { return b.from == label; }));
}

/// Between any two rows n_unstable changes only where something is labelled.
void check_explained(const diagram& in) {
    for (const auto& each : in.branches) {
        const auto& unstable = each.columns.at("n_unstable");
        std::vector<bool> labelled(unstable.size());
        for (const auto& point : in.special_points)
            if (point.branch == each.id && point.type != point_type::EP) labelled[point.row] = true;
        for (std::size_t i = 1; i + 2 < unstable.size(); ++i) {
            CAPTURE(each.id, i);
            CHECK((unstable[i] == unstable[i + 1] || labelled[i] || labelled[i + 1]));
        }
    }
}

}  // namespace

TEST_CASE("a triangle's branch point is double, and three lines leave it",
          "[bifurcation][multiple]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    const auto found =
        equilibrium_diagram(problem_of<triangle>(), {"p", -1, 2}, {.max_step = max_step});
    CAPTURE(max_step);
    const auto points = on_first(found, point_type::BP);
    REQUIRE(points.size() == 1);
    CHECK(points[0].multiplicity == 2);
    CHECK_THAT(points[0].parameters[0], WithinAbs(0, 1e-12));
    CHECK(coefficient_of(points[0], "kernel_2_2"));
    CHECK(leaving(found, "BP1") == 6);
    // on each line p = r^2 - r (or its mirror image), which folds at -1/4
    std::size_t folds = 0;
    for (const auto& point : found.special_points) {
        if (point.type != point_type::LP) continue;
        ++folds;
        CHECK_THAT(point.parameters[0], WithinAbs(-0.25, 1e-12));
    }
    CHECK(folds == 3);
    check_explained(found);
}

TEST_CASE("a square's branch point is double, and four lines leave it", "[bifurcation][multiple]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    const auto found =
        equilibrium_diagram(problem_of<square>(), {"p", -1, 2}, {.max_step = max_step});
    CAPTURE(max_step);
    const auto points = on_first(found, point_type::BP);
    REQUIRE(points.size() == 1);
    CHECK(points[0].multiplicity == 2);
    CHECK(found.branches.size() == 9);
    for (const auto& point : found.special_points) CHECK(point.type != point_type::LP);
    check_explained(found);
}

TEST_CASE("permuted cells: the kernel's dimension, and every axis of it",
          "[bifurcation][multiple]") {
    const double max_step = GENERATE(0.1, 1.0);
    CAPTURE(max_step);
    const auto check = [&](const problem& base, double onset, int zeros, std::size_t lines) {
        const auto found =
            equilibrium_diagram(base, {"p", -1, 2}, {.max_step = max_step, .depth = 1});
        const auto points = on_first(found, point_type::BP);
        REQUIRE(points.size() == 2);
        CHECK(points[0].multiplicity == zeros);
        CHECK_THAT(points[0].parameters[0], WithinAbs(0, 1e-12));
        CHECK(points[1].multiplicity == 1);
        CHECK_THAT(points[1].parameters[0], WithinAbs(onset, 1e-12));
        if (lines > 0) CHECK(leaving(found, points[0].label) == 2 * lines);
        check_explained(found);
    };
    // cubic terms on a kernel of dimension d: (3^d - 1)/2 lines, but on that of three cells, whose
    // hexagon's symmetry leaves a circle of them at third order
    check(problem_of<permuted<3>>(), 0.9, 2, 0);
    check(problem_of<permuted<4>>(), 1.2, 3, 13);
}

TEST_CASE("a ring of oscillators has a double Hopf point", "[bifurcation][multiple]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    const auto found =
        equilibrium_diagram(problem_of<oscillators>(), {"mu", -1, 3}, {.max_step = max_step});
    CAPTURE(max_step);
    const auto points = on_first(found, point_type::HB);
    REQUIRE(points.size() == 2);
    CHECK(points[0].multiplicity == 1);
    CHECK_THAT(points[0].parameters[0], WithinAbs(0, 1e-12));
    CHECK(points[1].multiplicity == 2);
    CHECK_THAT(points[1].parameters[0], WithinAbs(0.9, 1e-12));  // 3 times the coupling
    CHECK_THAT(coefficient_of(points[1], "omega").value_or(0), WithinAbs(1, 1e-12));
    check_explained(found);
}

TEST_CASE("two pairs of different frequencies that cross at once are a double Hopf point",
          "[bifurcation][multiple]") {
    const double max_step = GENERATE(0.01, 0.1, 1.0);
    CAPTURE(max_step);
    const auto found =
        equilibrium_diagram(problem_of<apart>(), {"mu", -1, 1.5}, {.max_step = max_step});
    CHECK(on_first(found, point_type::HB).empty());
    const auto points = on_first(found, point_type::HH);
    REQUIRE(points.size() == 1);
    CHECK_THAT(points[0].parameters[0], WithinAbs(0, 1e-10));
    check_rates(points[0]);
}

TEST_CASE("Hopf curves cross in a double Hopf point", "[bifurcation][multiple]") {
    const double max_step = GENERATE(0.03, 0.1, 1.0);
    CAPTURE(max_step);
    const auto found =
        locus(problem_of<apart>(), {"mu", -1, 1.5}, {"nu", -1, 1.3}, {.max_step = max_step});
    REQUIRE(found.branches.size() == 2);
    std::size_t corners = 0;
    for (const auto& point : found.special_points) {
        if (point.type != point_type::HH) continue;
        ++corners;  // one on each curve
        CHECK_THAT(point.parameters[0], WithinAbs(0, 1e-10));
        CHECK_THAT(point.parameters[1], WithinAbs(0, 1e-10));
        check_rates(point);
    }
    CHECK(corners == 2);
}

TEST_CASE("a double Hopf point of two parameters is proven, and a moved one is not",
          "[bifurcation][multiple][certify]") {
    const auto at = problem_of<apart_enclosed>();
    const std::vector<parameter_range> ranges{{"mu", -1, 1.5}, {"nu", -1, 1.3}};
    const auto found = locus(at, ranges[0], ranges[1]);
    for (auto point : found.special_points) {
        if (point.type != point_type::HH) continue;
        const auto proof = certify(at, point, "hopf", {ranges});
        CHECK(proof.refusal.empty());
        CHECK(proof.radius < 1e-10);
        CHECK_FALSE(certify(at, point, "equilibrium", {{ranges[0]}}).refusal.empty());
        point.parameters[1] += 1e-6;
        CHECK_FALSE(certify(at, point, "hopf", {ranges}).refusal.empty());
        // |z|^2 is twice the square of the amplitude of an eigenvector of length 1
        CHECK_THAT(coefficient_of(point, "p11").value_or(0), WithinAbs(-2, 1e-9));
        CHECK_THAT(coefficient_of(point, "p12").value_or(1), WithinAbs(0, 1e-9));
    }
}

TEST_CASE("pairs that symmetry makes cross at once are one Hopf point of their number",
          "[bifurcation][multiple]") {
    // Of four experts two are chosen: choosing the other two is the same with the sign of all
    // scores changed, so what differs within the winners and within the losers oscillates at one
    // place.
    problem on = make_problem("exact-k", {.experts = 4, .top_k = 2, .controlled = true});
    on.set("gain", 0.61);
    on.set("leak", 0.17);
    on = regrouped(on, one_group(4));
    const auto found = equilibrium_diagram(on, {"feedback", 9.642, 13.07});
    std::vector<int> times;  // on the branch of two winners
    for (const auto& point : found.special_points)
        if (point.type == point_type::HB && point.groups.groups.size() == 2 &&
            point.groups.groups[0].size() == 2)
            times.push_back(point.multiplicity);
    CHECK(times == std::vector{2, 1});
}
