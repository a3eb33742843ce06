// SPDX-License-Identifier: MIT
// A function of the process as a model: derivatives by complex steps and differences.
#include <complex>
#include <moebius/base/error.hpp>
#include <moebius/equations/equations.hpp>
#include <moebius/equations/host_function.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;
using complex_numbers = std::span<const std::complex<double>>;

namespace {

constexpr auto hosted = "par a=1.5,b=0.5\ninit u=0.3\nhost f1: u, v\n";
constexpr auto written = "par a=1.5,b=0.5\ninit u=0.3\nu'=a*tanh(u)-exp(b*v)\nv'=u*v^3-b\n";

void rates_of_host(complex_numbers x, complex_numbers p, std::span<std::complex<double>> out) {
    out[0] = p[0] * std::tanh(x[0]) - std::exp(p[1] * x[1]);
    out[1] = x[0] * x[1] * x[1] * x[1] - p[1];
}

}  // namespace

TEST_CASE("a host's derivatives are those of its text", "[equations][derivatives]") {
    const hosted_function host("f1", rates_of_host);
    const std::string scale = GENERATE("", "scale 0.5\n");
    const auto ours = read_equations(hosted + scale, "m", "m").model;
    const auto exact = read_equations(written, "m", "m").model;
    const std::vector<double> x{0.7, -1.2}, p{1.5, 0.5}, v{0.4, -3}, q{0, 2};
    const std::vector<std::size_t> free{1};
    std::vector<double> f(2), g(2), fx(4), gx(4), fp(2), gp(2), along(8), wanted(8), start(2);

    ours->linear_in(x, p, free, f, fx, fp);
    exact->linear_in(x, p, free, g, gx, gp);
    for (std::size_t i = 0; i < 2; ++i) CHECK_THAT(f[i], WithinAbs(g[i], 1e-15));
    for (std::size_t i = 0; i < 2; ++i) CHECK_THAT(fp[i], WithinAbs(gp[i], 1e-15));
    for (std::size_t i = 0; i < 4; ++i) CHECK_THAT(fx[i], WithinAbs(gx[i], 4e-15));

    ours->along(x, p, v, q, along);
    exact->along(x, p, v, q, wanted);
    const double size[] = {1, 3, 9, 27};  // powers of the direction's length
    const double error[] = {4e-15, 4e-15, 1e-12, 1e-10};
    for (std::size_t i = 0; i < 8; ++i)
        CHECK_THAT(along[i], WithinAbs(wanted[i], error[i / 2] * size[i / 2]));
    REQUIRE(ours->initial(start));
    CHECK(start == std::vector<double>{0.3, 0});
}

TEST_CASE("a host's straight lines have no curvature", "[equations][derivatives]") {
    const hosted_function host(
        "f1", [](complex_numbers x, complex_numbers p, std::span<std::complex<double>> out) {
            out[0] = 0.1 * x[0] - 7.0 * x[1] + p[0];
            out[1] = 1e3 * x[1] * p[1];
        });
    const auto model = read_equations(hosted, "m", "m").model;
    std::vector<double> along(8);
    model->along(std::vector{0.7, -1.2}, std::vector{1.5, 0.5}, std::vector{0.4, -3.0},
                 std::vector{1.0, 0.0}, along);
    CHECK(std::vector(along.begin() + 4, along.end()) == std::vector<double>(4));
}

TEST_CASE("a host that has gone, or is not alone, is refused", "[equations][error]") {
    const std::string gone =
        "m:3: host f1 came, but it was a function of a process, of Python for instance, that has "
        "ended or has no such function any more";
    REQUIRE_THROWS_WITH(read_equations(hosted, "m", "m"), gone);
    const hosted_function host("f1", rates_of_host);
    REQUIRE_THROWS_WITH(read_equations("host f1: u\nv'=u", "m", "m"),
                        "m:2: v came beside host, but the states of a host are all that there are");
    REQUIRE_THROWS_WITH(read_equations("host f1", "m", "m"),
                        "m:1: 'host f1' came, but host NAME: states is needed");
    REQUIRE_THROWS_WITH(read_equations("@ meth=discrete\nhost f1: u", "m", "m"),
                        "m:2: host came for a map, but a host has rates of change");
}
