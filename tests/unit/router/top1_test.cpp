// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/top1.hpp>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "route_checks.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

/// Three tokens with clearly different preferences.
std::vector<double> three_tokens(std::size_t experts) {
    std::vector<double> rows(3 * experts);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = std::sin(1.7 * static_cast<double>(i));
    return rows;
}

std::vector<double> some_scores(std::size_t experts) {
    std::vector<double> scores(experts);
    for (std::size_t e = 0; e < experts; ++e) scores[e] = 0.3 * std::cos(static_cast<double>(e));
    return scores;
}

struct setting {
    std::size_t experts;
    noise_law noise;
};

}  // namespace

TEST_CASE("top1 routes as often as its mean load says", "[top1][oracle]") {
    const auto [experts, noise] = GENERATE(
        setting{1, noise_law::gumbel}, setting{2, noise_law::gumbel},
        setting{2, noise_law::logistic}, setting{2, noise_law::gaussian},
        setting{3, noise_law::gumbel}, setting{7, noise_law::gumbel},  // 7: a second noise block
        setting{11, noise_law::gumbel});
    const auto rows = three_tokens(experts);
    const auto scores = some_scores(experts);
    const top1 router{1.5, noise};
    const std::size_t tokens = 150'000;

    const auto routed = router.route(repeated(rows, tokens / 3), scores, {.seed = 5, .step = 9});
    const auto mean = router.mean_load(rows, scores);

    for (std::size_t e = 0; e < experts; ++e) {
        CAPTURE(experts, to_string(noise), e);
        const double p = mean.load[e], n = static_cast<double>(tokens);
        const double error = std::sqrt(p * (1 - p) / n);  // an upper bound: tokens differ
        CHECK(std::abs(static_cast<double>(routed.counts[e]) / n - p) <= 4 * error);
    }
    CHECK(std::accumulate(routed.counts.begin(), routed.counts.end(), std::size_t{0}) == tokens);
}

TEST_CASE("gaussian noise on three experts gives equal loads at equal scores", "[top1][oracle]") {
    const std::size_t tokens = 150'000;

    const auto routed = top1{1, noise_law::gaussian}.route(std::vector<double>(3 * tokens),
                                                           std::vector<double>(3), {});

    const double n = static_cast<double>(tokens), error = std::sqrt(2.0 / 9 / n);
    for (const auto count : routed.counts)
        CHECK(std::abs(static_cast<double>(count) / n - 1.0 / 3) < 4 * error);
}

TEST_CASE("the mean load's jacobian is its derivative", "[top1][oracle]") {
    const auto [experts, noise] =
        GENERATE(setting{1, noise_law::gaussian}, setting{2, noise_law::gumbel},
                 setting{2, noise_law::logistic}, setting{2, noise_law::gaussian},
                 setting{5, noise_law::gumbel});
    const auto rows = three_tokens(experts);
    const top1 router{1.5, noise};
    const double h = 1e-5;  // balances truncation h^2 and rounding 1e-16/h, both about 1e-10
    const auto mean = router.mean_load(rows, some_scores(experts));

    for (std::size_t f = 0; f < experts; ++f) {
        auto up = some_scores(experts), down = up;
        up[f] += h;
        down[f] -= h;
        const auto above = router.mean_load(rows, up).load,
                   below = router.mean_load(rows, down).load;
        for (std::size_t e = 0; e < experts; ++e)
            CHECK_THAT(mean.jacobian[e * experts + f],
                       WithinAbs((above[e] - below[e]) / (2 * h), 1e-9));  // ten times the above
    }
}

TEST_CASE("the two-expert path and the general one follow one law", "[top1][property]") {
    const auto noise = GENERATE(noise_law::none, noise_law::gumbel, noise_law::gaussian);
    const std::size_t tokens = 60'000;
    const auto two = repeated(three_tokens(2), tokens / 3);
    std::vector<double> three;  // a third expert that nobody may choose
    for (std::size_t t = 0; t < two.size(); t += 2)
        three.insert(three.end(), {two[t], two[t + 1], -infinite});
    const top1 router{2, noise};

    const auto plain = router.route(two, std::vector{0.1, -0.2}, {});
    const auto masked = router.route(three, std::vector{0.1, -0.2, 5.0}, {});

    CHECK(plain.counts[0] > 0);
    CHECK(plain.counts[1] > 0);
    CHECK(masked.counts[2] == 0);
    if (noise == noise_law::none) {
        CHECK(plain.choices == masked.choices);
    } else {  // two drawings of the same choices, one from a difference of noise, one from both
        const double n = static_cast<double>(tokens);
        const double a = static_cast<double>(plain.counts[0]) / n;
        const double b = static_cast<double>(masked.counts[0]) / n;
        CHECK(std::abs(a - b) < 4 * std::sqrt(2 * a * (1 - a) / n));
    }
}

