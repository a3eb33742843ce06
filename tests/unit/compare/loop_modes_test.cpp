// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/compare/loop_modes.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/model/registry.hpp>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

/// The variance of the mean of so many loads of n = e + j s, s' = keep s + gain e, by adding up how
/// much each batch's noise moves it. The scores start long before.
double summed_variance(const loop_mode& mode, double decay, double step, int batches) {
    const double keep = 1 - step * mode.rate, gain = step * (decay - mode.rate);  // times j
    double total = 0;
    for (int from = -20'000; from < batches; ++from) {
        double weight = from >= 0 ? 1 : 0, score = gain;
        const int first = std::max(0, from + 1);
        score *= std::pow(keep, first - from - 1);
        for (int t = first; t < batches; ++t, score *= keep) weight += score;
        total += weight * weight;
    }
    return mode.variance * total / (batches * static_cast<double>(batches));
}

}  // namespace

TEST_CASE("the variance of a block mean is that of its noises' sum", "[compare][oracle]") {
    const int batches = GENERATE(1, 2, 17, 300);
    const double rate = GENERATE(0.05, 0.7, 1.0, 3.0, 25.0);  // 25: the scores alternate
    const loop_mode mode{0.3, rate};
    CAPTURE(batches, rate);

    CHECK_THAT(mean_variance(mode, 1, 0.05, static_cast<std::size_t>(batches)),
               WithinRel(summed_variance(mode, 1, 0.05, batches), 1e-10));
}

TEST_CASE("the covariance of two modes is that of their noises' sum", "[compare][oracle]") {
    const int batches = GENERATE(1, 2, 40);
    const double step = 0.05, decay = 0.8, rates[] = {0.3, 1.1};
    loop_modes two;
    two.modes = {{0.5, rates[0]}, {0.2, rates[1]}};
    two.scatter = Eigen::Matrix2d{{0.5, -0.1}, {-0.1, 0.2}};
    const auto weight = [&](int from, double rate) {  // of a batch's noise in the sum of loads
        double keep = 1 - step * rate, sum = from >= 0 ? 1 : 0;
        const int first = std::max(0, from + 1);
        double score = step * (decay - rate) * std::pow(keep, first - from - 1);
        for (int t = first; t < batches; ++t, score *= keep) sum += score;
        return sum;
    };

    const auto found = mean_covariance(two, decay, step, static_cast<std::size_t>(batches));

    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j) {
            double want = 0;
            for (int from = -4000; from < batches; ++from)
                want += two.scatter(i, j) * weight(from, rates[i]) * weight(from, rates[j]);
            CHECK_THAT(found(i, j), WithinRel(want / (batches * batches), 1e-10));
        }
}

TEST_CASE("tokens drawn from alike ones scatter as alike tokens do", "[compare][oracle]") {
    const std::vector<double> scores{1.9, 0.3, 0.2, 0.1};
    auto drawn = make_token_softmax({0, 0, 0, 0, 0, 0, 0, 0}, {.experts = 4});
    auto alike = make_problem("softmax", {.experts = 4});
    for (auto* at : {&drawn, &alike}) {
        at->set("feedback", 1.5);
        at->set("beta", 2);
    }

    const auto a = modes_about(drawn, scores, {}, {0.05, 100, 1, false});
    const auto b = modes_about(alike, scores, {}, {0.05, 100, 1, true});

    CHECK((a.directions * a.scatter * a.directions.transpose() -
           b.directions * b.scatter * b.directions.transpose())
              .norm() < 1e-15);
    for (std::size_t e = 0; e < 4; ++e) CHECK_THAT(a.shift[e], WithinAbs(b.shift[e], 1e-13));
}

TEST_CASE("for small steps it is the formula of docs/theory.md section 7", "[compare][oracle]") {
    const double step = 1e-3, rate = 0.4, m = 5000;
    const double rho = -std::log(1 - step * rate), y = 1 / (rate * rate) - 1;
    const double want = 1 / m * (1 + y * (1 - (1 - std::exp(-rho * m)) / (rho * m)));

    CHECK_THAT(mean_variance({1, rate}, 1, step, 5000), WithinRel(want, 2 * step));
}

