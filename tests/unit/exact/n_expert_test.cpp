// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/solve/dense.hpp>
#include <numeric>
#include <vector>

#include "catch.hpp"

using namespace moebius;
using exact::split;
using exact::split_state;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

/// What the equilibrium u = K p + h asks of the larger load, from softmax of two groups.
double softmax_residual(const split& s, const split_state& at) {
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);
    const double gap = at.K * (at.loads[0] - at.loads[1]) + at.h;
    const double winner = 1 / (m + (n - m) * std::exp(-gap));
    const double other = 1 / (m * std::exp(gap) + (n - m));
    return gap > 0 ? winner / at.loads[0] - 1 : other / at.loads[1] - 1;
}

/// The dense oracle: eigenvalues of K(diag p - p p^T) - 1 in rising order.
std::vector<double> dense_spectrum(const split& s, const split_state& at) {
    const auto n = static_cast<Eigen::Index>(s.experts), m = static_cast<Eigen::Index>(s.winners);
    Eigen::VectorXd p = Eigen::VectorXd::Constant(n, at.loads[1]);
    p.head(m).setConstant(at.loads[0]);
    Eigen::MatrixXd j = -at.K * p * p.transpose();
    j.diagonal() += at.K * p - Eigen::VectorXd::Ones(n);
    const Eigen::VectorXd values = moebius::eigen_of_symmetric(j).values;
    return {values.begin(), values.end()};
}

std::vector<double> closed_spectrum(const split& s, const split_state& at) {
    std::vector<double> all{-1, at.between};
    all.insert(all.end(), s.winners - 1, at.among_winners);
    all.insert(all.end(), s.experts - s.winners - 1, at.among_others);
    std::sort(all.begin(), all.end());
    return all;
}

void check_spectrum(const split& s, const split_state& at) {
    CAPTURE(s.experts, s.winners, at.K, at.h, at.r);
    const auto want = dense_spectrum(s, at), got = closed_spectrum(s, at);
    const double lost = 16 * eps * (1 + at.K);  // backward error of the dense solver
    REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK_THAT(got[i], WithinAbs(want[i], lost));
    const auto above = [](const std::vector<double>& all, double least) {
        return std::count_if(all.begin(), all.end(), [=](double v) { return v > least; });
    };
    CHECK(static_cast<std::ptrdiff_t>(at.n_unstable) <= above(want, -lost));
    CHECK(static_cast<std::ptrdiff_t>(at.n_unstable) >= above(want, lost));
}

/// The free energy |u|^2/2 - K ln sum e^u, whose downhill flow is u' = K p - u, at u = K p.
double depth(const split& s, const split_state& at) {
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);
    const double a = at.K * at.loads[0], c = at.K * at.loads[1];
    return (m * a * a + (n - m) * c * c) / 2 -
           at.K * std::log(m * std::exp(a) + (n - m) * std::exp(c));
}

/// Loads P(e in S)/k of exact-k routing at beta = 1, by enumeration of all subsets.
Eigen::VectorXd exact_k_loads(const Eigen::VectorXd& scores, std::size_t k) {
    const auto n = static_cast<std::size_t>(scores.size());
    Eigen::VectorXd weight = Eigen::VectorXd::Zero(scores.size());
    double total = 0;
    for (unsigned subset = 0; subset < (1U << n); ++subset) {
        if (static_cast<std::size_t>(std::popcount(subset)) != k) continue;
        Eigen::VectorXd z = Eigen::VectorXd::Zero(scores.size());
        for (std::size_t e = 0; e < n; ++e) z[static_cast<Eigen::Index>(e)] = subset >> e & 1U;
        const double w = std::exp(z.dot(scores));
        total += w;
        weight += w * z;
    }
    return weight / (total * static_cast<double>(k));
}

}  // namespace

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

    CHECK_THAT(at.K, WithinRel(want.K, 4 * eps));
    CHECK_THAT(at.r, WithinRel(want.r, 8 * eps));  // rounding of the slope over the curvature
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
                   WithinAbs(0.0, 0.0424 * size * h * h / 6 + 4 * eps * at.K / h));
        CHECK((k(at.r + h) > at.K && k(at.r - h) > at.K));
        CHECK_THAT(exact::branch_slope(s, at.r), WithinAbs(0.0, 4 * eps * size));
        CHECK((exact::branch_state(s, at.r + h).between < 0) == (at.r + h > 0));
    }
}

