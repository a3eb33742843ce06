// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/model/derivatives.hpp>
#include <moebius/model/token_response.hpp>
#include <moebius/model/two_expert.hpp>

#include "catch.hpp"
#include "unit/test_models.hpp"

using namespace moebius;
using Eigen::VectorXd;

TEST_CASE("multilinear forms are the derivatives taken by hand", "[model][oracle]") {
    const auto model = field_of<models::two_expert>();
    const double beta = 1.7, feedback = 3, x = 0.4;
    const std::vector<double> state{x}, p{feedback, 1, beta, 0};
    const std::vector<std::size_t> free{0, 3};  // feedback and bias
    const multilinear forms(*model, state, p, free);
    const double t = std::tanh(beta * x / 2), t1 = beta / 2 * (1 - t * t), t2 = -beta * t * t1;
    const double t3 = -beta * (t1 * t1 + t * t2);

    Eigen::MatrixXd h(3, 3);
    for (Eigen::Index j = 0; j < 3; ++j)
        h.row(j) = forms.hessian_times(VectorXd::Ones(1), VectorXd::Unit(3, j));

    const double rounding = 1e-14 * feedback * beta * beta;  // sums of a few such terms
    CHECK_THAT(h(0, 0), WithinAbs(feedback * t2, rounding));
    CHECK_THAT(h(0, 1), WithinAbs(t1, rounding));
    CHECK_THAT(h(1, 1), WithinAbs(0, rounding));
    CHECK_THAT(h(0, 2), WithinAbs(0, rounding));
    CHECK_THAT(forms.third(VectorXd::Unit(3, 0))[0],
               WithinAbs(feedback * t3, 10 * rounding * beta));
    CHECK((h - h.transpose()).norm() <= rounding);
}

TEMPLATE_TEST_CASE("a model's own first derivatives are those of its jets", "[model][property]",
                   test_models::two_scores, models::two_expert) {
    const auto model = field_of<TestType>();
    constexpr std::size_t n = TestType::dimension;
    const std::vector<double> x{0.3, -0.2}, p{2.5, 0.7, 1.3, 0.1};
    std::vector<double> f(n), fx(n * n), fp(n * 4), along(4 * n), v(n), q(4);

    model->linear(x, p, f, fx, fp);

    for (std::size_t j = 0; j < n + 4; ++j) {
        std::fill(v.begin(), v.end(), 0.0);
        std::fill(q.begin(), q.end(), 0.0);
        (j < n ? v[j] : q[j - n]) = 1;
        model->along(x, p, v, q, along);
        for (std::size_t i = 0; i < n; ++i) {
            CHECK_THAT(f[i], WithinAbs(along[i], 1e-15));  // one rounding of order-one terms
            const double slope = j < n ? fx[j * n + i] : fp[(j - n) * n + i];
            CHECK_THAT(slope, WithinAbs(along[n + i], 1e-15));
        }
    }
}

TEST_CASE("parameters are found by name and refused by sentence", "[model][error]") {
    auto two = problem_of<models::two_expert>();
    REQUIRE_THROWS_WITH(
        two.set("feedbak", 1),
        "two-expert: 'feedbak' came as a parameter, but the model has no such name; "
        "did you mean 'feedback'? (feedback, decay, beta, bias)");
    REQUIRE_THROWS_WITH(two.set("beta", -1), "two-expert: beta is -1, but it must be > 0");
    REQUIRE_THROWS_WITH(two.set("bias", NAN), "two-expert: bias is nan, but it must be finite");
    two.set("bias", -3);
    CHECK(two.parameters == std::vector<double>{1, 1, 1, -3});
}
