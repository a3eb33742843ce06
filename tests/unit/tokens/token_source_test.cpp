// SPDX-License-Identifier: MIT
#include <algorithm>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/model/token_response.hpp>
#include <moebius/tokens/token_source.hpp>
#include <numbers>

#include "catch.hpp"
#include "each_target.hpp"

using namespace moebius;

namespace {

/// All logits of one batch.
std::vector<double> batch(const token_source& source, std::size_t tokens) {
    std::vector<random_block> words(tokens);
    std::vector<double> out(tokens * source.experts());
    random_words(4, random_stream::token, 2, 0, words);
    source.fill({4, 2}, 0, words, out);
    return out;
}

}  // namespace

TEST_CASE("a token is the same alone and in its batch", "[simulate][property]") {
    const auto source = GENERATE(no_tokens(3), stored_tokens({1, 2, 3, 4, 5, 6, 7, 8}, 2),
                                 mixture_tokens({{-1, 0.25, 0.5}, {2, 0.75, 0}}),
                                 normal_tokens(random_gate(3, 11, 1), 3));
    const auto all = batch(*source, 20);
    std::vector<double> one(source->experts());

    for (std::uint32_t t = 0; t < 20; ++t) {
        source->logits(4, 2, t, one);
        CHECK(std::equal(one.begin(), one.end(), all.data() + t * one.size()));
    }
}

TEST_CASE("stored tokens come equally often and unchanged", "[simulate][oracle]") {
    const std::size_t draws = 70'000;
    std::vector<std::size_t> seen(7);

    const auto all = batch(*stored_tokens({0, 9, 1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9}, 2), draws);

    for (std::size_t t = 0; t < draws; ++t) {
        ++seen.at(static_cast<std::size_t>(all[2 * t]));
        REQUIRE(all[2 * t + 1] == 9);
    }
    for (const auto count : seen)  // binomial: 4 standard deviations of sqrt(n p (1 - p))
        CHECK(std::abs(static_cast<double>(count) - 10'000) < 4 * std::sqrt(10'000 * 6.0 / 7));
}

TEST_CASE("a mixture's margins follow its distribution function", "[simulate][oracle]") {
    const std::vector<margin_node> nodes{{-1, 0.25, 0.5}, {0.5, 0.6, 1.5}, {3, 0.15, 0.1}};
    const std::size_t draws = 100'000;
    const auto all = batch(*mixture_tokens(nodes), draws);
    std::vector<double> margins;
    for (std::size_t t = 0; t < draws; ++t) {
        margins.push_back(all[2 * t] - all[2 * t + 1]);
        REQUIRE(all[2 * t] == -all[2 * t + 1]);
    }
    std::sort(margins.begin(), margins.end());

    double distance = 0;
    for (std::size_t i = 0; i < draws; ++i) {
        double p = 0;
        for (const auto& [center, weight, width] : nodes)
            p += weight * std::erfc((center - margins[i]) / width / std::numbers::sqrt2) / 2;
        const double below = static_cast<double>(i) / static_cast<double>(draws);
        distance = std::max(distance, std::abs(p - below));
    }

    CHECK(distance * std::sqrt(static_cast<double>(draws)) < 2.2);  // by chance once in 8000
}

