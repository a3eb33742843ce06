// SPDX-License-Identifier: MIT
// Loads that are unequal, jump or collapse: what is said of them whatever the loop.
#include <catch.hpp>
#include <cmath>
#include <moebius/diagnose/margin.hpp>
#include <string>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

TEST_CASE("one expert with more than half is not called safe", "[diagnose]") {
    log_head head;
    head.experts = 8;
    int told = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        std::mt19937_64 random(seed);
        std::vector<std::vector<double>> counts;
        for (int t = 0; t < 1000; ++t)
            counts.push_back(drawn({std::log(0.72 * 7 / 0.28), 0, 0, 0, 0, 0, 0, 0}, 512, random));
        const auto got = diagnosis_of(head, counts);
        CAPTURE(got.reason);
        CHECK(got.verdict != load_verdict::safe);
        told += got.reason.find("of all choices") != std::string::npos ? 1 : 0;
    }
    CHECK(told > 0);
}

TEST_CASE("one expert with many times its even share is not called safe", "[diagnose]") {
    struct part {
        std::size_t experts;
        double share;
    };
    const auto [experts, share] =
        GENERATE(part{16, 0.45}, part{64, 0.45}, part{64, 0.15}, part{256, 0.3});
    std::mt19937_64 random(experts);
    std::vector<double> scores(experts, 0.0);
    scores[0] = std::log(share * static_cast<double>(experts - 1) / (1 - share));
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 400; ++t) counts.push_back(drawn(scores, 2048, random));
    log_head head;
    head.experts = experts;
    const auto got = diagnosis_of(head, counts);
    CAPTURE(experts, share, got.reason);
    CHECK(got.verdict == load_verdict::drifting);
    CHECK(got.reason.find("times an even share") != std::string::npos);
    CHECK(got.margins.empty());
    CHECK(notes_hold(got, "cannot tell a margin: "));
}

TEST_CASE("of three choices of eight half as many more than the mean are no lead", "[diagnose]") {
    std::mt19937_64 random(5);
    log_head head;
    head.experts = 8;
    head.top_k = 3;
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 600; ++t)
        counts.push_back(drawn({std::log(0.2 * 7 / 0.8), 0, 0, 0, 0, 0, 0, 0}, 3072, random));
    const auto got = diagnosis_of(head, counts);
    CAPTURE(got.reason);
    CHECK(got.verdict == load_verdict::safe);
    CHECK_FALSE(got.margins.empty());
}

TEST_CASE("means that jump once are no warning and have no multiplier", "[diagnose]") {
    const auto experts = GENERATE(as<std::size_t>{}, 4, 8);
    const auto seed = GENERATE(range<std::uint64_t>(1, 9));
    std::mt19937_64 random(seed);
    std::normal_distribution<double> scatter(0, 0.15);
    std::vector<double> before(experts), after(experts);
    for (std::size_t e = 0; e < experts; ++e) {
        before[e] = scatter(random);
        after[e] = before[e] + scatter(random);
    }
    log_head head;
    head.experts = experts;
    layer_margin layer(head);
    load_record record;
    int in_one = 0;
    for (int t = 0; t < 2000; ++t) {
        const auto counts = drawn(t < 1000 ? before : after, 128 * experts, random);
        record.loads = counts;
        record.step = t;
        layer.take(record);
        if (t % 80 != 79 || t < 1100) continue;
        const auto got = layer.result();
        CAPTURE(experts, seed, t, got.reason);
        CHECK(got.verdict <= load_verdict::drifting);
        for (const auto& one : got.margins) CHECK(one.high > 0);
        in_one += got.reason.find("in one jump") != std::string::npos ? 1 : 0;
    }
    CHECK(in_one > 0);
    CHECK_FALSE(layer.result().warned_at);
}

