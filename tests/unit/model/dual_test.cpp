// SPDX-License-Identifier: MIT
#include <cmath>
#include <functional>
#include <moebius/model/jet.hpp>
#include <moebius/model/model.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

/// Every operator and function that a model may use, over any scalar, near x = .6, y = 1.7.
template <typename S>
std::vector<S> everything(const S& x, const S& y) {
    using std::acos, std::acosh, std::asin, std::asinh, std::atan, std::atan2, std::atanh, std::cos,
        std::cosh, std::erf, std::erfc, std::exp, std::fabs, std::fmod, std::log, std::pow,
        std::sin, std::sinh, std::sqrt, std::tan, std::tanh;
    S sum = x;
    sum += y, sum -= 2 * x, sum *= y, sum /= x;
    S shifted = x;
    shifted += 1.5, shifted -= 3, shifted *= 2, shifted /= 1.25;
    std::vector<S> all{sum, shifted, x + y, x - y, x * y, x / y, -x, +x};
    for (const S& each : {x + 2, 2 + x, x - 2, 2 - x, x * 3, 3 * x, x / 3, 3 / x})
        all.push_back(each);
    for (const S& each : {sqrt(x), exp(x), log(x), pow(x, 2.5), pow(x, 3), pow(2.5, x), pow(x, y),
                          sin(x), cos(x), tan(x), asin(x), acos(x), atan(x), atan2(x, y)})
        all.push_back(each);
    for (const S& each : {sinh(x), cosh(x), tanh(x), asinh(x), acosh(y), atanh(x), erf(x), erfc(x)})
        all.push_back(each);
    for (const S& each : {fabs(x), fabs(-x), fmod(y, x), x < y ? x : y, x > 1 ? x : y})
        all.push_back(each);
    return all;
}

struct five_states {
    static constexpr std::string_view name = "five", equation = "x' = A(p) x";
    static constexpr std::size_t dimension = 5;
    static constexpr std::array<std::string_view, 5> states{"a", "b", "c", "d", "e"};
    static constexpr std::array<parameter_info, 3> parameters{
        {{"p", "p", "", 2}, {"q", "q", "", 3}, {"r", "r", "", 5}}};
    template <typename S>
    vec<S, 5> rhs(const vec<S, 5>& x, const vec<S, 3>& p) const {
        vec<S, 5> f;
        for (std::size_t i = 0; i < 5; ++i)
            f[i] = x[i] * x[(i + 1) % 5] + p[i % 3] * x[i] - p[2] * p[0];
        return f;
    }
};

}  // namespace

TEST_CASE("a dual's values are those of numbers and its slopes those of jets",
          "[model][property]") {
    const double x = 0.6, y = 1.7;
    const auto numbers = everything(x, y);
    const auto duals = everything(dual::along(x, 1), dual::along(y, 3));
    const auto by_x = everything(line(x, 1), line(y, 0));
    const auto by_y = everything(line(x, 0), line(y, 1));
    REQUIRE(duals.size() == numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        CAPTURE(i);
        CHECK(duals[i].value() == numbers[i]);
        const double rounding = 1e-14 * (1 + std::abs(coefficient(by_x[i], 1)));
        CHECK_THAT(duals[i].slope(1), WithinAbs(coefficient(by_x[i], 1), rounding));
        CHECK_THAT(duals[i].slope(3), WithinAbs(coefficient(by_y[i], 1), rounding));
        CHECK(duals[i].slope(0) == 0);
    }
}

TEST_CASE("a dual's special functions have the slopes of their differences", "[model][property]") {
    const auto h = 1e-5;
    for (const auto& g : std::vector<std::function<dual(dual)>>{
             [](const dual& x) { return lgamma(x); }, [](const dual& x) { return tgamma(x); },
             [](const dual& x) { return digamma(x); }, [](const dual& x) { return lambert_w0(x); },
             [](const dual& x) { return sinc(x); }, [](const dual& x) { return ldexp(x, 3); }}) {
        const double x = 1.3, around = (g(x + h).value() - g(x - h).value()) / (2 * h);
        CHECK_THAT(g(dual::along(x, 0)).slope(0), WithinAbs(around, 1e-8));  // h^2 and rounding / h
    }
}

TEST_CASE("a dual at the ends of a function's domain is what the limit is", "[model]") {
    const dual zero = dual::along(0, 0);
    CHECK(pow(zero, 2).slope(0) == 0);
    CHECK(pow(zero, 1).slope(0) == 1);
    CHECK(pow(zero, 0).slope(0) == 0);
    CHECK(abs(zero).slope(0) == 0);
    CHECK(sinc(zero).value() == 1);
    CHECK(sinc(zero).slope(0) == 0);
    CHECK(pow(dual::along(-2, 0), 3).slope(0) == 12);
    CHECK(pow(dual::along(-2, 0), dual(3)).slope(0) == 12);
}

TEST_CASE("first derivatives of more states than one evaluation takes", "[model]") {
    const auto model = field_of<five_states>();
    const std::vector<double> x{1, 2, 3, 4, 5}, p{2, 3, 5};
    std::vector<double> f(5), fx(25), fp(15), value(5), some(10);
    model->rhs(x, p, value);
    model->linear(x, p, f, fx, fp);
    CHECK(f == value);
    for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t j = 0; j < 5; ++j) {
            const double own = i == j ? x[(i + 1) % 5] + p[i % 3] : 0;
            CHECK(fx[j * 5 + i] == own + (j == (i + 1) % 5 ? x[i] : 0));
        }
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(fp[i] == (i % 3 == 0 ? x[i] : 0) - p[2]);
        CHECK(fp[5 + i] == (i % 3 == 1 ? x[i] : 0));
        CHECK(fp[10 + i] == (i % 3 == 2 ? x[i] : 0) - p[0]);
    }
    const std::vector<std::size_t> free{2, 0};
    std::vector<double> again(25);
    model->linear_in(x, p, free, f, again, some);
    CHECK(again == fx);
    CHECK(std::equal(some.begin(), some.begin() + 5, fp.begin() + 10));
    CHECK(std::equal(some.begin() + 5, some.end(), fp.begin()));
}