TEST_CASE("point nodes of a mixture come as they are, by their weights", "[simulate][oracle]") {
    const auto all = batch(*mixture_tokens({{-1, 0.3, 0}, {1, 0.7, 0}}), 10'000);

    CHECK(std::all_of(all.begin(), all.end(), [](double l) { return std::abs(l) == 0.5; }));
    double sum = 0;
    for (std::size_t t = 0; t < 10'000; ++t) sum += all[2 * t];
    CHECK(std::abs(sum / 10'000 - 0.2) < 4 * std::sqrt(0.21 / 10'000));  // 4 standard errors
}

TEST_CASE("a wide node's law answers as the integral over its bump", "[simulate][oracle]") {
    const double beta = GENERATE(0.5, 4.0, 16.0), x = GENERATE(-0.7, 0.0, 0.3);
    const margin_node node{0.4, 1, 1.0};
    const models::token_response response(mixture_tokens({node})->law(noise_law::gumbel));
    const auto integrand = [&](double t) {
        return std::exp(-t * t / 2) / std::sqrt(2 * std::numbers::pi) *
               std::tanh(beta * (node.center + node.width * t + x) / 2);
    };

    using rule = boost::math::quadrature::gauss_kronrod<double, 61>;
    const double exact = rule::integrate(integrand, -9, 9, 15, 1e-14);

    // beta width <= 16: both quadratures are exact to the rounding of a sum of some hundred terms
    CHECK_THAT(response.mean_gap(x, beta), WithinAbs(exact, 1e-13));
}

TEST_CASE("sources tell the law of their margins", "[simulate]") {
    const auto none = no_tokens(2)->law(noise_law::gumbel);
    const auto stored = stored_tokens({1, 0, 5, 2}, 2)->law(noise_law::gaussian);
    const auto wide = mixture_tokens({{1, 0.5, 0}, {2, 0.5, 3}});

    REQUIRE(none.nodes.size() == 1);
    CHECK(none.nodes[0].center == 0);
    CHECK(none.nodes[0].weight == 1);
    REQUIRE(stored.nodes.size() == 2);
    CHECK(stored.nodes[1].center == 3);
    CHECK(stored.noise == noise_law::gaussian);
    CHECK(wide->law(noise_law::gaussian).nodes.size() == 2);
    CHECK(wide->law(noise_law::none).nodes[1].width == 3);
    CHECK(wide->law(noise_law::logistic).nodes.size() == 1 + 513);
}

TEST_CASE("token sources reject what they cannot draw from", "[simulate][error]") {
    const double infinity = std::numeric_limits<double>::infinity();

    CHECK_THROWS_WITH(no_tokens(0), "no_tokens: no experts came, but at least one is needed");
    CHECK_THROWS_WITH(stored_tokens({1, 2, 3}, 2),
                      "stored_tokens: 3 logits came for 2 experts, but at least one token with one "
                      "logit for each expert is needed");
    CHECK_THROWS_AS(stored_tokens({}, 2), invalid_argument);
    CHECK_THROWS_WITH(mixture_tokens({}),
                      "mixture_tokens: no nodes came, but at least one is needed");
    CHECK_THROWS_WITH(mixture_tokens({{0, 0.4, 1}}),
                      "mixture_tokens: the weights sum to 0.4, but they must sum to 1");
    CHECK_THROWS_AS(mixture_tokens({{0, 1, -1}}), invalid_argument);
    CHECK_THROWS_AS(mixture_tokens({{infinity, 1, 1}}), invalid_argument);
    CHECK_THROWS_AS(mixture_tokens({{0, 2, 1}, {0, -1, 1}}), invalid_argument);
    CHECK_THROWS_WITH(no_tokens(3)->law(noise_law::gumbel),
                      "token_source: a margin law of 3 experts, but margins are between two");
}

TEST_CASE("normal tokens have the margins that their law says", "[simulate][oracle]") {
    const auto source = normal_tokens({0.5F, -1, 2, 0.25F, 0.5F, 1}, 2);
    const std::size_t tokens = 40'000;
    const auto logits = batch(*source, tokens);
    double sum = 0, squares = 0;
    for (std::size_t t = 0; t < tokens; ++t) {
        const double margin = logits[2 * t] - logits[2 * t + 1];
        sum += margin;
        squares += margin * margin;
    }
    const auto law = source->law(noise_law::none);

    REQUIRE(law.nodes.size() == 1);
    CHECK(law.nodes[0].width == Approx(std::sqrt(0.0625 + 2.25 + 1)));
    const auto n = static_cast<double>(tokens);
    const double width = law.nodes[0].width;
    CHECK(std::abs(sum / n) < 4 * width / std::sqrt(n));  // four standard errors
    CHECK(std::abs(squares / n - width * width) < 4 * width * width * std::sqrt(2 / n));
}

TEST_CASE("normal tokens need a gate that fits", "[simulate][error]") {
    CHECK_THROWS_WITH(normal_tokens({1, 2, 3}, 2),
                      "normal_tokens: 3 weights came for 2 experts, but each expert needs as many, "
                      "one at least");
    CHECK_THROWS_WITH(normal_tokens({1, std::numeric_limits<float>::infinity()}, 2),
                      "normal_tokens: a weight is inf, but it must be finite");
}

TEST_CASE("normal tokens have the same bits on every processor",
          "[token_source][vector][property]") {
    const auto experts = GENERATE(as<std::size_t>{}, 1, 2, 5, 8, 67);
    const auto width = GENERATE(as<std::size_t>{}, 1, 2, 7, 8, 61, 300);
    const std::size_t tokens = 77;
    const auto source = normal_tokens(random_gate(experts, width, 3), experts);
    std::vector<random_block> words(tokens);
    std::vector<double> plain(tokens * experts), logits(tokens * experts);
    {
        const as_on processor(HWY_SCALAR);  // no vectors: feature by feature
        source->fill({5, 8}, 0xfffffff0, words, plain);
    }

    on_each_target([&] {
        source->fill({5, 8}, 0xfffffff0, words, logits);
        CHECK(logits == plain);
    });
}