TEST_CASE("loops at rest do not seem to have jumped once", "[diagnose]") {
    // a jump of their blocks that is taken off leaves them as independent steps in half of logs
    const int steps = GENERATE(400, 1200);
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        log_head head;
        head.experts = 4;
        const auto got = diagnosis_of(head, loop_counts(4, 256, {.feedback = 2, .step = 0.05},
                                                        static_cast<std::size_t>(steps), seed));
        CAPTURE(steps, seed, got.reason);
        CHECK(got.reason.find("in one jump") == std::string::npos);
        CHECK(got.untold_margin.find("in one jump") == std::string::npos);
    }
}

TEST_CASE("a collapse that loads came back from is told with its steps", "[diagnose]") {
    const auto [from, to] = GENERATE(std::pair{500, 3500}, std::pair{2000, 2100});
    std::mt19937_64 random(12);
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 4000; ++t)
        counts.push_back(
            drawn({t >= from && t < to ? 8.0 : 0.0, 0, 0, 0, 0, 0, 0, 0}, 1024, random));
    log_head head;
    head.experts = 8;
    const auto got = diagnosis_of(head, counts);
    CHECK(got.verdict == load_verdict::drifting);
    REQUIRE(got.collapsed);
    CHECK(got.collapsed->first > from);
    CHECK(got.collapsed->first <= from + 50);
    CHECK(std::abs(got.collapsed->last - to) <= 50);
    counts.resize(static_cast<std::size_t>(from));
    CHECK_FALSE(diagnosis_of(head, counts).collapsed);
}

TEST_CASE("a top-k of which one expert has more than it can is not judged by", "[diagnose]") {
    std::mt19937_64 random(13);
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 600; ++t)
        counts.push_back(drawn({std::log(0.4 * 7 / 0.6), 0, 0, 0, 0, 0, 0, 0}, 1024, random));
    auto head = head_of(8, 3);
    const double top_k = GENERATE(1.0, 2.0, 4.0);
    head.top_k = top_k;
    const auto got = diagnosis_of(head, counts);
    CAPTURE(top_k, got.reason);
    CHECK(got.verdict == load_verdict::drifting);  // .4 is 3.2 times an even share
    CHECK(notes_hold(got,
                     "cannot tell K: of 4 different choices a token one expert has 0.25 of all") ==
          (top_k == 4));
    CHECK_FALSE(got.feedback);
}

TEST_CASE("a collapse is told by the rule that says so, without a K of equal loads", "[diagnose]") {
    std::mt19937_64 random(4);
    const bool idle = GENERATE(false, true);
    const double off = -8, scale = GENERATE(1.0, 1e-313);  // whose sum has no finite inverse
    const std::vector<double> scores = idle ? std::vector<double>{0, 0, 0, 0, off, off, off, off}
                                            : std::vector<double>{off, 0, off, off};
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 1000; ++t) {
        counts.push_back(drawn(scores, 1024, random));
        for (double& count : counts.back()) count *= scale;
    }
    const auto got = diagnosis_of(head_of(scores.size(), 0), counts);
    CAPTURE(got.reason);
    CHECK(got.verdict == load_verdict::collapsed);
    CHECK((got.reason.find("4 of 8 experts have less than a tenth") != std::string::npos) == idle);
    CHECK((got.reason.find("exp(entropy)") != std::string::npos) == !idle);
    CHECK_FALSE(got.feedback);
    CHECK_FALSE(got.limits);
    CHECK(got.margins.empty());
}

TEST_CASE("a collapse of the last hundred steps is told", "[diagnose]") {
    std::mt19937_64 random(5);
    const double most = GENERATE(0.98, 0.6);
    const double score = std::log(most * 7 / (1 - most));
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 1005; ++t)
        counts.push_back(drawn({t < 905 ? 0 : score, 0, 0, 0, 0, 0, 0, 0}, 512, random));
    log_head head;
    head.experts = 8;
    const auto got = diagnosis_of(head, counts);
    CAPTURE(got.reason);
    CHECK(got.verdict == (most > 0.9 ? load_verdict::collapsed : load_verdict::drifting));
}
