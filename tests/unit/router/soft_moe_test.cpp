// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/router/soft_moe.hpp>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::pattern;

soft_moe_layer some_layer(unit_law unit = unit_law::inverse_root, bool mix_units = false) {
    soft_moe_layer layer{.width = 3, .experts = 2, .slots = 2, .slot_vectors = pattern(12, 1)};
    layer.scale = 1.7;
    layer.unit = unit;
    layer.eps = 0.1;  // large enough to be seen
    layer.mix_units = mix_units;
    layer.scores = {0.3, -0.4};
    return layer;
}

/// Not linear, and another one for each expert: y = sin((e + 1) x) + x^2 of the next feature.
void bend(std::size_t e, std::span<const double> x, std::span<double> y) {
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double next = x[(i + 1) % x.size()];
        y[i] = std::sin(static_cast<double>(e + 1) * x[i]) + next * next;
    }
}
void bend_backward(std::size_t e, std::span<const double> x, std::span<const double> by_y,
                   std::span<double> by_x) {
    const double a = static_cast<double>(e + 1);
    for (std::size_t i = 0; i < x.size(); ++i) {
        by_x[i] += by_y[i] * a * std::cos(a * x[i]);
        by_x[(i + 1) % x.size()] += by_y[i] * 2 * x[(i + 1) % x.size()];
    }
}

/// Compares dL/d(numbers) with differences of L = sum of outputs times `factors`.
void check_differences(const std::vector<double>& got, std::vector<double>& numbers,
                       const soft_moe_layer& layer, const std::vector<double>& tokens,
                       const std::vector<double>& factors) {
    const double h = 1e-5;  // truncation h^2 and rounding 1e-16/h, both about 1e-10
    REQUIRE(got.size() == numbers.size());
    const auto loss = [&] {
        const auto y = soft_moe(layer, tokens, bend).output;
        return std::inner_product(y.begin(), y.end(), factors.begin(), 0.0);
    };
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double at = numbers[i];
        numbers[i] = at + h;
        const double above = loss();
        numbers[i] = at - h;
        const double below = loss();
        numbers[i] = at;
        CAPTURE(i);
        CHECK_THAT(got[i], WithinAbs((above - below) / (2 * h), 1e-7));
    }
}

}  // namespace

TEST_CASE("rows of C and columns of D sum to 1", "[soft_moe][oracle]") {
    const auto unit = GENERATE(unit_law::none, unit_law::inverse_root, unit_law::added);
    const auto tokens = GENERATE(as<std::size_t>{}, 1, 5);

    const auto pass = soft_moe(some_layer(unit), pattern(3 * tokens, 30), bend);

    for (std::size_t t = 0; t < tokens; ++t) {
        double row = 0;
        for (std::size_t j = 0; j < 4; ++j) row += pass.combine[4 * t + j];
        CHECK_THAT(row, WithinAbs(1.0, 1e-15));
    }
    for (std::size_t j = 0; j < 4; ++j) {
        double column = 0;
        for (std::size_t t = 0; t < tokens; ++t) column += pass.dispatch[4 * t + j];
        CHECK_THAT(column, WithinAbs(1.0, 1e-15));
    }
}

TEST_CASE("soft_moe is its formula, by hand", "[soft_moe][oracle]") {
    // Two tokens of width 1, two experts with slots 1 and -1: logits are +-x for no unit law.
    const soft_moe_layer layer{.width = 1,
                               .experts = 2,
                               .slots = 1,
                               .slot_vectors = {1, -1},
                               .scale = 0.5,
                               .unit = unit_law::none,
                               .scores = {0, 0.2}};
    const std::vector<double> x{2, -1};

    const auto pass = soft_moe(layer, x, [](std::size_t e, auto in, auto out) {
        out[0] = e == 0 ? in[0] : 3 * in[0] + 1;
    });

    const auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
    const double d0 = sigmoid(1.5), d1 = sigmoid(-1.5);  // of token 0: L = (1, -0.5), (-1, 0.5)
    CHECK_THAT(pass.dispatch[0], WithinAbs(d0, 1e-15));
    CHECK_THAT(pass.dispatch[1], WithinAbs(d1, 1e-15));
    CHECK_THAT(pass.combine[0], WithinAbs(sigmoid(1 - (-1 + 0.2)), 1e-15));
    CHECK_THAT(pass.combine[2], WithinAbs(sigmoid(-0.5 - (0.5 + 0.2)), 1e-15));
    const double y0 = 2 * d0 - (1 - d0), y1 = 3 * (2 * d1 - (1 - d1)) + 1;
    CHECK_THAT(pass.output[0], WithinAbs(pass.combine[0] * y0 + pass.combine[1] * y1, 1e-15));
}

