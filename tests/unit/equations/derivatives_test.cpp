// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <boost/math/differentiation/finite_difference.hpp>
#include <cmath>
#include <moebius/equations/equations.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

constexpr double taken_at = 0.4, taken_q = 1.7;

std::shared_ptr<const field> field_of_text(const std::string& expression) {
    return read_equations("par q=1.7\nx'=" + expression, "m", "m.ode").model;
}

/// Taylor coefficients at x = 0.4 + s.
std::vector<double> coefficients(const field& model) {
    const std::vector<double> x{taken_at}, p{taken_q}, v{1}, still{0};
    std::vector<double> out(4);
    model.along(x, p, v, still, out);
    return out;
}

}  // namespace

TEST_CASE("derivatives of every function are those of differences", "[equations][derivatives]") {
    const std::string text = GENERATE(
        "sin(q*x)", "cos(q*x)", "tan(q*x)", "asin(x*q/2)", "acos(x*q/2)", "atan(q*x)", "sinh(q*x)",
        "cosh(q*x)", "tanh(q*x)", "exp(q*x)", "ln(q*x)", "log10(q*x)", "sqrt(q*x)", "erf(q*x)",
        "erfc(q*x)", "lgamma(q*x)", "abs(-q*x)*x", "x^q", "q^x", "x^x", "x^3", "x^4", "x^2.5",
        "atan2(x,q)", "atan2(q,x)", "mod(q*x*x+3,x)", "max(x^2,q-5)", "min(x^2,q)", "x/(q+x)",
        "if(x>0)then(x^2)else(1/(x-x))", "not(x)+heav(x)*x^2+sign(x)*flr(q)+x*(x>0)");
    CAPTURE(text);
    const auto model = field_of_text(text);
    const auto value = [&](double x) {
        const std::vector<double> state{x}, p{taken_q};
        std::vector<double> f(1);
        model->rhs(state, p, f);
        return f[0];
    };
    const auto slope = [&](double x) {
        const std::vector<double> state{x}, p{taken_q};
        std::vector<double> f(1), fx(1), fp(1);
        model->linear(state, p, f, fx, fp);
        return fx[0];
    };
    const auto second = [&](double x) {
        const std::vector<double> state{x}, p{taken_q}, v{1}, still{0};
        std::vector<double> out(4);
        model->along(state, p, v, still, out);
        return 2 * out[2];
    };
    using boost::math::differentiation::finite_difference_derivative;
    const auto taylor = coefficients(*model);
    // Of order 4 with its best step, 7e-4: 1e-14 times the fifth derivative, up to 1e5 here.
    const double by_value =
        finite_difference_derivative<decltype(value), double, 4>(value, taken_at);
    const double by_slope =
        finite_difference_derivative<decltype(slope), double, 4>(slope, taken_at);
    const double by_second =
        finite_difference_derivative<decltype(second), double, 4>(second, taken_at);
    CHECK_THAT(taylor[0], WithinRel(value(taken_at), 5e-16));
    CHECK_THAT(taylor[1], WithinRel(slope(taken_at), 1e-14) || WithinAbs(slope(taken_at), 1e-15));
    CHECK_THAT(taylor[1], WithinAbs(by_value, 1e-9 * (1 + std::abs(by_value))));
    CHECK_THAT(2 * taylor[2], WithinAbs(by_slope, 1e-9 * (1 + std::abs(by_slope))));
    CHECK_THAT(6 * taylor[3], WithinAbs(by_second, 1e-9 * (1 + std::abs(by_second))));
}

TEST_CASE("derivatives by parameters and along lines in both", "[equations][derivatives]") {
    const auto model =
        read_equations("par a=1, b=2, c=3\nx'=a*x*y+b\ny'=c^2*x+exp(a)*y", "m", "m").model;
    const std::vector<double> x{0.5, -2}, p{1, 2, 3};
    std::vector<double> f(2), fx(4), fp(6), one(2);
    model->linear(x, p, f, fx, fp);
    const double e = std::exp(1.0);
    CHECK_THAT(fx[0], WithinAbs(-2, 1e-15));  // by hand, column by column
    CHECK_THAT(fx[1], WithinAbs(9, 1e-15));
    CHECK_THAT(fx[2], WithinAbs(0.5, 1e-15));
    CHECK_THAT(fx[3], WithinRel(e, 1e-15));
    CHECK_THAT(fp[0], WithinAbs(-1, 1e-15));
    CHECK_THAT(fp[1], WithinRel(-2 * e, 1e-15));
    CHECK(fp[2] == 1);
    CHECK(fp[3] == 0);
    CHECK_THAT(fp[5], WithinAbs(3, 1e-15));  // 2 c x
    const std::vector<std::size_t> free{2};
    model->linear_in(x, p, free, f, fx, one);
    CHECK(one == std::vector<double>{fp[4], fp[5]});

    // a = 1 + s, x = 1/2 + s, y = -2 + s: a x y = -1 + (1/2 - 2 - 1)s + ... by hand
    const std::vector<double> v{1, 1}, way{1, 0, 0};
    std::vector<double> out(8);
    model->along(x, p, v, way, out);
    CHECK_THAT(out[0], WithinAbs(1, 1e-15));
    CHECK_THAT(out[2], WithinAbs(-2.5, 1e-15));
    CHECK_THAT(out[4], WithinAbs(-0.5, 1e-15));
    CHECK_THAT(out[6], WithinAbs(1, 1e-15));
}

TEST_CASE("steps and corners have the derivative of the part they are on", "[equations]") {
    for (const std::string text : {"heav(x-0.4)", "sign(x-0.4)", "flr(x)", "x>0.4", "not(x)"}) {
        CAPTURE(text);
        const auto taylor = coefficients(*field_of_text(text));
        CHECK(taylor[1] == 0);
        CHECK(taylor[2] == 0);
    }
    CHECK(coefficients(*field_of_text("abs(x-0.4)"))[1] == 0);
    CHECK(coefficients(*field_of_text("if(x<0.4)then(1/(x-0.4))else(5*x)"))[1] == 5);
    CHECK(coefficients(*field_of_text("(x-0.4)^2"))[2] == 1);
    CHECK(coefficients(*field_of_text("(x-0.4)^(q-q)"))[1] == 0);
}