TEST_CASE("the m-winner fold is m times the one-winner fold of N/m", "[exact][property]") {
    const auto j = GENERATE(as<std::size_t>{}, 2, 3, 7, 64);
    const auto n = GENERATE(as<std::size_t>{}, 2, 3, 4, 16, 1000);

    const auto many = exact::branch_fold({j * n, j}), one = exact::branch_fold({n, 1});

    CHECK_THAT(many.K, WithinRel(static_cast<double>(j) * one.K, 4 * eps));
    CHECK_THAT(many.r, WithinRel(one.r, 8 * eps));
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
    CHECK_THAT(m * at.loads[0] + (n - m) * at.loads[1], WithinAbs(1.0, 4 * eps));
    CHECK_THAT(std::log(at.loads[0] / at.loads[1]), WithinAbs(r, 2 * eps * (1 + std::abs(r))));
    // the oracle's gap K(a - c) is known to 4 eps of r and of K a
    const double gap = 4 * eps * (1 + std::abs(r) + at.K * at.loads[1]);
    CHECK_THAT(softmax_residual(s, at), WithinAbs(0.0, gap));
}

TEST_CASE("near the balanced state the branch keeps its digits", "[exact][oracle]") {
    const auto s = GENERATE(values<split>({{3, 1}, {3, 2}, {8, 3}, {65536, 1}, {65536, 32768}}));
    const double r = std::ldexp(1.0, GENERATE(-40, -20, -10)) * GENERATE(-1, 1);
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);

    const auto at = exact::branch_state(s, r);

    // r/(e^r - 1) = 1 - r/2 + r^2/12 - r^4/720 + ..., and the eigenvalues follow from it
    const double r2 = r * r;
    CHECK_THAT(at.K, WithinRel(n + (m - n / 2) * r + n * r2 / 12, 2 * eps + r2 * r2));
    CHECK_THAT(at.among_winners, WithinRel(r / 2 + r2 / 12, 8 * eps + std::abs(r2 * r)));
    CHECK_THAT(at.among_others, WithinRel(-r / 2 + r2 / 12, 8 * eps + std::abs(r2 * r)));
    CHECK_THAT(exact::branch_slope(s, r),
               WithinRel((m - n / 2) + n * r / 6, 8 * eps + std::abs(r2)));
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
    for (const auto& state : at) CHECK_THAT(state.K, WithinRel(K, 4 * eps));
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
    CHECK_THAT(got, WithinRel(r, 2 * second + 8 * eps));
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

TEST_CASE("the balanced state is lost at K = N, N - 1 times", "[exact][oracle]") {
    const auto n = GENERATE(as<std::size_t>{}, 2, 3, 8, 65536);
    const auto size = static_cast<double>(n);

    CHECK(exact::balanced(n, size).threshold == size);
    CHECK(exact::balanced(n, size).eigenvalue == 0);
    CHECK(exact::balanced(n, size).n_unstable == 0);
    CHECK(exact::balanced(n, 1.5 * size).n_unstable == n - 1);
    CHECK(exact::balanced(n, 0).eigenvalue == -1);
    // the eigenvalue the branches have there
    CHECK_THAT(exact::balanced(n, size * (1 + 4 * eps)).eigenvalue, WithinRel(4 * eps, eps));
    const auto at = exact::branch_state({n, 1}, 0);
    CHECK((at.among_winners == 0 && at.among_others == 0 && at.between == 0));
}

TEST_CASE("exact-k loses the balanced state at N(N - 1)/(N - k)", "[exact][oracle]") {
    const auto n = GENERATE(as<std::size_t>{}, 2, 3, 4, 6, 10);
    const auto size = static_cast<Eigen::Index>(n);
    for (std::size_t k = 1; k < n; ++k) {
        CAPTURE(n, k);
        const double h = 1e-3;  // fourth-order differences of the enumerated loads
        Eigen::MatrixXd j(size, size);
        for (Eigen::Index f = 0; f < size; ++f) {
            const auto loads = [&](double step) {
                return exact_k_loads(step * Eigen::VectorXd::Unit(size, f), k);
            };
            j.col(f) = (8 * (loads(h) - loads(-h)) - (loads(2 * h) - loads(-2 * h))) / (12 * h);
        }
        const double threshold = exact::balanced(n, 0, k).threshold;
        const double lost = 1e-11 * threshold;  // h^4 p^(5)/30 < 1e-13 and rounding eps/h

        const Eigen::MatrixXd jacobian = threshold * j - Eigen::MatrixXd::Identity(size, size);

        const Eigen::VectorXd values = moebius::eigen_of_symmetric(jacobian).values;
        CHECK_THAT(values[0], WithinAbs(-1.0, lost));
        for (Eigen::Index i = 1; i < size; ++i) CHECK_THAT(values[i], WithinAbs(0.0, lost));
        CHECK_THAT(exact::balanced(n, threshold / 4, k).eigenvalue, WithinRel(-0.75, eps));
    }
}

