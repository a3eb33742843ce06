// SPDX-License-Identifier: MIT
// Texts whose equations are those of interchangeable cells.
#include <cmath>
#include <moebius/equations/equations.hpp>
#include <moebius/model/cell_field.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;

namespace {

std::shared_ptr<const field> model_of(const std::string& text) {
    return read_equations(text, "text", "text").model;
}

bool has_cells(const std::string& text) { return model_of(text)->cells() != nullptr; }

constexpr auto controlled = R"(
par feedback=4, gain=.5
par h[1..4]=0
loads p[1..4]=softmax(s[j]+b[j])
%[1..4]
s[j]'=feedback*p[j]-s[j]+h[j]
b[j]'=-gain*(p[j]-1/4)-.1*b[j]
%
)";

}  // namespace

TEST_CASE("cells are found whatever the order in which their sums are written", "[equations]") {
    CHECK(has_cells(controlled));
    CHECK(has_cells("x1'=x2+x3-x1^3\nx2'=x3+x1-x2^3\nx3'=x1+x2-x3^3"));
    CHECK(
        has_cells("x1'=exp(-x1)/(1+x1+x2+x3)\nx2'=exp(-x2)/(x3+x2+(1+x1))\n"
                  "x3'=exp(-x3)/(x1+x3+x2+1)"));
    CHECK(has_cells("m=max(x1,max(x2,x3))\nx[1..3]'=m-x[j]"));
    CHECK(has_cells("x[1..5]'=sum(0,4)of(shift(x1,i'))-x[j]^2"));
    CHECK(has_cells("par a=1\nloads p[1..6]=exact_k(2,a*x[j])\nx[1..6]'=p[j]-x[j]"));
    CHECK(has_cells("x1(t+1)=x2-x1^2\nx2(t+1)=x1-x2^2"));
}

TEST_CASE("cells that differ in anything are none", "[equations]") {
    CHECK_FALSE(has_cells("x1'=x2-x1\nx2'=x3-x2\nx3'=x1-x3"));   // a ring
    CHECK_FALSE(has_cells("x1'=x2-x1\nx2'=x1-(1+1e-15)*x2"));    // a number
    CHECK_FALSE(has_cells("x1'=x2-x1\nx2'=x1-sin(x2)"));         // a function
    CHECK_FALSE(has_cells("x1'=x2-x1\nx2'=x1-x2\ny'=x1+x2-y"));  // a state beside them
    CHECK_FALSE(has_cells("x1'=x2-x1\nx2'=x1-x2\ninit x1=.5"));  // their start
    CHECK_FALSE(has_cells("x1'=x2-x1\nx2'=x1-x2\nloads p=x1"));  // one load of two
    CHECK_FALSE(has_cells("x[1..3]'=-x[j]\nloads p=x2\nloads q=x3\nloads r=x1"));
    CHECK_FALSE(has_cells("par a[1..3]=1\nx1'=-a2*x1\nx2'=-a3*x2\nx3'=-a1*x3"));
    CHECK_FALSE(has_cells("par a1=1,a2=1\nx1'=x2-x1\nx2'=x1-x2\npositive a1"));
    CHECK_FALSE(has_cells("par a1=1,a2=1\nx1'=x2-x1\nx2'=x1-x2\nscale 1+a1"));
    CHECK_FALSE(has_cells("x1'=-x1\nx01'=-x01"));  // two names of one number
    CHECK_FALSE(has_cells("x'=-x"));
}

TEST_CASE("a text on groups is the whole text where members agree", "[equations][property]") {
    const auto whole = model_of(controlled);
    const auto groups = grouping_from("1,3 2,4");
    const auto at = regrouped(with_defaults(whole), groups);
    const cell_field& cells = *at.model->cells();
    CHECK(cells.cell_states() == 2);
    CHECK(at.model->experts() == 2);
    CHECK(parameter_names(*at.model) == std::vector<std::string>{"feedback", "gain", "h1", "h2"});
    CHECK(
        std::vector<std::string>(at.model->state_names().begin(), at.model->state_names().end()) ==
        std::vector<std::string>{"s1", "s2", "b1", "b2"});

    const std::vector<double> x{0.7, -0.3, 0.1, 0.4}, p{3.0, 0.6, 0.02, -0.05};
    const std::vector<double> all{.7, -.3, .7, -.3, .1, .4, .1, .4}, q{3, .6, .02, -.05, .02, -.05};
    std::vector<double> f(4), g(8), loads(2), every(4);
    at.model->rhs(x, p, f);
    whole->rhs(all, q, g);
    at.model->loads(x, p, loads);
    whole->loads(all, q, every);
    for (std::size_t i = 0; i < 4; ++i) CHECK_THAT(f[i], WithinAbs(g[2 * i - i % 2], 1e-15));
    for (std::size_t e = 0; e < 4; ++e) CHECK_THAT(every[e], WithinAbs(loads[e % 2], 1e-15));
}

TEST_CASE("what differs within a group moves as in the whole text", "[equations][property]") {
    const auto whole = model_of(controlled);
    const auto at = regrouped(with_defaults(whole), grouping_from("1,3 2,4"));
    const std::vector<double> x{0.7, -0.3, 0.1, 0.4}, p{3.0, 0.6, 0.02, -0.05};
    const std::vector<double> all{.7, -.3, .7, -.3, .1, .4, .1, .4}, q{3, .6, .02, -.05, .02, -.05};
    std::vector<double> f(8), fx(64), fp(48), within(4);
    whole->linear(all, q, f, fx, fp);

    for (std::size_t group = 0; group < 2; ++group) {
        at.model->cells()->within(x, p, group, within);
        for (std::size_t c = 0; c < 2; ++c)
            for (std::size_t d = 0; d < 2; ++d) {
                const std::size_t row = 4 * c + group, own = 4 * d + group;
                CHECK_THAT(within[2 * d + c],
                           WithinAbs(fx[8 * own + row] - fx[8 * (own + 2) + row], 1e-14));
            }
    }
}
