// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <vector>

#include "n_expert_checks.hpp"

using namespace n_expert_checks;

TEST_CASE("branch_fold has the reference values of docs/theory.md section 3 and more",
          "[exact][oracle]") {
    struct row {
        split s;
        double r, K;
    };
    // m = 1 and N = 3, 4, 8, 16 are in docs/theory.md section 3; all were computed with 60 digits
    // (mpmath, the zero of d/dr r/(e^r - 1) + m/N by Ridder's method)
    const auto want = GENERATE(values<row>({
        {{3, 1}, 1.0356584794018931934, 2.7456435767327243969},
        {{4, 1}, 1.6323065927174805654, 3.2187410883369562456},
        {{8, 1}, 2.8413856620357740898, 4.2497990086478947199},
        {{16, 1}, 3.8789466793241993084, 5.1890355080655509322},
        {{64, 1}, 5.7174314567973310697, 6.9245846427997954551},
        {{1024, 1}, 9.012766839754284956, 10.137413523511314618},
        {{65536, 1}, 13.62612552323031217, 14.705324975721423821},
        {{65536, 2}, 12.871340172750064995, 27.911147276804791244},
        {{65536, 1000}, 5.7472254940183082016, 6953.2001212856362934},
        {{65536, 32767}, 0.000091552734400579538501, 65535.999954223632806},
        {{5, 2}, 0.60737144218799779114, 4.8490858153258937223},
    }));

    const auto at = exact::branch_fold(want.s);

    CHECK_THAT(at.K, WithinRel(want.K, 4 * machine_epsilon));
    CHECK_THAT(at.r,
               WithinRel(want.r, 8 * machine_epsilon));  // rounding of the slope over the curvature
    CHECK(at.between == 0);
    CHECK(at.n_unstable == want.s.winners - 1);
}

TEST_CASE("the branch turns at its fold", "[exact][property]") {
    const auto n = GENERATE(as<std::size_t>{}, 2, 3, 5, 8, 64, 1023);
    for (std::size_t m = 1; m < n; m = m < 8 ? m + 1 : 2 * m) {
        const split s{n, m};
        CAPTURE(n, m);

        const auto at = exact::branch_fold(s);

        const auto k = [&](double r) { return exact::branch_state(s, r).K; };
        const double h = 1e-3;
        const double size = static_cast<double>(n);
        // h^2/6 of K''', where (r/(e^r - 1))''' <= 0.0424, and rounding of K over h
        CHECK_THAT((k(at.r + h) - k(at.r - h)) / (2 * h),
                   WithinAbs(0.0, 0.0424 * size * h * h / 6 + 4 * machine_epsilon * at.K / h));
        CHECK((k(at.r + h) > at.K && k(at.r - h) > at.K));
        CHECK_THAT(exact::branch_slope(s, at.r), WithinAbs(0.0, 4 * machine_epsilon * size));
        CHECK((exact::branch_state(s, at.r + h).between < 0) == (at.r + h > 0));
    }
}

TEST_CASE("the m-winner fold is m times the one-winner fold of N/m", "[exact][property]") {
    const auto j = GENERATE(as<std::size_t>{}, 2, 3, 7, 64);
    const auto n = GENERATE(as<std::size_t>{}, 2, 3, 4, 16, 1000);

    const auto many = exact::branch_fold({j * n, j}), one = exact::branch_fold({n, 1});

    CHECK_THAT(many.K, WithinRel(static_cast<double>(j) * one.K, 4 * machine_epsilon));
    CHECK_THAT(many.r, WithinRel(one.r, 8 * machine_epsilon));
}

TEST_CASE("half the experts meet the balanced state in a pitchfork", "[exact]") {
    const auto n = GENERATE(as<std::size_t>{}, 2, 4, 10, 65536);
    const split s{n, n / 2};

    const auto at = exact::branch_fold(s);

    CHECK((at.r == 0 && at.K == static_cast<double>(n)));
    CHECK(exact::branch_slope(s, 0) == 0);
    CHECK(exact::branch_state(s, 0.7).K == exact::branch_state(s, -0.7).K);
    CHECK(exact::branch_states(s, at.K).size() == 1);
}

TEST_CASE("N - m winners are the m-winner branch backwards", "[exact][property]") {
    const double r = GENERATE(-40.0, -1.0, 1e-9, 0.8, 3.0, 500.0);
    const auto m = GENERATE(as<std::size_t>{}, 1, 3, 4, 6);

    const auto at = exact::branch_state({7, m}, r), mirror = exact::branch_state({7, 7 - m}, -r);

    CHECK(at.K == mirror.K);
    CHECK(at.loads[0] == mirror.loads[1]);
    CHECK(at.among_winners == mirror.among_others);
    CHECK(at.between == mirror.between);
    CHECK(at.n_unstable == mirror.n_unstable);
    CHECK(exact::branch_slope({7, m}, r) == -exact::branch_slope({7, 7 - m}, -r));
    CHECK(exact::branch_fold({7, m}).K == exact::branch_fold({7, 7 - m}).K);
    CHECK(exact::branch_fold({7, m}).r == -exact::branch_fold({7, 7 - m}).r);
}

