// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <functional>
#include <moebius/diagnose/step_choices.hpp>
#include <string>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

namespace {

using writing = std::function<double(double count, double tokens)>;

double rounded(double value, int decimals) {
    const double scale = std::pow(10, decimals);
    return std::round(value * scale) / scale;
}

/// Of 8 experts, the first at a higher score, each load as it is written.
step_choices of(std::size_t tokens, const writing& written, int steps = 300) {
    std::mt19937_64 random(tokens);
    step_choices out;
    for (int t = 0; t < steps; ++t) {
        auto loads = drawn({1, 0, 0, 0, 0, 0, 0, -1}, tokens, random);
        for (double& load : loads) load = written(load, static_cast<double>(tokens));
        out.take(loads, std::accumulate(loads.begin(), loads.end(), 0.0));
    }
    return out;
}

}  // namespace

TEST_CASE("choices of a step are the same of counts, shares and what is rounded", "[diagnose]") {
    struct kind {
        std::string name;
        writing written;
        bool guessed = true;
    };
    const auto kinds = std::vector<kind>{
        {"counts", [](double count, double) { return count; }, false},
        {"doubled", [](double count, double) { return 2 * count; }, false},
        {"shares", [](double count, double tokens) { return count / tokens; }},
        {"percents", [](double count, double tokens) { return 100 * count / tokens; }},
        {"averaged", [](double count, double) { return count / 3; }},
        {"single",
         [](double count, double tokens) {
             return static_cast<double>(static_cast<float>(count / tokens));
         }},
        {"decimals", [](double count, double tokens) { return rounded(count / tokens, 4); }},
        {"decimals of percents",
         [](double count, double tokens) { return rounded(100 * count / tokens, 2); }},
    };
    // shares of 1,000 are decimals and not rounded; of 4,096 rounding is .2 of a choice
    const auto tokens = GENERATE(as<std::size_t>{}, 96, 1000, 1024, 4096);
    for (const auto& one : kinds) {
        CAPTURE(tokens, one.name);
        const auto got = of(tokens, one.written);
        CHECK(got.now() == static_cast<double>(tokens));
        CHECK(got.guessed() == one.guessed);
    }
}

TEST_CASE("choices that loads do not tell are not guessed", "[diagnose]") {
    const auto coarse = [](double count, double tokens) { return rounded(count / tokens, 4); };
    CHECK(of(16384, coarse).now() == 0);  // a digit is more than a choice
    const auto weighted = [](double count, double tokens) { return std::sqrt(count / tokens); };
    CHECK(of(1024, weighted).now() == 0);
    const auto filled = [](double count, double) { return 16 * std::ceil(count / 16); };
    CHECK(of(1024, filled).padded());
    CHECK(of(1024, filled).now() == 0);
    const auto few = of(
        1024, [](double count, double tokens) { return count / tokens; }, 20);
    CHECK(few.now() == 0);
}

TEST_CASE("a mean over the steps so far is not one of many choices", "[diagnose]") {
    std::mt19937_64 random(1);
    step_choices choices;
    std::vector<double> sums(8);
    for (int t = 1; t <= 300; ++t) {
        const auto loads = drawn({1, 0, 0, 0, 0, 0, 0, -1}, 256, random);
        auto mean = loads;
        for (std::size_t e = 0; e < 8; ++e) {
            sums[e] += loads[e];
            mean[e] = sums[e] / std::min(t, 10);
            if (t >= 10) sums[e] -= mean[e];
        }
        choices.take(mean, std::accumulate(mean.begin(), mean.end(), 0.0));
    }
    CHECK(choices.now() == 0);
}

TEST_CASE("choices of shares are looked for anew where they change", "[diagnose]") {
    std::mt19937_64 random(1);
    step_choices choices;
    for (const std::size_t tokens : {512U, 768U}) {
        for (int t = 0; t < 200; ++t) {
            const auto shares = shares_of(drawn({0, 0, 0, 0}, tokens, random));
            choices.take(shares, 1);
        }
        CHECK(choices.now() == static_cast<double>(tokens));
    }
}
