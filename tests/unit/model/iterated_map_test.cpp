// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/model/iterated_map.hpp>
#include <moebius/model/model.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

/// x <- x^2 + c as a rule of step 1/2: its n-th iterate is a polynomial in x and c.
struct squares {
    static constexpr std::string_view name = "squares";
    static constexpr std::string_view equation = "x' = 2 (x^2 + c - x)";
    static constexpr std::size_t dimension = 1;
    static constexpr std::array<std::string_view, 1> states{"x"};
    static constexpr std::array<parameter_info, 1> parameters{{{"c", "c", "shift", 0}}};

    template <typename S>
    vec<S, 1> rhs(const vec<S, 1>& x, const vec<S, 1>& p) const {
        return {2.0 * (x[0] * x[0] + p[0] - x[0])};
    }
};

}  // namespace

TEST_CASE("the second iterate's Taylor coefficients are those of the polynomial", "[map][model]") {
    const auto twice = iterated(problem_of<squares>(), 0.5, 2);
    const std::vector<double> x{0.3}, c{-0.7}, v{1.5}, q{0.4};
    std::vector<double> out(4), f(1), fx(1), fp(1);
    twice.model->along(x, c, v, q, out);
    // y = (0.3 + 1.5 s)^2 - 0.7 + 0.4 s = a + b s + d s^2, then y^2 - 0.7 + 0.4 s - 0.3 - 1.5 s
    const double a = 0.09 - 0.7, b = 0.9 + 0.4, d = 2.25;
    const std::array<double, 4> want{a * a - 1, 2 * a * b + 0.4 - 1.5, b * b + 2 * a * d,
                                     2 * b * d};
    for (std::size_t k = 0; k < 4; ++k) CHECK_THAT(out[k], WithinAbs(want[k], 1e-14));
    twice.model->linear(x, c, f, fx, fp);
    CHECK_THAT(f[0], WithinAbs(want[0], 1e-15));
    CHECK_THAT(fx[0], WithinAbs(4 * a * 0.3 - 1, 1e-15));
    CHECK_THAT(fp[0], WithinAbs(2 * a + 1, 1e-15));
}

TEST_CASE("an iterate of alike experts is seen on their groups, too", "[map][model]") {
    auto apart = with_defaults(expert_feedback(softmax_loads(4)));
    apart.set("feedback", -9);
    const auto four = iterated(apart, 0.4, 3);
    const auto two = regrouped(four, grouping{{{0}, {1, 2, 3}}});
    const std::vector<double> x{0.6, -0.2}, whole{0.6, -0.2, -0.2, -0.2};
    std::vector<double> f(2), all(4), block(1);
    two.model->rhs(x, two.parameters, f);
    four.model->rhs(whole, four.parameters, all);
    for (std::size_t i = 0; i < 4; ++i) CHECK_THAT(all[i], WithinAbs(f[i > 0 ? 1 : 0], 1e-14));
    // what differs within the group is multiplied by 1 + this
    two.model->cells()->within(x, two.parameters, 1, block);
    const double tiny = 1e-6;
    auto moved = whole;
    moved[1] += tiny;
    moved[2] -= tiny;
    four.model->rhs(moved, four.parameters, all);
    CHECK_THAT((all[1] - all[2]) / (2 * tiny), WithinRel(block[0], 1e-8));  // an odd difference
}

TEST_CASE("an iterate needs a step and a count", "[map][model][error]") {
    const auto of = problem_of<squares>();
    REQUIRE_THROWS_WITH(iterated(of, 0, 2), "map: step is 0, but it must be > 0 and finite");
    REQUIRE_THROWS_WITH(iterated(of, 1, 0), "map: period 0 came, but it must be from 1 to 1024");
}
