// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "n_expert_checks.hpp"

using namespace n_expert_checks;

namespace {

/// The free energy |u|^2/2 - K ln sum e^u, whose downhill flow is u' = K p - u, at u = K p.
double depth(const split& s, const split_state& at) {
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);
    const double a = at.K * at.loads[0], c = at.K * at.loads[1];
    return (m * a * a + (n - m) * c * c) / 2 -
           at.K * std::log(m * std::exp(a) + (n - m) * std::exp(c));
}

}  // namespace

TEST_CASE("the fold set with bias is that of docs/theory.md section 3", "[exact][oracle]") {
    const auto n = GENERATE(as<std::size_t>{}, 2, 3, 8, 64, 65536);
    const double x = GENERATE(-6.0, -0.7, 0.0, 1e-3, 1.0, 5.0);
    const auto size = static_cast<double>(n);
    const split s{n, 1};

    const auto at = exact::fold(s, x);

    const double K = 2 * (size - 1) * (1 + std::cosh(x)) / size;
    const double h = std::log(size - 1) + x - std::sinh(x) - (size - 2) * (1 + std::cosh(x)) / size;
    CHECK_THAT(at.K, WithinRel(K, 8 * machine_epsilon));
    CHECK_THAT(at.h, WithinAbs(h, 8 * machine_epsilon * (K + std::log(size))));
    const auto cusp = exact::cusp(s);
    CHECK_THAT(cusp.K, WithinRel(4 * (size - 1) / size, 2 * machine_epsilon));
    CHECK_THAT(cusp.h,
               WithinAbs(std::log(size - 1) - 2 * (size - 2) / size, 8 * machine_epsilon * cusp.K));
}

TEST_CASE("at a fold with bias the dense Jacobian is singular", "[exact][oracle]") {
    const auto s = GENERATE(values<split>({{2, 1}, {3, 1}, {5, 4}, {12, 1}, {12, 5}, {12, 6}}));
    const double x = GENERATE(-3.0, -0.4, 0.0, 1.2, 4.0);
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);

    const auto d = exact::fold(s, x);

    split_state at{};
    at.K = d.K;
    at.h = d.h;
    at.loads = {1 / (1 + std::exp(-x)) / m, 1 / (1 + std::exp(x)) / (n - m)};
    CHECK_THAT(softmax_residual(s, at), WithinAbs(0.0, 16 * machine_epsilon * (1 + d.K)));
    const auto values = dense_spectrum(s, at);
    const auto near_zero = std::count_if(values.begin(), values.end(), [&](double v) {
        return std::abs(v) <
               16 * machine_epsilon * (1 + d.K);  // backward error of the dense solver
    });
    CHECK(near_zero >= 1);
}

TEST_CASE("two groups with bias are two experts", "[exact][property]") {
    const auto s = GENERATE(values<split>({{2, 1}, {3, 1}, {5, 4}, {12, 1}, {12, 5}, {12, 6}}));
    const double h = GENERATE(-3.0, -0.5, 0.0, 0.3, 1.5), K = GENERATE(-2.0, 1.0, 6.0, 11.0, 30.0);

    const auto all = exact::split_states(s, {K, h});

    const bool folds = K > exact::cusp(s).K;
    const bool inside = folds && std::abs(h - exact::maxwell_bias(s, K)) < exact::half_width(s, K);
    REQUIRE(all.size() == (inside ? 3 : 1));
    for (const auto& at : all) {
        // r is known to rounding of ln N and of K's own terms
        CHECK_THAT(softmax_residual(s, at),
                   WithinAbs(0.0, 32 * machine_epsilon * (4 + std::abs(K))));
        if (K > 0) check_spectrum(s, at);
    }
}

TEST_CASE("without bias split_states and branch_states agree", "[exact][property]") {
    const auto s = GENERATE(values<split>({{3, 1}, {8, 3}, {64, 1}}));
    const double K = exact::branch_fold(s).K * GENERATE(1.01, 1.2);

    const auto all = exact::split_states(s, {K});
    const auto branch = exact::branch_states(s, K);

    REQUIRE(all.size() == 3);  // and the balanced state
    for (const auto& want : branch) {
        const auto near = std::min_element(all.begin(), all.end(), [&](auto& a, auto& b) {
            return std::abs(a.r - want.r) < std::abs(b.r - want.r);
        });
        CHECK_THAT(near->r, WithinAbs(want.r, 1e-12));  // rounding over an eigenvalue > 1e-3
        CHECK_THAT(near->between, WithinAbs(want.between, 1e-12));
        CHECK(near->n_unstable == want.n_unstable);
    }
}

TEST_CASE("without bias the fold set passes through the branch's fold", "[exact][property]") {
    const auto s = GENERATE(values<split>({{3, 1}, {8, 1}, {8, 3}, {8, 7}, {65536, 1}}));
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);
    const auto at = exact::branch_fold(s);

    const auto d = exact::fold(s, at.r + std::log(m / (n - m)));

    CHECK_THAT(d.K, WithinRel(at.K, 64 * machine_epsilon));  // dK/dx ~ K there, x rounded at ln N
    CHECK_THAT(d.h, WithinAbs(0.0, 64 * machine_epsilon * at.K));
    const auto biases = exact::fold_biases(s, at.K);
    CHECK_THAT(biases[at.r > 0 ? 0 : 1], WithinAbs(0.0, 64 * machine_epsilon * at.K));
    CHECK(biases[0] < biases[1]);
}

TEST_CASE("the two folds at a K are those of the fold set", "[exact][property]") {
    const auto s = GENERATE(values<split>({{2, 1}, {3, 1}, {8, 3}, {65536, 1}}));
    const double x = GENERATE(0.5, 1.0, 4.0);
    const auto upper = exact::fold(s, -x), lower = exact::fold(s, x);

    const auto biases = exact::fold_biases(s, lower.K);

    const double lost = 64 * machine_epsilon * lower.K;
    CHECK(upper.K == lower.K);
    CHECK_THAT(biases[0], WithinAbs(lower.h, lost));
    CHECK_THAT(biases[1], WithinAbs(upper.h, lost));
    CHECK_THAT(exact::half_width(s, lower.K), WithinRel(std::sinh(x) - x, 1e-13));
}

TEST_CASE("at the Maxwell point both states are equally deep", "[exact][oracle]") {
    const auto s = GENERATE(values<split>({{3, 1}, {4, 1}, {8, 1}, {8, 3}, {64, 1}, {65536, 1}}));
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);

    const double K = exact::maxwell_point(s);

    CHECK_THAT(
        K, WithinRel(2 * m * (n - m) * std::log((n - m) / m) / (n - 2 * m), 8 * machine_epsilon));
    const auto winner = exact::branch_states(s, K).back(), balanced = exact::branch_state(s, 0);
    CHECK_THAT(m * winner.loads[0], WithinRel(1 - m / n, 64 * machine_epsilon));  // A and 1 - A
    split_state flat = balanced;
    flat.K = K;
    const double want = depth(s, flat);
    CHECK_THAT(depth(s, winner), WithinAbs(want, 16 * machine_epsilon * K * (K + std::log(n))));
    CHECK_THAT(exact::maxwell_bias(s, K), WithinAbs(0.0, 16 * machine_epsilon * (1 + std::log(n))));
    CHECK(exact::maxwell_point({10, 5}) == 10);
    CHECK_THAT(exact::maxwell_point({65536, 65535}),
               WithinRel(exact::maxwell_point({65536, 1}), 8 * machine_epsilon));
}
