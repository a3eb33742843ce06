// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/exact/subset_fold.hpp>
#include <vector>

using namespace moebius;

TEST_CASE("one choice a token folds where softmax does", "[exact][oracle]") {
    const auto n = GENERATE(as<std::size_t>{}, 3, 4, 8, 64, 256);
    const auto fold = exact::subset_fold(n, 1);
    CHECK(fold.winners == 1);
    // a minimum is found to half the digits of its place, and its value to nearly all
    CHECK_THAT(fold.K, WithinRel(exact::branch_fold({n, 1}).K, 1e-9));
}

TEST_CASE("a state of exact-k appears where iteration of its loads finds one", "[exact][oracle]") {
    // Loads by a recursion over experts that shares nothing with the sums over winners: e_j, the
    // elementary symmetric functions of the weights.
    using pair = std::pair<std::size_t, std::size_t>;
    const auto [n, k] = GENERATE(pair{6, 2}, pair{8, 3}, pair{16, 4});
    const auto loads = [n = n, k = k](const std::vector<double>& scores) {
        std::vector<double> out(n);
        const auto weight_of = [&](std::size_t without) {
            std::vector<double> e(k + 1, 0.0);
            e[0] = 1;
            for (std::size_t i = 0; i < n; ++i)
                if (i != without)
                    for (std::size_t j = k; j > 0; --j) e[j] += std::exp(scores[i]) * e[j - 1];
            return e;
        };
        const double all = weight_of(n)[k];
        for (std::size_t i = 0; i < n; ++i)
            out[i] = std::exp(scores[i]) * weight_of(i)[k - 1] / all / static_cast<double>(k);
        return out;
    };
    const auto fold = exact::subset_fold(n, k);
    CAPTURE(n, k, fold.K, fold.winners, fold.r);
    const auto stays = [&](double K) {
        // from ahead of the fold the iteration falls onto the outer state, if there is one
        std::vector<double> scores(n, 0.0);
        for (std::size_t i = 0; i < fold.winners; ++i) scores[i] = 1.5 * fold.r;
        for (int step = 0; step < 4000; ++step) {
            const auto p = loads(scores);
            double mean = 0;
            for (std::size_t i = 0; i < n; ++i) mean += K * p[i] / static_cast<double>(n);
            for (std::size_t i = 0; i < n; ++i) scores[i] = K * p[i] - mean;
        }
        return scores[0] - scores[n - 1] > fold.r / 2;
    };
    CHECK(stays(fold.K * 1.002));
    CHECK_FALSE(stays(fold.K * 0.998));
    CHECK(fold.K < exact::balanced(n, 0, k).threshold);
    CHECK_THROWS_AS(exact::subset_fold(n, n), invalid_argument);
    // with as many choices as leave out, experts and their absence are alike: pitchforks only
    CHECK(exact::subset_fold(16, 8).K == exact::balanced(16, 0, 8).threshold);
}
