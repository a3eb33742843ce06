// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>
#include <moebius/router/load_response.hpp>
#include <moebius/router/subset_law.hpp>
#include <numeric>
#include <utility>
#include <vector>

#include "route_checks.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::dot;
using test::marks;
using test::row;

double cosine(const row& a, const row& b) { return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b)); }

/// Running mean and spread of vectors.
struct moments {
    explicit moments(row exact_) : exact(std::move(exact_)), sum(exact.size()), squares(sum) {}

    void add(const row& g) {
        for (std::size_t i = 0; i < g.size(); ++i) {
            sum[i] += g[i];
            squares[i] += g[i] * g[i];
        }
        cosines += cosine(g, exact);
        ++count;
    }
    [[nodiscard]] row mean() const {
        row out = sum;
        for (double& value : out) value /= count;
        return out;
    }
    /// Trace of the covariance matrix of one draw.
    [[nodiscard]] double variance() const {
        double out = 0;
        for (std::size_t i = 0; i < sum.size(); ++i) out += variance_of(i);
        return out;
    }
    [[nodiscard]] double variance_of(std::size_t i) const {
        return squares[i] / count - sum[i] * sum[i] / (count * count);
    }

    row exact, sum, squares;
    double cosines = 0, count = 0;
};

}  // namespace

// The synthetic test of SIMPLE (Ahmed et al., ICLR 2023; docs/routers.md section 2.6): logits of 10
// choices, 5 of which are taken, and a loss sum (z_i - b_i)^2 whose expected gradient is a sum over
// 252 subsets.
TEST_CASE(
    "marginal slopes point better than straight-through and vary less than the score function",
    "[subset_law][oracle]") {
    const std::size_t n = 10, k = 5;
    const std::uint64_t seed = GENERATE(range<std::uint64_t>(1, 11));
    const auto r = random_values(n, 1, 100 + seed), b = random_values(n, 1, 200 + seed);
    const auto loss_slope = [&](const marks& z) {
        row out;
        for (std::size_t i = 0; i < n; ++i) out.push_back(2 * (z[i] - b[i]));
        return out;
    };
    const auto loss = [&](const marks& z) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += (z[i] - b[i]) * (z[i] - b[i]);
        return sum;
    };
    const subset_law law(r, k, k);
    const auto m = law.marginals();
    const auto score = [&](const marks& z) {  // of log P(S), times the loss
        row out;
        for (std::size_t i = 0; i < n; ++i) out.push_back(loss(z) * (z[i] - m[i]));
        return out;
    };
    row exact(n);
    for (unsigned subset = 0; subset < 1U << n; ++subset) {
        if (std::popcount(subset) != k) continue;
        marks z(n);
        double log_share = -law.log_normaliser();
        for (std::size_t i = 0; i < n; ++i)
            if (subset >> i & 1) log_share += r[i], z[i] = 1;
        const auto part = score(z);
        for (std::size_t i = 0; i < n; ++i) exact[i] += std::exp(log_share) * part[i];
    }

    moments simple(exact), straight_through(exact), score_function(exact);
    marks z(n);
    row u(12);
    for (std::uint32_t draw = 0; draw < 10'000; ++draw) {
        for (std::uint32_t e = 0; e < 12; ++e)
            u[e] = uniform(random_words(seed, block(random_stream::subset, e / 4), 0, draw)[e % 4]);
        law.sample(u[n], std::span(u).first(n), z);
        simple.add(law.backward(loss_slope(z)));
        straight_through.add(loss_slope(z));
        score_function.add(score(z));
    }

    CAPTURE(seed, simple.cosines / simple.count, straight_through.cosines / simple.count,
            score_function.cosines / simple.count);
    CAPTURE(cosine(simple.mean(), exact), cosine(straight_through.mean(), exact),
            cosine(score_function.mean(), exact));
    CAPTURE(simple.variance(), straight_through.variance(), score_function.variance());
    CAPTURE(dot(exact, exact));
    CHECK(simple.cosines > straight_through.cosines);
    CHECK(simple.cosines > score_function.cosines);
    CHECK(cosine(simple.mean(), exact) > cosine(straight_through.mean(), exact));
    CHECK(simple.variance() < score_function.variance());
    for (std::size_t i = 0; i < n; ++i)  // unbiased
        CHECK(std::abs(score_function.mean()[i] - exact[i]) <
              4 * std::sqrt(score_function.variance_of(i) / score_function.count));
}

TEST_CASE("slopes of pairs are diagonal plus low rank, however far apart the scores are",
          "[load_response][oracle]") {
    grouping uneven{{{0}, {1, 2}, {3}, {4, 5, 6}, {7}}};
    const auto of =
        GENERATE_COPY(exact_k_loads(5, 2), exact_k_loads(8, 2)->regrouped(std::move(uneven)));
    const row scores =
        GENERATE(row{0.3, -0.2, 0.1, 0, 0.4}, row{40, 0.2, 0.1, -0.3, 0}, row{0, 0.2, 90, -0.3, 88},
                 row{500, -90, 20, 19, 0.5}, row{0.1, 60, 0.3, -0.2, 0}, row{0, 0, 0, 0, 0});
    const std::size_t n = scores.size(), rank = of->rank();
    REQUIRE(rank > 0);
    row p(n), q(n), dense(n * n), by_beta(n), diagonal(n), left(n * rank), right(n * rank);
    of->slopes(scores, 0.7, p, dense, by_beta);

    of->low_rank(scores, 0.7, q, diagonal, left, right);

    const double rounding = 1e-15;  // of slopes below 1, sums of four products
    for (std::size_t h = 0; h < n; ++h) {
        CHECK_THAT(q[h], WithinRel(p[h], 1e-13));
        for (std::size_t g = 0; g < n; ++g) {
            double slope = g == h ? diagonal[g] : 0;
            for (std::size_t k = 0; k < rank; ++k) slope += left[k * n + g] * right[k * n + h];
            CHECK_THAT(slope, WithinAbs(dense[h * n + g], 4 * rounding));
        }
    }
}

TEST_CASE("shares of tokens hold where scores and logits are hundreds apart",
          "[load_response][oracle]") {
    const row logits{0, -800, -3, -900, 0, 1, 700, 2, -2};  // 3 tokens
    const row scores = GENERATE(row{-820, 0, -850}, row{0.5, 900, 100}, row{0, 0, 0});
    const double beta = GENERATE(0.5, 1.0, 3.0);
    const auto of = token_softmax_loads(logits, 3);
    row expected(3);
    for (std::size_t t = 0; t < 3; ++t) {
        row z(3);
        for (std::size_t e = 0; e < 3; ++e) z[e] = beta * (logits[3 * t + e] + scores[e]);
        for (std::size_t e = 0; e < 3; ++e) {
            double inverse = 0;
            for (std::size_t f = 0; f < 3; ++f) inverse += std::exp(z[f] - z[e]);
            expected[e] += 1 / (3 * inverse);
        }
    }

    row p(3);
    of->loads(scores, beta, p);

    for (std::size_t e = 0; e < 3; ++e)
        CHECK_THAT(p[e], WithinAbs(expected[e], 1e-300) || WithinRel(expected[e], 1e-11));
}