TEST_CASE("units and mixtures are what their flags say", "[soft_moe][oracle]") {
    // One slot orthogonal to both tokens: D is uniform, so the slot holds the mean of what is
    // mixed.
    soft_moe_layer layer{.width = 2, .experts = 1, .slots = 1, .slot_vectors = {0, 1}};
    layer.eps = 0.25;
    const std::vector<double> x{3, 0, 1, 0};
    const auto slot = [&](unit_law unit, bool mix_units) {
        layer.unit = unit;
        layer.mix_units = mix_units;
        return soft_moe(layer, x, bend).slot_inputs[0];
    };

    CHECK(slot(unit_law::inverse_root, false) == 2);
    CHECK(slot(unit_law::none, true) == 2);
    CHECK_THAT(slot(unit_law::added, true), WithinAbs((3 / 3.25 + 1 / 1.25) / 2, 1e-15));
    CHECK_THAT(slot(unit_law::inverse_root, true),
               WithinAbs((3 / std::sqrt(9.25) + 1 / std::sqrt(1.25)) / 2, 1e-15));
}

TEST_CASE("fewer slots than features leave directions that Soft MoE cannot see",
          "[soft_moe][oracle]") {
    // docs/routers.md section 4.3: tokens (t u, -t u, 0) with u orthogonal to all slots give the
    // same for any t.
    const auto unit = GENERATE(unit_law::none, unit_law::inverse_root, unit_law::added);
    const bool mix_units = GENERATE(false, true);
    const double t = GENERATE(0.5, 3.0, 1e3);
    soft_moe_layer layer{.width = 4, .experts = 3, .slots = 1};  // n p = 3 < d = 4
    layer.slot_vectors = {1, 2, 0, 0, 0, 1, -1, 0, 3, 0, 0, 0};  // row 3, feature 3, is 0
    layer.unit = unit;
    layer.mix_units = mix_units;
    std::vector<double> tokens(12);
    const auto nothing = soft_moe(layer, tokens, bend);
    tokens[3] = t;
    tokens[7] = -t;

    const auto pass = soft_moe(layer, tokens, bend);

    CHECK(pass.output == nothing.output);
    layer.slot_vectors[11] = 0.1;  // a slot that sees the direction
    CHECK(soft_moe(layer, tokens, bend).output != nothing.output);
}

TEST_CASE("scores move the combine weights alone", "[soft_moe][property]") {
    auto layer = some_layer();
    const auto tokens = pattern(15, 2);
    const auto before = soft_moe(layer, tokens, bend);
    layer.scores = {2, -1};

    const auto after = soft_moe(layer, tokens, bend);

    for (std::size_t i = 0; i < before.dispatch.size(); ++i)
        CHECK_THAT(after.dispatch[i], WithinAbs(before.dispatch[i], 1e-15));
    // Slots 0 and 2 belong to experts 0 and 1, whose scores part by 3 instead of 0.7.
    CHECK_THAT(after.combine[0] / after.combine[2],
               WithinRel(std::exp(2.3) * before.combine[0] / before.combine[2], 1e-13));
}

TEST_CASE("soft_moe_backward is the derivative in tokens, slots, scale and scores",
          "[soft_moe][oracle]") {
    const auto unit = GENERATE(unit_law::none, unit_law::inverse_root, unit_law::added);
    const bool mix_units = GENERATE(false, true);
    auto layer = some_layer(unit, mix_units);
    auto tokens = pattern(15, 1.3);
    const auto factors = pattern(15, 0.8);

    const auto got =
        soft_moe_backward(layer, tokens, soft_moe(layer, tokens, bend), factors, bend_backward);

    check_differences(got.by_tokens, tokens, layer, tokens, factors);
    check_differences(got.by_slot_vectors, layer.slot_vectors, layer, tokens, factors);
    check_differences(got.by_scores, layer.scores, layer, tokens, factors);
    const double h = 1e-5;
    const auto loss = [&](double scale) {
        layer.scale = scale;
        const auto y = soft_moe(layer, tokens, bend).output;
        return std::inner_product(y.begin(), y.end(), factors.begin(), 0.0);
    };
    CHECK_THAT(got.by_scale, WithinAbs((loss(1.7 + h) - loss(1.7 - h)) / (2 * h), 1e-7));
    CHECK(std::abs(got.by_scale) > 1e-3);
}

