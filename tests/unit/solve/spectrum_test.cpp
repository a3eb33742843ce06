// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/solve/spectrum.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("eigenvalues are found where many are one, whatever the rounding", "[solve]") {
    // found by tests/bench/check_all.py, controlled 64: where one expert has nearly all load, 63
    // eigenvalues are -1 and 63 are -0.1 but for 1e-18, and Eigen gives up on one state of twenty
    constexpr std::array biases{
        -0.2167, 0.066,   -0.0787, 0.2349,  -0.2599, -0.2114, -0.1619, -0.0024, -0.1587, 0.1995,
        -0.0778, 0.052,   -0.2328, 0.2185,  0.2977,  0.0101,  0.061,   0.2607,  -0.1474, -0.1814,
        0.169,   -0.2556, -0.1252, 0.2265,  -0.266,  -0.1267, 0.1286,  0.2939,  0.2282,  -0.1225,
        -0.0231, -0.1256, 0.02,    -0.0154, 0.1084,  0.146,   0.1268,  0.221,   0.1296,  0.1734,
        -0.1868, 0.1108,  -0.0187, -0.0137, -0.0595, -0.1116, -0.0943, -0.2468, 0.0776,  -0.0929,
        0.0697,  -0.2588, -0.0932, -0.1959, -0.2469, -0.2505, 0.2031,  -0.1883, 0.1554,  0.2616,
        -0.2897, -0.044,  0.1459,  0.0911};
    problem at = make_problem("softmax", {.experts = biases.size(), .controlled = true});
    at = regrouped(at, singletons(biases.size()));
    at.set("feedback", 42.76064869840737);
    at.set("gain", 0.5);
    at.set("leak", 0.1);
    for (std::size_t e = 0; e < biases.size(); ++e)
        at.set("bias_" + std::to_string(e + 1), biases[e]);
    std::vector<double> loads(biases.size());
    loads[40] = 1;
    const auto n = static_cast<Eigen::Index>(at.model->dimension());
    Eigen::VectorXd x(n), f(n);
    Eigen::MatrixXd fx(n, n), fp(n, static_cast<Eigen::Index>(at.parameters.size()));
    REQUIRE(at.model->rest(loads, at.parameters, view(x)));
    const auto rest = steady_state(at).from(x);
    REQUIRE(rest);
    std::uint32_t word = 1;
    for (int k = 0; k < 100; ++k) {
        for (Eigen::Index i = 0; i < n; ++i) {
            word = 1664525 * word + 1013904223;
            x[i] = (*rest)[i] * (1 + (static_cast<double>(word >> 28U) - 8) * 1.1e-16);
        }
        at.model->linear(view(x), at.parameters, view(f), view(fx), view(fp));
        const auto values = eigenvalues(fx);
        REQUIRE(values.size() == static_cast<std::size_t>(n));
        double sum = 0;
        for (const auto& value : values) {
            sum += value.real();
            REQUIRE(value.real() < -0.09);  // a 63-fold one is exact to about 1e-3
        }
        CHECK_THAT(sum, WithinAbs(fx.trace(), 1e-11));
    }
}