TEST_CASE("every state of a branch solves p = softmax(K p)", "[exact][property]") {
    const auto s = GENERATE(values<split>(
        {{2, 1}, {3, 1}, {3, 2}, {8, 3}, {64, 32}, {65536, 1}, {65536, 9}, {65536, 65535}}));
    const double r = GENERATE(-300.0, -20.0, -1.0, -1e-8, 0.0, 1e-12, 0.5, 1.99, 2.01, 30.0, 300.0);

    const auto at = exact::branch_state(s, r);

    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);
    CHECK_THAT(m * at.loads[0] + (n - m) * at.loads[1], WithinAbs(1.0, 4 * machine_epsilon));
    CHECK_THAT(std::log(at.loads[0] / at.loads[1]),
               WithinAbs(r, 2 * machine_epsilon * (1 + std::abs(r))));
    // the oracle's gap K(a - c) is known to 4 machine_epsilon of r and of K a
    const double gap = 4 * machine_epsilon * (1 + std::abs(r) + at.K * at.loads[1]);
    CHECK_THAT(softmax_residual(s, at), WithinAbs(0.0, gap));
}

TEST_CASE("near the balanced state the branch keeps its digits", "[exact][oracle]") {
    const auto s = GENERATE(values<split>({{3, 1}, {3, 2}, {8, 3}, {65536, 1}, {65536, 32768}}));
    const double r = std::ldexp(1.0, GENERATE(-40, -20, -10)) * GENERATE(-1, 1);
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);

    const auto at = exact::branch_state(s, r);

    // r/(e^r - 1) = 1 - r/2 + r^2/12 - r^4/720 + ..., and the eigenvalues follow from it
    const double r2 = r * r;
    CHECK_THAT(at.K, WithinRel(n + (m - n / 2) * r + n * r2 / 12, 2 * machine_epsilon + r2 * r2));
    CHECK_THAT(at.among_winners,
               WithinRel(r / 2 + r2 / 12, 8 * machine_epsilon + std::abs(r2 * r)));
    CHECK_THAT(at.among_others,
               WithinRel(-r / 2 + r2 / 12, 8 * machine_epsilon + std::abs(r2 * r)));
    CHECK_THAT(exact::branch_slope(s, r),
               WithinRel((m - n / 2) + n * r / 6, 8 * machine_epsilon + std::abs(r2)));
}

TEST_CASE("the states at a given K solve it, two beyond the fold", "[exact][property]") {
    const auto s = GENERATE(
        values<split>({{2, 1}, {3, 1}, {3, 2}, {8, 3}, {8, 4}, {64, 63}, {65536, 1}, {65536, 20}}));
    const auto fold = exact::branch_fold(s);
    const auto n = static_cast<double>(s.experts);
    const double beyond = GENERATE(1e-9, 1e-3, 0.3, 4.0, 100.0);
    const double K = fold.K * (1 + beyond);

    const auto at = exact::branch_states(s, K);

    REQUIRE(at.size() == 2);
    CHECK((at[0].r < fold.r && fold.r < at[1].r));
    for (const auto& state : at) CHECK_THAT(state.K, WithinRel(K, 4 * machine_epsilon));
    CHECK(exact::branch_states(s, std::nextafter(fold.K, 0)).empty());
    CHECK(exact::branch_states(s, fold.K).size() == 1);
    CHECK(exact::branch_states(s, -1).empty());
    const auto crossing = exact::branch_states(s, n);
    CHECK(std::any_of(crossing.begin(), crossing.end(), [](auto& state) { return state.r == 0; }));
}

TEST_CASE("the crossing of the balanced state is found to relative accuracy", "[exact][oracle]") {
    const auto s = GENERATE(values<split>({{3, 1}, {8, 1}, {8, 7}, {65536, 1}, {65536, 32767}}));
    const double d = std::ldexp(1.0, -44) * GENERATE(-1, 1);
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);
    const double lean = m - n / 2;

    const auto at = exact::branch_states(s, n * (1 + d));

    // K - N = lean r + N r^2/12
    const double r = n * d / lean, second = std::abs(n * r / (12 * lean));
    REQUIRE(at.size() == 2);
    const double got = m < n - m ? at[0].r : at[1].r;
    CHECK_THAT(got, WithinRel(r, 2 * second + 8 * machine_epsilon));
}

TEST_CASE("the spectrum on a branch is that of the dense Jacobian", "[exact][oracle]") {
    const auto n = GENERATE(as<std::size_t>{}, 2, 3, 4, 7, 12);
    const double r = GENERATE(-25.0, -4.0, -0.3, -1e-6, 0.0, 0.02, 0.9, 1.1, 2.5, 9.0);
    for (std::size_t m = 1; m < n; ++m) check_spectrum({n, m}, exact::branch_state({n, m}, r));
}

TEST_CASE("only one winner is stable, beyond its fold", "[exact][property]") {
    const auto m = GENERATE(as<std::size_t>{}, 1, 2, 3);
    const split s{8, m};
    const double fold = exact::branch_fold(s).r;

    CHECK(exact::branch_state(s, fold * 1.01).n_unstable == m - 1);
    CHECK(exact::branch_state(s, fold * 0.99).n_unstable == m);
    CHECK(exact::branch_state(s, -0.1).n_unstable == 8 - m - 1);
    CHECK(exact::branch_state(s, 0).n_unstable == 0);  // all eigenvalues are 0 or -1
}
