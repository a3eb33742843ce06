// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>
#include <moebius/router/subset_law.hpp>
#include <numeric>
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
