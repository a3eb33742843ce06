// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/exact/stepped_loop.hpp>
#include <vector>

using namespace moebius;

namespace {

/// Deviation of softmax's loads after many steps of the rule over that at the start.
double growth_of(std::size_t experts, double K, double gain, double step, int steps,
                 double leak = 0) {
    const auto n = static_cast<double>(experts);
    std::vector<double> z(experts, K / n), b(experts, 0.0), loads(experts);
    z[0] += 1e-6;
    z[1] -= 1e-6;
    double first = 0, last = 0;
    for (int t = 0; t < steps; ++t) {
        double sum = 0;
        for (std::size_t e = 0; e < experts; ++e) sum += loads[e] = std::exp(z[e] + b[e]);
        last = 0;
        for (std::size_t e = 0; e < experts; ++e) {
            loads[e] /= sum;
            last = std::max(last, std::abs(loads[e] - 1 / n));
            z[e] += step * (K * loads[e] - z[e]);
            b[e] -= step * (gain * (loads[e] - 1 / n) + leak * b[e]);
        }
        // a complex pair turns: the largest deviation of some steps is its size
        if (t < steps / 2) first = std::max(first, t > steps / 4 ? last : 0);
    }
    return last / first;
}

}  // namespace

TEST_CASE("a loop in steps loses equal loads where its multipliers have size 1", "[exact]") {
    const double forget = GENERATE(0.02, 0.2, 0.5), answer = GENERATE(0.0, 0.1, 1.5, 2.5),
                 leak = GENERATE(0.0, 0.05, 0.6, 1.0);
    const exact::stepped_loop loop{forget, answer, leak};
    const auto [flip, loss, swings] = exact::stable_between(loop);
    const auto size = [&](double gain) { return std::abs(exact::multipliers(loop, gain)[0]); };
    CAPTURE(forget, answer, leak, flip, loss);
    if (flip >= loss) return;
    CHECK_THAT(size(loss), WithinRel(1.0, 1e-12));
    CHECK((std::abs(exact::multipliers(loop, loss)[0].imag()) > 1e-6) == swings);
    CHECK_THAT(exact::answers_between(loop, loss).loss, WithinAbs(answer, 1e-12));
    CHECK_THAT(exact::answers_between(loop, flip).flip, WithinAbs(answer, 1e-12));
    if (answer + leak > 0)  // without a controller its score stays as it is: a multiplier of 1
        CHECK(size(std::max(flip, 0.0) / 2 + loss / 2) < 1);
    CHECK(size(loss + 0.1) > 1);
    if (!(flip > 0)) return;
    CHECK_THAT(exact::multipliers(loop, flip)[0].real(), WithinRel(-1.0, 1e-12));
    CHECK(size(flip - 0.1) > 1);
}

TEST_CASE("loops of softmax in steps grow and decay on either side", "[exact][oracle]") {
    // N = 8, gain 40: of step .5 equal loads are stable from K = 6 to 28, and not to 48
    const exact::stepped_loop coarse{0.5, 0.5 * 40 / 8}, fine{0.05, 0.05 * 40 / 8};
    CHECK_THAT(8 * exact::stable_between(coarse).flip, WithinRel(6.0, 1e-12));
    CHECK_THAT(8 * exact::stable_between(coarse).loss, WithinRel(28.0, 1e-12));
    CHECK(growth_of(8, 5.9, 40, 0.5, 400) > 1.5);
    CHECK(growth_of(8, 6.1, 40, 0.5, 400) < 0.7);
    CHECK(growth_of(8, 27.5, 40, 0.5, 400) < 0.7);
    CHECK(growth_of(8, 28.5, 40, 0.5, 400) > 1.5);
    const double loss = 8 * exact::stable_between(fine).loss;  // 46, of the flow 48
    CHECK_THAT(loss, WithinRel(46.0, 1e-12));
    CHECK(growth_of(8, loss - 1, 40, 0.05, 2000) < 0.7);
    CHECK(growth_of(8, loss + 1, 40, 0.05, 2000) > 1.5);
    // a leak of .2: they swing from 47.7 on; of 2: they grow from 28 on
    const double swing = 8 * exact::stable_between({0.05, 0.25, 0.01}).loss;
    CHECK_THAT(swing, WithinRel(8 * (1 - 0.95 * 0.74) / (0.05 * 0.99), 1e-12));
    CHECK(growth_of(8, swing - 1, 40, 0.05, 2000, 0.2) < 0.7);
    CHECK(growth_of(8, swing + 1, 40, 0.05, 2000, 0.2) > 1.5);
    CHECK_THAT(8 * exact::stable_between({0.05, 0.25, 0.1}).loss, WithinRel(28.0, 1e-12));
    CHECK(growth_of(8, 27, 40, 0.05, 2000, 2) < 0.7);
    CHECK(growth_of(8, 29, 40, 0.05, 2000, 2) > 1.5);
}

TEST_CASE("small steps have the Hopf point of the flow", "[exact]") {
    const double gamma = 4, experts = 8;
    double before = 1;
    for (const double forget : {0.1, 0.01, 0.001}) {
        const exact::stepped_loop loop{forget, forget * gamma / experts};
        const double off = 1 + gamma / experts - exact::stable_between(loop).loss;
        CHECK_THAT(off, WithinAbs(forget * gamma / experts, 1e-12));
        CHECK(off < before);
        before = off;
    }
    CHECK_THROWS_AS(exact::stable_between({1, 0.1}), invalid_argument);
    CHECK_THROWS_AS(exact::multipliers({0.1, -1}, 0.5), invalid_argument);
    CHECK_THROWS_AS(exact::multipliers({0.1, 1, 1.1}, 0.5), invalid_argument);
}
