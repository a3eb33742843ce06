// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/router/load_response.hpp>
#include <utility>
#include <vector>

#include "route_checks.hpp"
#include "values.hpp"

using namespace moebius;
using test::row;

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
