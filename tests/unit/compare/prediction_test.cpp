// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/compare/prediction.hpp>

#include "catch.hpp"

using namespace moebius;

namespace {

/// Enough for schedules and folds; ensembles of two members.
validate_options brief_prediction() {
    return {.levels = 8, .ramp = 200, .settle = 10, .average = 20, .members = 2};
}

/// Two clumps of tokens, one larger than the other.
margin_law two_clumps() { return {{{-1, 0.45, 0}, {1.2, 0.55, 0}}, noise_law::gumbel}; }

}  // namespace

TEST_CASE("the prediction for tokens without margins is the two-expert model's",
          "[compare][oracle]") {
    const double beta = GENERATE(1.0, 8.0), decay = GENERATE(1.0, 3.0);
    // of feedback in mu and of bias in eta (docs/theory.md section 2)
    const double unit = 2 * decay / beta;

    const auto p = predict(law_of_margins(std::vector{0.0}, noise_law::gumbel), beta, decay,
                           brief_prediction());

    REQUIRE(p.cusps.size() == 1);
    CHECK(p.cusps[0].located);
    CHECK_THAT(p.cusps[0].exact.fold.feedback, WithinRel(unit, 1e-12));
    CHECK_THAT(p.cusps[0].exact.fold.bias, WithinAbs(0.0, 1e-12 * unit));
    REQUIRE(p.sweeps.size() == 6);
    // docs/theory.md section 2: mu = 1.5, 2
    const double half_width[2] = {0.207546455322, 0.532839975354};
    for (std::size_t s = 2; s < 6; ++s) {
        const auto& sweep = p.sweeps[s];
        const double side = s % 2 == 0 ? 1 : -1;  // up, down
        CAPTURE(sweep.name);
        REQUIRE(sweep.jumps.size() == 1);
        const auto& jump = sweep.jumps[0];
        CHECK_THAT(jump.fold,
                   WithinAbs(side * unit * half_width[s / 2 - 1], 1e-11 * unit));  // digits
        CHECK(jump.level.direction == side);
        CHECK_THAT(jump.level.level, WithinAbs(-jump.fold_x, 1e-6 / beta));  // m is odd
        // the delay of the normal form is the first of a series in rate^(1/3) = 0.1 to 0.2
        CHECK_THAT(jump.noiseless - jump.fold, WithinRel(jump.delay, 0.2));
        CHECK(jump.ensemble.count == 2);
    }
}

TEST_CASE("holds keep away from folds and know all stable states", "[compare][property]") {
    const auto p = predict(two_clumps(), 4, 1, brief_prediction());

    for (const auto& sweep : p.sweeps) {
        CAPTURE(sweep.name);
        CHECK(sweep.holds.size() == sweep.plan.plateaus());
        const double spacing = std::abs(sweep.plan.legs.back().to - sweep.plan.from) / 7;
        for (const auto& hold : sweep.holds) {
            for (const auto& jump : sweep.jumps) CHECK(std::abs(hold.value - jump.fold) >= spacing);
            CHECK(hold.stable.size() >= 1);
            for (const auto& state : hold.stable) CHECK(state.noise.rate > 0);
        }
    }
    // two clumps four units of 1/beta apart: a cusp for each, and one of repelling states between
    REQUIRE(p.cusps.size() == 3);
    CHECK(p.cusps[p.main].exact.cubic < 0);
    for (const auto& cusp : p.cusps) CHECK(cusp.located);
}

TEST_CASE("predict names what was wrong", "[compare][error]") {
    const auto with = [](auto change) {
        auto options = brief_prediction();
        change(options);
        return predict(two_clumps(), 4, 1, options);
    };
    CHECK_THROWS_WITH(with([](auto& o) { o.tokens = 0; }),
                      "validate: tokens is 0, but it must be >= 1");
    CHECK_THROWS_WITH(with([](auto& o) { o.step = 1; }),
                      "validate: step is 1, but it must be > 0 and < 1");
    CHECK_THROWS_WITH(with([](auto& o) { o.average = std::nan(""); }),
                      "validate: average is nan, but it must be > 0 and < 1e+09");
    CHECK_THROWS_AS(predict(two_clumps(), -4, 1), invalid_argument);
    CHECK_THROWS_AS(predict({two_clumps().nodes, noise_law::none}, 4, 1), invalid_argument);
}
