// SPDX-License-Identifier: MIT
// Homoclinic orbits along which a manifold of their saddle turns over.
#include <Eigen/Core>
#include <array>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/continuation/collocation.hpp>
#include <moebius/model/model.hpp>

#include "catch.hpp"
#include "unit/homoclinic_models.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

constexpr double rate = 0.25, c = -2;  // a and c; b = beta = 1, gamma = mu = 0

/// Sandstede's model (AUTO-07p, demo san), with H = x^2 (1 - x) - y^2, or backwards in time. For
/// shift = 0 the loop H = 0, z = 0 is an orbit, whatever alpha.
struct sandstede {
    static constexpr std::string_view name = "sandstede";
    static constexpr std::string_view equation =
        "(x, y)' = f + (shift - alpha z) H', "
        "z' = c z + alpha H";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"x", "y", "z"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"alpha", "α", "", 1}, {"shift", "μ", "", 0}, {"time", "", "", 1}}};

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& s, const vec<S, 3>& p) const {
        const S &x = s[0], &y = s[1], push = p[1] - p[0] * s[2];
        const S level = x * x * (1.0 - x) - y * y;
        return {p[2] * (rate * x + y - rate * x * x + push * x * (2.0 - 3.0 * x)),
                p[2] * (x + rate * y - 1.5 * x * x - 1.5 * rate * x * y - push * 2.0 * y),
                p[2] * (c * s[2] + p[0] * level)};
    }
};

/// Of the loop x = 1 - v^2, y = v x, from v = 1 to -1.
double speed(double v) { return -(1 - v * v) * (rate * v + 1) / 2; }

/// What the bounded adjoint solution (m H', w) has of its slower part where the loop begins: v from
/// -1, with w = 0, back to 1, by Runge and Kutta's rule on
///     m' = -a (2 - 3 x) m - alpha w,  w' = -c w + alpha |H'|^2 m.
double slower_part(double alpha) {
    using vector = Eigen::Vector3d;
    const auto slope = [alpha](const vector& s) -> vector {
        const double v = s[0], x = 1 - v * v, y = v * x, bend = 2 - 3 * x;
        const double square = x * x * bend * bend + 4 * y * y;
        return {speed(v), -rate * bend * s[1] - alpha * s[2], -c * s[2] + alpha * square * s[1]};
    };
    vector s(-1 + 1e-7, 1, 0);
    for (double h = -1e-3; s[0] < 1 - 1e-7;) {
        const vector p = slope(s), q = slope(s + h / 2 * p), r = slope(s + h / 2 * q),
                     t = slope(s + h * r);
        s += h / 6 * (p + 2 * q + 2 * r + t);
    }
    return s[1];
}

/// Where that vanishes.
double flip_between(double low, double high) {
    REQUIRE(slower_part(low) * slower_part(high) < 0);
    for (int k = 0; k < 40; ++k) {
        const double middle = (low + high) / 2;
        (slower_part(middle) * slower_part(low) > 0 ? low : high) = middle;
    }
    return low;
}

/// The loop as a cycle that rests at the saddle at its ends.
orbit loop(bool backwards) {
    constexpr Eigen::Index intervals = 100, degree = 4, points = degree * intervals;
    constexpr double time = 30;
    constexpr int fine = 10;
    piecewise way{Eigen::VectorXd::LinSpaced(intervals + 1, 0, 1), degree, {}};
    way.values = Eigen::MatrixXd::Zero(3, points + 1);
    double v = 1 - 1e-6;
    const double h = time / static_cast<double>(points * fine);
    for (Eigen::Index k = 1; k < points; ++k) {
        for (int i = 0; i < fine; ++i) v += h * speed(v + h / 2 * speed(v));
        way.values.col(backwards ? points - k : k) << 1 - v * v, v * (1 - v * v), 0;
    }
    return orbit_of(way, time);
}

}  // namespace

TEST_CASE("an inclination flip is where the adjoint solution begins in its faster direction",
          "[cycles][oracle]") {
    const std::array<double, 2> flips{flip_between(1, 1.5), flip_between(1.5, 2)};
    CHECK_THAT(flips[0], WithinAbs(1.23086, 5e-6));  // AUTO's; the other one is beyond its run
    const double time = GENERATE(1, -1), step = GENERATE(0.1, 0.5);
    CAPTURE(time, step);
    auto at = problem_of<sandstede>();
    at.set("time", time);

    const auto found =
        locus(at, {"alpha", 0.5, 2}, {"shift", -1, 1}, {.max_step = step, .tolerance = 1e-10},
              cycle_start(at, loop(time < 0)));

    REQUIRE(found.special_points.size() == flips.size());
    for (std::size_t i = 0; i < flips.size(); ++i) {
        const auto& flip = found.special_points[i];
        CHECK(flip.type == (time > 0 ? point_type::IFS : point_type::IFU));
        CHECK_THAT(flip.parameters[0], WithinAbs(flips[i], 1e-6));  // the orbit between mesh points
        CHECK_THAT(flip.parameters[1], WithinAbs(0, 1e-10));        // of the loop that is known
    }
}