TEST_CASE("the fold set with bias is that of docs/theory.md section 3", "[exact][oracle]") {
    const auto n = GENERATE(as<std::size_t>{}, 2, 3, 8, 64, 65536);
    const double x = GENERATE(-6.0, -0.7, 0.0, 1e-3, 1.0, 5.0);
    const auto size = static_cast<double>(n);
    const split s{n, 1};

    const auto at = exact::fold(s, x);

    const double K = 2 * (size - 1) * (1 + std::cosh(x)) / size;
    const double h = std::log(size - 1) + x - std::sinh(x) - (size - 2) * (1 + std::cosh(x)) / size;
    CHECK_THAT(at.K, WithinRel(K, 8 * eps));
    CHECK_THAT(at.h, WithinAbs(h, 8 * eps * (K + std::log(size))));
    const auto cusp = exact::cusp(s);
    CHECK_THAT(cusp.K, WithinRel(4 * (size - 1) / size, 2 * eps));
    CHECK_THAT(cusp.h, WithinAbs(std::log(size - 1) - 2 * (size - 2) / size, 8 * eps * cusp.K));
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
    CHECK_THAT(softmax_residual(s, at), WithinAbs(0.0, 16 * eps * (1 + d.K)));
    const auto values = dense_spectrum(s, at);
    const auto near_zero = std::count_if(values.begin(), values.end(), [&](double v) {
        return std::abs(v) < 16 * eps * (1 + d.K);  // backward error of the dense solver
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
        CHECK_THAT(softmax_residual(s, at), WithinAbs(0.0, 32 * eps * (4 + std::abs(K))));
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

    CHECK_THAT(d.K, WithinRel(at.K, 64 * eps));  // dK/dx ~ K there, x rounded at ln N
    CHECK_THAT(d.h, WithinAbs(0.0, 64 * eps * at.K));
    const auto biases = exact::fold_biases(s, at.K);
    CHECK_THAT(biases[at.r > 0 ? 0 : 1], WithinAbs(0.0, 64 * eps * at.K));
    CHECK(biases[0] < biases[1]);
}

TEST_CASE("the two folds at a K are those of the fold set", "[exact][property]") {
    const auto s = GENERATE(values<split>({{2, 1}, {3, 1}, {8, 3}, {65536, 1}}));
    const double x = GENERATE(0.5, 1.0, 4.0);
    const auto upper = exact::fold(s, -x), lower = exact::fold(s, x);

    const auto biases = exact::fold_biases(s, lower.K);

    const double lost = 64 * eps * lower.K;
    CHECK(upper.K == lower.K);
    CHECK_THAT(biases[0], WithinAbs(lower.h, lost));
    CHECK_THAT(biases[1], WithinAbs(upper.h, lost));
    CHECK_THAT(exact::half_width(s, lower.K), WithinRel(std::sinh(x) - x, 1e-13));
}

TEST_CASE("at the Maxwell point both states are equally deep", "[exact][oracle]") {
    const auto s = GENERATE(values<split>({{3, 1}, {4, 1}, {8, 1}, {8, 3}, {64, 1}, {65536, 1}}));
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);

    const double K = exact::maxwell_point(s);

    CHECK_THAT(K, WithinRel(2 * m * (n - m) * std::log((n - m) / m) / (n - 2 * m), 8 * eps));
    const auto winner = exact::branch_states(s, K).back(), balanced = exact::branch_state(s, 0);
    CHECK_THAT(m * winner.loads[0], WithinRel(1 - m / n, 64 * eps));  // A and 1 - A
    split_state flat = balanced;
    flat.K = K;
    const double want = depth(s, flat);
    CHECK_THAT(depth(s, winner), WithinAbs(want, 16 * eps * K * (K + std::log(n))));
    CHECK_THAT(exact::maxwell_bias(s, K), WithinAbs(0.0, 16 * eps * (1 + std::log(n))));
    CHECK(exact::maxwell_point({10, 5}) == 10);
    CHECK_THAT(exact::maxwell_point({65536, 65535}),
               WithinRel(exact::maxwell_point({65536, 1}), 8 * eps));
}

TEST_CASE("two experts are the two-expert model", "[exact][oracle]") {
    const double decay = GENERATE(0.3, 1.0, 50.0), beta = GENERATE(0.5, 1.0, 64.0);
    const double mu = GENERATE(1.001, 1.5, 4.0), eta = GENERATE(0.0, 1e-5);
    const auto pair = exact::with_scales({mu, eta}, decay, beta);
    const auto want = exact::equilibria(pair);

    const auto d = exact::coupling_of({pair.feedback, pair.decay, pair.beta, pair.bias});
    const auto got = exact::split_states({2, 1}, d);

    CHECK_THAT(d.K, WithinRel(2 * mu, 4 * eps));
    CHECK(exact::balanced(2, d.K).threshold == 2);
    REQUIRE((want.size() == 3 && got.size() == 3));
    for (std::size_t i = 0; i < 3; ++i) {
        // mu - 1 is known to eps, and x moves by sqrt(3 (mu - 1)) / (2 (mu - 1)) times that
        CHECK_THAT(got[i].r, WithinAbs(beta * want[i].x, 1e-13));
        CHECK_THAT(got[i].loads[0], WithinAbs(want[i].loads[0], 1e-13));
        CHECK_THAT(decay * got[i].between, WithinAbs(want[i].eigenvalue, 1e-13 * decay));
    }
    const auto branch = exact::branch_states({2, 1}, d.K);
    const auto even = exact::equilibria(exact::with_scales({mu, 0}, decay, beta));
    CHECK_THAT(branch[1].r, WithinAbs(beta * even[2].x, 1e-13));
    CHECK_THAT(exact::half_width({2, 1}, d.K), WithinRel(2 * exact::half_width(mu), 1e-12));
}

TEST_CASE("the load gap of two experts has the values of docs/theory.md section 2",
          "[exact][oracle]") {
    const auto [mu, gap, rate] =
        GENERATE(values<std::array<double, 3>>({{1.1, 0.502940574945, -0.178244144118},
                                                {1.5, 0.858559636640, -0.605686974501},
                                                {2, 0.957504024077, -0.833627912248}}));

    const auto at = exact::branch_states({2, 1}, 2 * mu).back();

    CHECK_THAT(at.loads[0] - at.loads[1], WithinAbs(gap, 0.51e-12));  // half of the last decimal
    CHECK_THAT(at.between, WithinAbs(rate, 0.51e-12));
}

TEST_CASE("the coupling has the model's own units", "[exact][property]") {
    const double decay = GENERATE(0.01, 1.0, 90.0), beta = GENERATE(0.02, 1.0, 99.0);

    const auto p = exact::n_expert_of({7.5, -0.3}, decay, beta);

    const auto unit = exact::n_expert_scales(decay, beta);
    CHECK_THAT(p.feedback * beta / decay, WithinRel(7.5, 4 * eps));
    CHECK_THAT(p.bias * beta / decay, WithinRel(-0.3, 4 * eps));
    CHECK((unit.state == 1 / beta && unit.time == 1 / decay && unit.drive == decay / beta));
    CHECK_THAT(exact::coupling_of(p).K, WithinRel(7.5, 4 * eps));
    CHECK_THAT(exact::coupling_of(p).h, WithinRel(-0.3, 4 * eps));
}

TEST_CASE("the N-expert formulas say what they do not take", "[exact][error]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    REQUIRE_THROWS_WITH(exact::branch_fold({1, 1}),
                        "n-expert: experts is 1, but there must be at least 2");
    REQUIRE_THROWS_WITH(exact::branch_fold({8, 0}),
                        "n-expert: winners is 0 of 8 experts, but it must lie in 1 to 7");
    REQUIRE_THROWS_WITH(exact::cusp({8, 8}),
                        "n-expert: winners is 8 of 8 experts, but it must lie in 1 to 7");
    REQUIRE_THROWS_WITH(exact::balanced(8, 1, 8),
                        "n-expert: top_k is 8 of 8 experts, but it must lie in 1 to 7");
    REQUIRE_THROWS_WITH(exact::balanced(0, 1),
                        "n-expert: experts is 0, but there must be at least 2");
    REQUIRE_THROWS_WITH(exact::balanced(8, nan), "n-expert: K is nan, but it must be finite");
    REQUIRE_THROWS_WITH(exact::branch_states({8, 1}, nan),
                        "n-expert: K is nan, but it must be finite");
    REQUIRE_THROWS_WITH(exact::split_states({8, 1}, {1, nan}),
                        "n-expert: h is nan, but it must be finite");
    REQUIRE_THROWS_WITH(exact::branch_state({8, 1}, nan),
                        "n-expert: r is nan, but it must be finite");
    REQUIRE_THROWS_WITH(exact::fold({8, 1}, nan), "n-expert: x is nan, but it must be finite");
    REQUIRE_THROWS_WITH(exact::fold({8, 1}, 800),
                        "n-expert: x is 800, but the fold's K must be finite");
    REQUIRE_THROWS_WITH(exact::half_width({8, 1}, 3),
                        "n-expert: K is 3, but it must be finite and >= 3.5: below there is no "
                        "fold");
    REQUIRE_THROWS_WITH(exact::n_expert_scales(1, 0),
                        "n-expert: beta is 0, but it must be finite and > 0");
    REQUIRE_THROWS_WITH(exact::coupling_of({1, -1, 1, 0}),
                        "n-expert: decay is -1, but it must be finite and > 0");
    REQUIRE_THROWS_WITH(exact::coupling_of({nan, 1, 1, 0}),
                        "n-expert: feedback is nan, but it must be finite");
}
