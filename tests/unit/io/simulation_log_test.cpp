// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/io/simulation_log.hpp>
#include <moebius/train/dithered_tokens.hpp>
#include <numeric>
#include <string>
#include <vector>

using namespace moebius;

namespace {

constexpr std::size_t tokens = 64;

simulate_options options_of(std::size_t replicas) {
    simulate_options out;
    out.loop = {tokens, noise_law::gumbel, 7};
    out.replicas = replicas;
    out.burn_in = 5;
    out.steps = 40;
    return out;
}

}  // namespace

TEST_CASE("probes of a simulation are those of the batches that were routed", "[io]") {
    // two kinds of tokens, of which nearly each goes to its own expert: the products then say
    // which were drawn, batch by batch
    const auto source = stored_tokens({8, 0, 0, 8}, 2);
    const auto options = options_of(3);
    const auto measured = simulate(source, {}, options);
    const auto probes = probes_of(measured, *source, 1, options.loop, {0, true});
    CHECK(probes.dither.empty());
    REQUIRE(probes.moments.size() == 39 * 3 * 4);
    double scatter = 0;
    for (std::size_t t = 1; t < 40; ++t)
        for (std::size_t r = 0; r < 3; ++r) {
            const auto* sums = &probes.moments[((t - 1) * 3 + r) * 4];
            CHECK_THAT(std::accumulate(sums, sums + 4, 0.0), WithinAbs(tokens, 1e-9));
            CHECK(sums[1] == sums[2]);
            const double load = measured.records.at("load_1")[r * 40 + t];
            // 64 choices by p(1 - p) = e^-8 or so each: .15 rms; another batch's would be 5.7 off
            CHECK_THAT(sums[0] + sums[1], WithinAbs(load * tokens, 2));
            scatter += std::pow(load * tokens - 32, 2) / (39 * 3);
        }
    CHECK(scatter > 8);  // 16 if kinds are drawn by halves
}

TEST_CASE("a dither moves loads and is known to the log", "[io]") {
    const auto options = options_of(2);
    const auto source = dithered_tokens(no_tokens(3), 0.5);
    feedback_rule rule;
    rule.controller = {control_law::integral, 0.1, 0};
    const auto measured = simulate(source, rule, options);
    const auto probes = probes_of(measured, *source, 1, options.loop, {0.5, true});
    REQUIRE(probes.dither.size() == 39 * 2 * 3);
    REQUIRE(probes.moments.size() == 39 * 2 * 9);
    double along = 0, squares = 0;
    for (std::size_t t = 1; t < 40; ++t)
        for (std::size_t r = 0; r < 2; ++r) {
            const std::size_t at = (t - 1) * 2 + r, row = r * 40 + t;
            std::vector<double> p(3);
            double sum = 0, mean = 0;
            for (std::size_t e = 0; e < 3; ++e) {
                const auto n = std::to_string(e + 1);
                const double d = probes.dither[at * 3 + e];
                CHECK(std::abs(d) == 0.5);
                mean += d / 3;
                sum += p[e] = std::exp(measured.records.at("score_" + n)[row - 1] +
                                       measured.records.at("control_" + n)[row - 1] + d);
            }
            for (std::size_t i = 0; i < 3; ++i) {
                for (std::size_t j = 0; j < 3; ++j)  // all tokens are alike
                    CHECK_THAT(probes.moments[at * 9 + i * 3 + j],
                               WithinRel(tokens * p[i] * p[j] / (sum * sum), 1e-9));
                const double d = probes.dither[at * 3 + i] - mean;
                along += d * measured.records.at("load_" + std::to_string(i + 1))[row];
                squares += d * d;
            }
        }
    // 1/3 per unit for small dithers; its error is .058/sqrt(squares) = .01
    CHECK_THAT(along / squares, WithinAbs(1.0 / 3, 0.04));
    CHECK_THROWS_AS(dithered_tokens(nullptr, 0.5), invalid_argument);
    CHECK_THROWS_AS(dithered_tokens(no_tokens(3), -1), invalid_argument);
}