TEST_CASE("a zero token has a gradient, too", "[soft_moe][property]") {
    const auto unit = GENERATE(unit_law::none, unit_law::inverse_root, unit_law::added);
    const auto layer = some_layer(unit);
    auto tokens = pattern(9, 1);
    std::fill(tokens.begin() + 3, tokens.begin() + 6, 0.0);
    const auto factors = pattern(9, 0.8);

    const auto got =
        soft_moe_backward(layer, tokens, soft_moe(layer, tokens, bend), factors, bend_backward);

    for (const double slope : got.by_tokens) CHECK(std::isfinite(slope));
    // |x| has a kink at 0, whose slopes cancel: differences are central, with an error of order h
    if (unit != unit_law::added) check_differences(got.by_tokens, tokens, layer, tokens, factors);
}

TEST_CASE("a token that is not finite is left out and changes no other", "[soft_moe][property]") {
    const auto layer = some_layer();
    auto tokens = pattern(9, 1);
    const auto plain = soft_moe(layer, tokens, bend);
    tokens.insert(tokens.begin() + 3, {1, not_a_number, 2});

    const std::vector<double> by_output{1, 1, 1, not_a_number, 1, 1, 1, 1, 1, 1, 1, 1};

    const auto mixed = soft_moe(layer, tokens, bend);
    const auto back = soft_moe_backward(layer, tokens, mixed, by_output, bend_backward);

    CHECK(mixed.slot_inputs == plain.slot_inputs);
    for (std::size_t i = 3; i < 6; ++i) {
        CHECK(mixed.output[i] == 0);
        CHECK(back.by_tokens[i] == 0);
    }
    auto rest = mixed.output;
    rest.erase(rest.begin() + 3, rest.begin() + 6);
    CHECK(rest == plain.output);
    for (const double slope : back.by_slot_vectors) CHECK(std::isfinite(slope));
}

TEST_CASE("no tokens come to slots of zeros and no output", "[soft_moe]") {
    const auto pass = soft_moe(some_layer(), {}, bend);

    CHECK(pass.output.empty());
    CHECK(pass.slot_inputs == std::vector<double>(12));
    const auto back = soft_moe_backward(some_layer(), {}, pass, {}, bend_backward);
    CHECK(back.by_slot_vectors == std::vector<double>(12));
}

TEST_CASE("soft_moe says what does not fit", "[soft_moe][error]") {
    auto layer = some_layer();
    const auto throws = [&](const char* sentence) {
        CHECK_THROWS_WITH(soft_moe(layer, std::vector<double>(3), bend), sentence);
        layer = some_layer();
    };

    layer.experts = 0;
    throws("soft_moe: width is 3, experts 0 and slots 2, but all must be >= 1");
    layer.slot_vectors.resize(5);
    throws("soft_moe: 5 numbers came for slot vectors, but 4 slots of width 3 are needed");
    layer.eps = 0;
    throws("soft_moe: eps is 0, but it must be > 0");
    layer.scale = not_a_number;
    throws("soft_moe: scale is nan, but it must be finite");
    layer.scores = {1};
    throws("soft_moe: 1 scores came, but the 2 experts need one each, or none");
    layer.scores = {1, not_a_number};
    throws("soft_moe: a score is nan, but it must be finite");
    layer.slot_vectors[2] = not_a_number;
    throws("soft_moe: a slot vector holds nan, but all must be finite");
    CHECK_THROWS_WITH(soft_moe(layer, std::vector<double>(4), bend),
                      "soft_moe: 4 numbers came for tokens of width 3, but each token needs one a "
                      "feature");
    const std::vector<double> three(3), four(4);
    CHECK_THROWS_WITH(
        soft_moe_backward(layer, three, soft_moe(layer, three, bend), four, bend_backward),
        "soft_moe_backward: 4 derivatives and a pass of 4 weights came for 3 numbers of tokens, "
        "but they must be of the same tokens");
}