TEST_CASE("without noise the largest score wins, and the lowest expert on ties", "[top1][oracle]") {
    const top1 router{3, noise_law::none};

    CHECK(router.route(std::vector<double>{1, 2, 0, 2, 2, 1, 0, 0, 0}, std::vector<double>(3), {})
              .choices == std::vector<std::uint32_t>{1, 0, 0});
    CHECK(router.route(std::vector<double>{1, 2, 2, 1, 0, 0}, std::vector<double>(2), {}).choices ==
          std::vector<std::uint32_t>{1, 0, 0});
}

TEST_CASE("a token whose logits do not compare is counted, not routed", "[top1][property]") {
    const auto noise = GENERATE(noise_law::none, noise_law::gumbel, noise_law::gaussian);
    const auto experts = GENERATE(as<std::size_t>{}, 2, 3);
    const double rest = -1;
    std::vector<double> logits;
    for (const double first : {not_a_number, infinite, -infinite, 0.0}) {
        logits.push_back(first);
        logits.resize(logits.size() + experts - 1, first == -infinite ? -infinite : rest);
    }
    logits.push_back(-infinite);  // masked, but another expert is open
    logits.resize(logits.size() + experts - 1, rest);

    const auto routed = top1{1, noise}.route(logits, std::vector<double>(experts), {});

    CHECK(routed.unrouted == 3);
    for (const std::size_t t : {0U, 1U, 2U}) CHECK(routed.choices[t] == no_expert);
    CHECK(routed.choices[3] < experts);
    CHECK((routed.choices[4] > 0 && routed.choices[4] < experts));
}

TEST_CASE("an unrouted token adds nothing to the mean load", "[top1][oracle]") {
    const auto noise = GENERATE(noise_law::gumbel, noise_law::gaussian);

    const auto mean =
        top1{1, noise}.mean_load(std::vector{0.0, 0.0, not_a_number, 0.0}, std::vector{0.0, 0.0});

    CHECK(mean.load == std::vector{0.25, 0.25});
}

TEST_CASE("renaming the experts renames mean load and jacobian", "[top1][property]") {
    const auto rows = three_tokens(3);
    const auto scores = some_scores(3);
    auto renamed = rows;
    for (std::size_t t = 0; t < 3; ++t) std::swap(renamed[3 * t], renamed[3 * t + 2]);
    const top1 router{2};

    const auto mean = router.mean_load(rows, scores);
    const auto mirror = router.mean_load(renamed, std::vector{scores[2], scores[1], scores[0]});

    const double rounding = 1e-15;  // sums of three in another order
    for (std::size_t e = 0; e < 3; ++e) {
        CHECK_THAT(mirror.load[2 - e], WithinAbs(mean.load[e], rounding));
        for (std::size_t f = 0; f < 3; ++f)
            CHECK_THAT(mirror.jacobian[3 * (2 - e) + 2 - f],
                       WithinAbs(mean.jacobian[3 * e + f], rounding));
    }
}

TEST_CASE("huge logits neither overflow nor lose the mean load", "[top1][property]") {
    const auto noise = GENERATE(noise_law::gumbel, noise_law::gaussian);

    const auto mean = top1{10, noise}.mean_load(std::vector{1e307, -1e307, 0.0, -infinite},
                                                std::vector{0.0, 0.0});

    CHECK(mean.load == std::vector{1.0, 0.0});
    CHECK(mean.jacobian == std::vector<double>(4));
}

TEST_CASE("top1 routes an empty batch to nobody", "[top1]") {
    const auto routed = top1{}.route({}, std::vector<double>(4), {});

    CHECK(routed.choices.empty());
    CHECK(routed.counts == std::vector<std::uint64_t>(4));
    CHECK(routed.unrouted == 0);
}

TEST_CASE("top1 rejects what it cannot route", "[top1][error]") {
    const std::vector<double> two(2), three(3), bad{0, infinite};

    CHECK_THROWS_WITH(
        (top1{1, noise_law::logistic}.route(three, three, {})),
        "top1: logistic noise came with 3 experts, but it is for two: gumbel noise is "
        "the same law for any number");
    CHECK_THROWS_WITH((top1{0}.route(two, two, {})),
                      "top1: beta is 0, but it must be > 0 and finite");
    CHECK_THROWS_WITH(top1{}.route(three, two, {}),
                      "top1: 3 logits came for 2 experts, but each token needs one logit for each "
                      "expert");
    CHECK_THROWS_WITH(top1{}.route(two, bad, {}), "top1: a score is inf, but it must be finite");
    CHECK_THROWS_WITH(top1{}.route({}, {}, {}),
                      "top1: no experts came, but at least one is needed");
    CHECK_THROWS_WITH(top1{}.mean_load({}, two),
                      "top1: no tokens came, but a mean needs at least one");
    CHECK_THROWS_WITH(
        (top1{1, noise_law::gaussian}.mean_load(three, three)),
        "top1: the mean load with gaussian noise and 3 experts was asked for, but its "
        "closed form needs gumbel noise, or two experts with logistic or gaussian "
        "noise");
    CHECK_THROWS_AS((top1{1, noise_law::none}.mean_load(two, two)), invalid_argument);
}
