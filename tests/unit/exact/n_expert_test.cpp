// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/exact/two_expert.hpp>
#include <moebius/solve/dense.hpp>
#include <vector>

#include "n_expert_checks.hpp"

using namespace n_expert_checks;

namespace {

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

TEST_CASE("the balanced state is lost at K = N, N - 1 times", "[exact][oracle]") {
    const auto n = GENERATE(as<std::size_t>{}, 2, 3, 8, 65536);
    const auto size = static_cast<double>(n);

    CHECK(exact::balanced(n, size).threshold == size);
    CHECK(exact::balanced(n, size).eigenvalue == 0);
    CHECK(exact::balanced(n, size).n_unstable == 0);
    CHECK(exact::balanced(n, 1.5 * size).n_unstable == n - 1);
    CHECK(exact::balanced(n, 0).eigenvalue == -1);
    // the eigenvalue the branches have there
    CHECK_THAT(exact::balanced(n, size * (1 + 4 * machine_epsilon)).eigenvalue,
               WithinRel(4 * machine_epsilon, machine_epsilon));
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
        const double lost =
            1e-11 * threshold;  // h^4 p^(5)/30 < 1e-13 and rounding machine_epsilon/h

        const Eigen::MatrixXd jacobian = threshold * j - Eigen::MatrixXd::Identity(size, size);

        const Eigen::VectorXd values = moebius::eigen_of_symmetric(jacobian).values;
        CHECK_THAT(values[0], WithinAbs(-1.0, lost));
        for (Eigen::Index i = 1; i < size; ++i) CHECK_THAT(values[i], WithinAbs(0.0, lost));
        CHECK_THAT(exact::balanced(n, threshold / 4, k).eigenvalue,
                   WithinRel(-0.75, machine_epsilon));
    }
}

TEST_CASE("two experts are the two-expert model", "[exact][oracle]") {
    const double decay = GENERATE(0.3, 1.0, 50.0), beta = GENERATE(0.5, 1.0, 64.0);
    const double mu = GENERATE(1.001, 1.5, 4.0), eta = GENERATE(0.0, 1e-5);
    const auto pair = exact::with_scales({mu, eta}, decay, beta);
    const auto want = exact::equilibria(pair);

    const auto d = exact::coupling_of({pair.feedback, pair.decay, pair.beta, pair.bias});
    const auto got = exact::split_states({2, 1}, d);

    CHECK_THAT(d.K, WithinRel(2 * mu, 4 * machine_epsilon));
    CHECK(exact::balanced(2, d.K).threshold == 2);
    REQUIRE((want.size() == 3 && got.size() == 3));
    for (std::size_t i = 0; i < 3; ++i) {
        // mu - 1 is known to machine_epsilon, and x moves by sqrt(3 (mu - 1)) / (2 (mu - 1)) times
        // that
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
    CHECK_THAT(p.feedback * beta / decay, WithinRel(7.5, 4 * machine_epsilon));
    CHECK_THAT(p.bias * beta / decay, WithinRel(-0.3, 4 * machine_epsilon));
    CHECK((unit.state == 1 / beta && unit.time == 1 / decay && unit.drive == decay / beta));
    CHECK_THAT(exact::coupling_of(p).K, WithinRel(7.5, 4 * machine_epsilon));
    CHECK_THAT(exact::coupling_of(p).h, WithinRel(-0.3, 4 * machine_epsilon));
}

TEST_CASE("the N-expert formulas say what they do not take", "[exact][error]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    REQUIRE_THROWS_WITH(exact::branch_fold({1, 1}), "n-expert: experts is 1, but it must be >= 2");
    REQUIRE_THROWS_WITH(exact::branch_fold({8, 0}),
                        "n-expert: winners is 0 of 8 experts, but it must lie in 1 to 7");
    REQUIRE_THROWS_WITH(exact::cusp({8, 8}),
                        "n-expert: winners is 8 of 8 experts, but it must lie in 1 to 7");
    REQUIRE_THROWS_WITH(exact::balanced(8, 1, 8),
                        "n-expert: top_k is 8 of 8 experts, but it must lie in 1 to 7");
    REQUIRE_THROWS_WITH(exact::balanced(0, 1), "n-expert: experts is 0, but it must be >= 2");
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
                        "n-expert: beta is 0, but it must be > 0 and finite");
    REQUIRE_THROWS_WITH(exact::coupling_of({1, -1, 1, 0}),
                        "n-expert: decay is -1, but it must be > 0 and finite");
    REQUIRE_THROWS_WITH(exact::coupling_of({nan, 1, 1, 0}),
                        "n-expert: feedback is nan, but it must be finite");
}
