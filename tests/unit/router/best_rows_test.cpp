// SPDX-License-Identifier: MIT
#include <moebius/router/best_rows.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "each_target.hpp"

using namespace moebius;

TEST_CASE("best_of_rows finds the best two and the softmax share", "[best_rows][vector][oracle]") {
    // Row r: expert 3 r has the largest logit, the one after it comes next.
    const std::size_t experts = 21, padded = 32, rows = 7;
    std::vector<float> logits(rows * padded), scores(padded, -HUGE_VALF);
    std::fill_n(scores.begin(), experts, 0.5F);
    for (std::size_t r = 0; r < rows; ++r) {
        logits[r * padded + 3 * r] = 2;
        logits[r * padded + 3 * r + 1] = 1;
    }
    // exp(2 z): 19 of exp(1), one of exp(3), one of exp(5)
    const double share = std::exp(5.0) / (19 * std::exp(1.0) + std::exp(3.0) + std::exp(5.0));

    on_each_target([&] {
        std::vector<best_of_row> found(rows);
        best_of_rows(logits.data(), 2, scores, found);
        for (std::size_t r = 0; r < rows; ++r) {
            CHECK(found[r].at == 3 * r);
            CHECK(found[r].best == 5);
            CHECK(found[r].second == 3);
            CHECK_THAT(found[r].share,
                       WithinRel(static_cast<float>(share), 2e-6F));  // 21 roundings
        }
    });
}

TEST_CASE("a row of one expert has no second, and one of equals any of them",
          "[best_rows][vector]") {
    std::vector<float> scores(logit_padding, -HUGE_VALF), logits(logit_padding, 0.0F);

    on_each_target([&] {
        best_of_row one{}, equals{};
        scores[1] = -HUGE_VALF;
        scores[0] = 1;
        best_of_rows(logits.data(), 1, scores, {&one, 1});
        CHECK((one.at == 0 && one.best == 1 && one.second == std::numeric_limits<float>::lowest()));
        CHECK_THAT(one.share, WithinRel(1.0F, 1e-6F));

        scores[1] = 1;
        best_of_rows(logits.data(), 1, scores, {&equals, 1});
        CHECK((equals.at <= 1 && equals.best == 1 && equals.second == 1));
    });
}
