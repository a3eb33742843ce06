// SPDX-License-Identifier: MIT
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/router/mixed_loads.hpp>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

const std::vector<double> uneven{0.1, 0.2, 0.3, 0.4};
const std::vector<double> even(4, 0.25);
const std::vector<double> mixed_scores{0.3, -0.2, 0.9, 0.1};
constexpr double mixed_beta = 1.7,
                 mixed_step = 1e-5;  // differences: truncation and rounding about 1e-10

std::vector<double> loads_at(const load_response& response, const std::vector<double>& s,
                             double at = mixed_beta) {
    std::vector<double> p(response.groups().size());
    response.loads(s, at, p);
    return p;
}

std::shared_ptr<const load_response> token_mix(double share) {
    return mixed_loads(token_softmax_loads({0, 1, 2, -1, 0.5, 0, -0.3, 0.2}, 4), share, uneven);
}

}  // namespace

TEST_CASE("mixed loads lie between base and constant", "[mixed_loads][oracle]") {
    const double share = GENERATE(0.0, 0.3, 1.0);
    const auto base = softmax_loads(4);

    const auto p = loads_at(*mixed_loads(base, share, uneven), mixed_scores);

    const auto plain = loads_at(*base, mixed_scores);
    for (std::size_t e = 0; e < 4; ++e)
        CHECK_THAT(p[e], WithinAbs((1 - share) * plain[e] + share * uneven[e], 1e-16));
}

TEST_CASE("the slopes of mixed loads are their derivatives", "[mixed_loads][oracle]") {
    const auto mix = GENERATE(mixed_loads(softmax_loads(4), 0.3, uneven), token_mix(0.3));
    std::vector<double> p(4), by_score(16), by_beta(4);

    mix->slopes(mixed_scores, mixed_beta, p, by_score, by_beta);

    CHECK(p == loads_at(*mix, mixed_scores));
    for (std::size_t f = 0; f < 4; ++f) {
        auto up = mixed_scores, down = mixed_scores;
        up[f] += mixed_step;
        down[f] -= mixed_step;
        const auto above = loads_at(*mix, up), below = loads_at(*mix, down);
        for (std::size_t e = 0; e < 4; ++e)
            CHECK_THAT(by_score[4 * f + e],
                       WithinAbs((above[e] - below[e]) / (2 * mixed_step), 1e-9));
    }
    const auto above = loads_at(*mix, mixed_scores, mixed_beta + mixed_step),
               below = loads_at(*mix, mixed_scores, mixed_beta - mixed_step);
    for (std::size_t e = 0; e < 4; ++e)
        CHECK_THAT(by_beta[e], WithinAbs((above[e] - below[e]) / (2 * mixed_step), 1e-9));
}

TEST_CASE("the series of mixed loads sums to their values", "[mixed_loads][oracle]") {
    const auto mix = GENERATE(mixed_loads(softmax_loads(4), 0.3, uneven), token_mix(0.3));
    const std::vector<double> v{1, -0.5, 0.2, 0.3};
    std::vector<double> c(16);
    const double t = 1e-3, q = 0.4;
    auto moved = mixed_scores;
    for (std::size_t e = 0; e < 4; ++e) moved[e] += t * v[e];

    mix->along(mixed_scores, mixed_beta, v, q, c);

    const auto p = loads_at(*mix, moved, mixed_beta + t * q);
    for (std::size_t e = 0; e < 4; ++e)  // the next term is of order t^4 = 1e-12
        CHECK_THAT(c[e] + t * (c[4 + e] + t * (c[8 + e] + t * c[12 + e])), WithinAbs(p[e], 1e-11));
}

