// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/bifurcation/normal_forms.hpp>
#include <moebius/model/expert_feedback.hpp>

#include "catch.hpp"
#include "unit/test_models.hpp"

using namespace moebius;

namespace {

/// v' = B v^2 + C r^2 + g3 v^3 + g1 v r^2, z' = (i omega + D v + e2 v^2 + e0 r^2) z with r = |z|,
/// in the coordinates v, Re z, Im z + shear v^2.
struct sheared_zero_hopf {
    static constexpr std::string_view name = "sheared-zero-hopf";
    static constexpr std::string_view equation = "a zero-Hopf normal form, sheared";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"v", "x", "y"};
    static constexpr std::array<parameter_info, 1> parameters{{{"shear", "", "", 0.7}}};
    static constexpr double B = 0.8, C = -1.3, D = 0.6, g3 = 0.4, g1 = -0.9, e2 = 1.1, e0 = 0.5;
    static constexpr double omega = 1.7;

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 1>& p) const {
        const S &v = u[0], &x = u[1];
        const S y = u[2] - p[0] * v * v;
        const S rr = x * x + y * y, growth = D * v + e2 * v * v + e0 * rr;
        const S dv = B * v * v + C * rr + g3 * v * v * v + g1 * v * rr;
        return {dv, growth * x - omega * y, growth * y + omega * x + 2.0 * p[0] * v * dv};
    }
};

/// z' = (i + a11 |z|^2 + a12 |w|^2) z, w' = (1.7 i + a21 |z|^2 + a22 |w|^2) w in the coordinates x
/// = Re z, Im z + shear x u, u = Re w, Im w + shear (x^2 + u^2).
struct sheared_double_hopf {
    static constexpr std::string_view name = "sheared-double-hopf";
    static constexpr std::string_view equation = "a double Hopf normal form, sheared";
    static constexpr std::size_t dimension = 4;
    static constexpr std::array<std::string_view, 4> states{"x", "y", "u", "v"};
    static constexpr std::array<parameter_info, 1> parameters{{{"shear", "", "", 0.7}}};
    static constexpr double a11 = -0.8, a12 = 1.3, a21 = 0.6, a22 = 0.45;

    template <typename S>
    vec<S, 4> rhs(const vec<S, 4>& t, const vec<S, 1>& p) const {
        const S &x = t[0], &u = t[2];
        const S y = t[1] - p[0] * x * u, v = t[3] - p[0] * (x * x + u * u);
        const S z2 = x * x + y * y, w2 = u * u + v * v;
        const S first = a11 * z2 + a12 * w2, second = a21 * z2 + a22 * w2;
        const S dx = first * x - y, du = second * u - 1.7 * v;
        return {dx, first * y + x + p[0] * (dx * u + x * du), du,
                second * v + 1.7 * u + 2.0 * p[0] * (x * dx + u * du)};
    }
};

/// z' = (i omega + i twist r^2 + quintic r^4) z with r = |z|, and v' = -v, in the coordinates
/// u_1, u_2, u_3 with Re z = X = u_1 + bend u_2^2 + u_2 u_3, Im z = u_2 + bend X^2 and
/// v = u_3 - bend X^2: no polynomial of low degree, and a centre manifold that is curved.
struct bent_bautin {
    static constexpr std::string_view name = "bent-bautin";
    static constexpr std::string_view equation = "a Bautin normal form, bent";
    static constexpr std::size_t dimension = 3;
    static constexpr std::array<std::string_view, 3> states{"u", "v", "w"};
    static constexpr std::array<parameter_info, 2> parameters{
        {{"quintic", "", "", -0.7}, {"bend", "", "", 0.3}}};
    static constexpr double omega = 1.7, twist = 0.6;

    template <typename S>
    vec<S, 3> rhs(const vec<S, 3>& u, const vec<S, 2>& p) const {
        const S& bend = p[1];
        const S x = u[0] + bend * u[1] * u[1] + u[1] * u[2];
        const S y = u[1] + bend * x * x;
        const S rr = x * x + y * y, growth = p[0] * rr * rr, turn = omega + twist * rr;
        const S dx = growth * x - turn * y, dy = growth * y + turn * x;
        const S du1 = dy - 2.0 * bend * x * dx;
        const S du2 = 2.0 * bend * x * dx - (u[2] - bend * x * x);
        return {dx - 2.0 * bend * u[1] * du1 - du1 * u[2] - u[1] * du2, du1, du2};
    }
};

}  // namespace