TEST_CASE("balanced experts have N - 1 modes of equal rate and noise", "[compare][oracle]") {
    const std::size_t experts = 6, tokens = 100;
    auto at = make_problem("softmax", {.experts = experts});
    at.set("feedback", 4.5);

    const auto modes = modes_about(at, std::vector<double>(experts, 0.75),
                                   std::vector<std::size_t>{experts}, {0.05, tokens, 1});

    REQUIRE(modes.modes.size() == experts - 1);
    for (const auto& mode : modes.modes) {
        CHECK_THAT(mode.rate, WithinAbs(1 - 4.5 / 6, 1e-12));
        CHECK_THAT(mode.variance, WithinRel(1.0 / 6 / 100, 1e-12));
    }
    for (const double shift : modes.shift) CHECK_THAT(shift, WithinAbs(0, 1e-12));  // by symmetry
    // One expert against five: f''(v, v).v/2 = K (v_1^3 + ... + v_6^3)/(2 N), and v^3 sums to
    // 4/sqrt(30)
    const double variance = 0.05 * 4.5 * 4.5 / 600 / (0.25 * (2 - 0.05 * 0.25));
    CHECK_THAT(modes.bend,
               WithinRel(4.5 / 12 * 4 / std::sqrt(30) * std::sqrt(variance) / 0.25, 1e-9));
}

TEST_CASE("one winner's modes are its closed form's", "[compare][oracle]") {
    const std::size_t experts = 5, tokens = 64;
    const auto state = exact::branch_states({experts, 1}, 4.2).back();
    const double a = state.loads[0], c = state.loads[1];
    auto at = make_problem("softmax", {.experts = experts});
    at.set("feedback", 4.2);
    std::vector<double> scores(experts, 4.2 * c);
    scores[0] = 4.2 * a;

    const auto modes = modes_about(at, scores, std::vector<std::size_t>{1, 4}, {0.05, tokens, 1});

    std::vector<double> rates;
    for (const auto& mode : modes.modes) {
        rates.push_back(mode.rate);
        CHECK_THAT(mode.variance * 64, WithinRel((1 - mode.rate) / 4.2, 1e-10));  // J/(beta k T)
    }
    std::sort(rates.begin(), rates.end());
    std::vector<double> want{-state.between, -state.among_others, -state.among_others,
                             -state.among_others};
    std::sort(want.begin(), want.end());
    for (std::size_t i = 0; i < 4; ++i) CHECK_THAT(rates[i], WithinAbs(want[i], 1e-9));
    double sum = 0;
    for (const double shift : modes.shift) sum += shift;
    CHECK_THAT(sum, WithinAbs(0, 1e-15));
    CHECK(modes.shift[0] < 0);  // noise takes from the winner
}

TEST_CASE("the covariance of sets is that of their indicators", "[compare][oracle]") {
    // exact-k at equal scores: Cov(z) has the eigenvalue k(N - k)/(N(N - 1)) (docs/theory.md
    // section 4), and loads are z/k
    auto at = make_problem("exact-k", {.experts = 7, .top_k = 3});
    at.set("feedback", 2);
    at.set("beta", 1.5);

    const auto modes = modes_about(at, std::vector<double>(7, 2.0 / 7), std::vector<std::size_t>{7},
                                   {0.05, 50, 3});

    for (const auto& mode : modes.modes)
        CHECK_THAT(mode.variance, WithinRel(3.0 * 4 / (7 * 6) / 9 / 50, 1e-9));
}

TEST_CASE("a state that does not attract has no modes", "[compare][error]") {
    auto at = make_problem("softmax", {.experts = 4});
    at.set("feedback", 4.1);
    CHECK_THROWS_AS(modes_about(at, std::vector<double>(4, 4.1 / 4), std::vector<std::size_t>{4},
                                {0.05, 64, 1}),
                    invalid_argument);
}