TEST_CASE("the low-rank form and the curvature are those of the slopes", "[mixed_loads][oracle]") {
    const auto mix = mixed_loads(softmax_loads(4), 0.3, uneven);
    REQUIRE(mix->rank() == 1);
    std::vector<double> p(4), by_score(16), by_beta(4), q(4), diagonal(4), left(4), right(4);
    const std::vector<double> w{1, 2, -1, 0.5}, v{0.3, -1, 0.7, 2};
    const auto bilinear = [&](const std::vector<double>& s, double at) {
        mix->slopes(s, at, p, by_score, by_beta);
        double sum = 0;
        for (std::size_t i = 0; i < 16; ++i) sum += w[i % 4] * by_score[i] * v[i / 4];
        return sum;
    };
    std::vector<double> gradient(4);
    double by_b = 0;

    mix->low_rank(mixed_scores, mixed_beta, q, diagonal, left, right);
    REQUIRE(mix->curvature(mixed_scores, mixed_beta, w, v, gradient, by_b));

    (void)bilinear(mixed_scores, mixed_beta);
    CHECK(q == p);
    for (std::size_t i = 0; i < 16; ++i)
        CHECK_THAT(left[i % 4] * right[i / 4] + (i % 4 == i / 4 ? diagonal[i % 4] : 0.0),
                   WithinAbs(by_score[i], 1e-16));
    for (std::size_t e = 0; e < 4; ++e) {
        auto up = mixed_scores, down = mixed_scores;
        up[e] += mixed_step;
        down[e] -= mixed_step;
        CHECK_THAT(gradient[e], WithinAbs((bilinear(up, mixed_beta) - bilinear(down, mixed_beta)) /
                                              (2 * mixed_step),
                                          1e-9));
    }
    CHECK_THAT(by_b, WithinAbs((bilinear(mixed_scores, mixed_beta + mixed_step) -
                                bilinear(mixed_scores, mixed_beta - mixed_step)) /
                                   (2 * mixed_step),
                               1e-9));
}

TEST_CASE("mixed loads forward what their base does not know", "[mixed_loads]") {
    const auto mix = token_mix(0.3);
    double unused[4], by_beta;

    CHECK(mix->rank() == 0);
    CHECK_FALSE(
        mix->curvature(mixed_scores, mixed_beta, mixed_scores, mixed_scores, unused, by_beta));
    CHECK(mix->regrouped(one_group(4)) == nullptr);
    CHECK(mix->name() == "mixed-token-softmax");
    CHECK(mixed_loads(softmax_loads(4), 0.25, even)->formula() ==
          "0.75 (exp(beta s_e) / sum_f exp(beta s_f)) + 0.25 c_e");
}

TEST_CASE("mixed loads regroup where the constant agrees within the groups",
          "[mixed_loads][oracle]") {
    const auto mix = mixed_loads(softmax_loads(4), 0.3, {0.1, 0.3, 0.3, 0.3});
    const auto groups = split(one_group(4), 0, 1);

    const auto grouped = mix->regrouped(groups);

    REQUIRE(grouped);
    const auto p = loads_at(*grouped, {0.5, -0.2});
    const auto all = loads_at(*mix, {0.5, -0.2, -0.2, -0.2});
    CHECK_THAT(p[0], WithinAbs(all[0], 1e-16));
    CHECK_THAT(p[1], WithinAbs(all[3], 1e-16));
    std::vector<double> q(4), slope(16), by_beta(4);
    const std::vector<double> alike{0.5, -0.2, -0.2, -0.2};
    mix->slopes(alike, mixed_beta, q, slope, by_beta);
    const double s[]{0.5, -0.2};
    CHECK_THAT(grouped->within(s, mixed_beta, 1), WithinAbs(slope[5] - slope[6], 1e-15));
    CHECK(mix->regrouped(one_group(4)) == nullptr);
}

TEST_CASE("mixed_loads says what does not fit", "[mixed_loads][error]") {
    const auto base = softmax_loads(4);

    CHECK_THROWS_WITH(mixed_loads(nullptr, 0.1, even),
                      "mixed_loads: no base came, but a response is needed");
    CHECK_THROWS_WITH(mixed_loads(base, -0.1, even),
                      "mixed_loads: share is -0.1, but it must be in [0, 1]");
    CHECK_THROWS_WITH(mixed_loads(base, 0.1, {1}),
                      "mixed_loads: 1 constant loads came, but the 4 experts need one each");
    CHECK_THROWS_WITH(mixed_loads(base, 0.1, {2, 0, 0, -1}),
                      "mixed_loads: a constant load is 2, but it must be in [0, 1]");
    CHECK_THROWS_WITH(mixed_loads(base, 0.1, {0.5, 0, 0, 0}),
                      "mixed_loads: the constant loads sum to 0.5, but they must sum to 1");
    CHECK_THROWS_WITH(
        mixed_loads(base->regrouped(one_group(4)), 0.1, uneven),
        "mixed_loads: constant loads differ within a group of the base, but they must agree there");
}