TEST_CASE("the double Hopf coefficients see through a shear", "[bifurcation][oracle]") {
    using model = sheared_double_hopf;
    const auto at = problem_of<model>();
    const auto form = double_hopf_at(*at.model, {0, 0, 0, 0}, at.parameters, 1, 1.7);
    // eigenvectors of length 1: |z|^2 is twice the square of their amplitude
    CHECK_THAT(form.p11, WithinAbs(2 * model::a11, 1e-12));
    CHECK_THAT(form.p12, WithinAbs(2 * model::a12, 1e-12));
    CHECK_THAT(form.p21, WithinAbs(2 * model::a21, 1e-12));
    CHECK_THAT(form.p22, WithinAbs(2 * model::a22, 1e-12));
    const auto turned = double_hopf_at(*at.model, {0, 0, 0, 0}, at.parameters, 1.7, 1);
    CHECK_THAT(turned.p12, WithinAbs(2 * model::a21, 1e-12));
}

TEST_CASE("the second Lyapunov coefficient is that of Bautin's form, whatever the coordinates",
          "[bifurcation][normal_forms][oracle]") {
    using model = bent_bautin;
    const double quintic = GENERATE(-0.7, 2.0), bend = GENERATE(0.0, 0.3, -1.0);
    const auto field = field_of<model>();

    CHECK_THAT(lyapunov_coefficient(*field, {0, 0, 0}, {quintic, bend}, model::omega),
               WithinAbs(0, 1e-14));  // or else l2 would hang on coordinates
    // z = sqrt(2) w for a critical vector of length 1
    CHECK_THAT(second_lyapunov_coefficient(*field, {0, 0, 0}, {quintic, bend}, model::omega),
               WithinRel(4 * quintic / model::omega, 1e-8));  // bent: of degree 28
}

TEST_CASE("the zero-Hopf form is that of its normal form, whatever the coordinates",
          "[bifurcation][normal_forms][oracle]") {
    using model = sheared_zero_hopf;
    const double shear = GENERATE(0.0, 0.7, -2.0);
    const auto form = zero_hopf_at(*field_of<model>(), {0, 0, 0}, {shear});

    const double sign = form.B > 0 ? 1 : -1;  // of the null vector, which is free
    const double tol = 1e-13;                 // a few dozen operations of order one
    CHECK_THAT(form.omega, WithinAbs(model::omega, tol));
    CHECK_THAT(sign * form.B, WithinAbs(model::B, tol));
    CHECK_THAT(sign * form.C, WithinAbs(2 * model::C, tol));  // |z|^2 = 2 |w1|^2
    CHECK_THAT(sign * form.D, WithinAbs(model::D, tol));
    // What a change v -> v + alpha v^2 + beta r^2, r -> r + gamma v r and of time by 1 + tau v
    // leaves of the cubic terms when all but v^2 r are removed:
    const double E = model::e2 - 1.5 * model::g3 * model::D / model::B +
                     model::D * (model::g1 + 2 * model::e0) / (2 * model::C) -
                     model::B * model::e0 / model::C;
    CHECK_THAT(form.E, WithinAbs(E, 10 * tol));
}

TEST_CASE("l1 does not see a shear", "[bifurcation][normal_forms][oracle]") {
    const double cubic = GENERATE(-0.7, 0.3);
    const double l1 =
        lyapunov_coefficient(*field_of<test_models::bautin>(), {0, 0}, {0, cubic}, 2.0);
    // z' = i omega z + cubic |z|^2 z and |z|^2 = 2 |w|^2, divided by omega = 2
    CHECK_THAT(l1, WithinAbs(cubic, 1e-14));
}

TEST_CASE("two controlled experts' symmetric BT has the coefficients of its plane",
          "[bifurcation][normal_forms][oracle]") {
    const double gain = GENERATE(0.1, 0.3, 1.0), decay = GENERATE(0.5, 1.0), g = 0.5;  // beta/2
    const double leak = (std::sqrt(gain * gain * g * g + 4 * decay * gain * g) - gain * g) / 2;
    const double feedback = (decay + gain * g + leak) / g, score = feedback / (2 * decay);
    const auto model = controlled_feedback(softmax_loads(2));

    const auto form =
        bogdanov_takens_at(*model, {score, score, 0, 0}, {feedback, decay, 1, gain, leak, 0, 0});

    // In the differences Z, B of scores and controls: q0 = c (feedback g, -r), q1 = c (0, 1),
    // p0 = (s, 0), p1 = s (r, feedback g) with s c feedback g = 1, and the cubic term
    // -(g^3/3)(Z + B)^3 (feedback, -gain).
    const double r = gain * g + leak;
    const double cc =
        2 / (feedback * feedback * g * g + r * r);  // from |q0| = 1 in all four states
    CHECK_THAT(form.a, WithinAbs(0, 1e-13));
    CHECK_THAT(form.b, WithinAbs(0, 1e-13));
    CHECK_THAT(form.a3, WithinRel(-g * g * cc * std::pow(decay, 3) * leak / 3, 1e-7));
    CHECK_THAT(form.b3, WithinRel(-g * g * cc * decay * decay * (leak + decay), 1e-7));
}
