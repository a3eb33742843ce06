// SPDX-License-Identifier: MIT
#include <catch.hpp>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

namespace {

/// Of softmax in steps of .05 under an integral controller that may leak.
log_head controlled_head(double K, double gain, double leak) {
    auto head = head_of(8, K);
    head.balancer = "integral";
    head.bias_rate = 0.05 * gain;
    head.bias_leak = 0.05 * leak;
    return head;
}

/// Counts of such a loop from its first step on, where one score is ahead.
std::vector<std::vector<double>> from_far(double K, double gain, double ahead, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<double> z(8, 0.0), b(8, 0.0), scores(8);
    z[0] = ahead;
    std::vector<std::vector<double>> out;
    for (int t = 0; t < 3000; ++t) {
        for (std::size_t e = 0; e < 8; ++e) scores[e] = z[e] + b[e];
        const auto& counts = out.emplace_back(drawn(scores, 512, random));
        for (std::size_t e = 0; e < 8; ++e) {
            z[e] += 0.05 * (K * counts[e] / 512 - z[e]);
            b[e] -= 0.05 * gain * (counts[e] / 512 - 1.0 / 8);
        }
    }
    return out;
}

}  // namespace

TEST_CASE("a controller that leaks is judged with its leak", "[diagnose]") {
    const feedback_rule rule{
        .feedback = 4, .step = 0.05, .controller = {control_law::integral, 4, 2}};
    const auto got = diagnosis_of(controlled_head(4, 4, 2), loop_counts(8, 1024, rule, 3000, 5));
    CAPTURE(got.reason);
    REQUIRE(got.feedback);
    CHECK(got.feedback->low < 4);
    CHECK(got.feedback->high > 4);
    REQUIRE(got.limits);
    CHECK_FALSE(got.limits->swings);
    CHECK_THAT(got.limits->onset(), WithinRel(10.0, 1e-12));  // 8 + 4/2: the leak forgets before
}

TEST_CASE("a run that begins far from equal loads tells its K", "[diagnose][oracle]") {
    // what is left of its first scores, which no load shows, is 1.8 % of them after 80 steps: K by
    // these is 2.1
    int held = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const auto got = diagnosis_of(controlled_head(3, 2, 0), from_far(3, 2, 2, seed));
        REQUIRE(got.feedback);
        held += got.feedback->low <= 3 && 3 <= got.feedback->high;
    }
    CHECK(held >= 6);  // quantile .002 of .9
}

TEST_CASE("the start of a run that is far from where it rests is left out", "[diagnose][oracle]") {
    // with it K is 3.3 to 3.7 (fresh eyes)
    const std::vector<double> start{1, -1, 0.5, -0.5, 1.5, 0, -0.2, -1.3};
    int held = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        std::mt19937_64 random(seed);
        auto scores = start;
        std::vector<std::vector<double>> counts;
        for (int t = 0; t < 4000; ++t) {
            counts.push_back(drawn(scores, 1024, random));
            for (std::size_t e = 0; e < 8; ++e)
                scores[e] += 0.05 * (3 * counts.back()[e] / 1024 - scores[e]);
        }
        const auto got = diagnosis_of(head_of(8, 3), counts);
        REQUIRE(got.feedback);
        held += got.feedback->low <= 3 && 3 <= got.feedback->high;
    }
    CHECK(held >= 6);  // quantile .002 of .9
}

TEST_CASE("no K is told of gates that rest at unequal loads or of a feedback that changed",
          "[diagnose]") {
    const std::vector<double> bias{0.5, -0.4, 0.3, 0, 0, 0, 0, 0};
    std::mt19937_64 random(3);
    std::vector<double> scores(8, 0.0);
    std::vector<std::vector<double>> unequal;
    for (int t = 0; t < 3000; ++t) {
        auto& counts = unequal.emplace_back(drawn(scores, 1024, random));
        for (std::size_t e = 0; e < 8; ++e)
            scores[e] += 0.05 * (3 * counts[e] / 1024 + bias[e] - scores[e]);
    }
    const auto led = diagnosis_of(head_of(8, 3), unequal);
    CHECK_FALSE(led.feedback);
    CHECK(notes_hold(led, "from the even one"));

    auto changed = loop_counts(8, 1024, {.feedback = 1, .step = 0.05}, 3000, 4);
    for (auto& counts : loop_counts(8, 1024, {.feedback = 5.5, .step = 0.05}, 3000, 5))
        changed.push_back(std::move(counts));
    const auto moved = diagnosis_of(head_of(8, 5.5), changed);
    CHECK_FALSE(moved.feedback);
    CHECK(notes_hold(moved, "is not that before"));
}

TEST_CASE("scores that loads take from are safe", "[diagnose]") {
    const feedback_rule rule{.feedback = -4, .step = 0.05};
    const auto got = diagnosis_of(head_of(8, -4), loop_counts(8, 1024, rule, 2000, 6));
    CAPTURE(got.reason);
    REQUIRE(got.feedback);
    CHECK(got.feedback->high < 0);
    CHECK(got.verdict == load_verdict::safe);
}

TEST_CASE("K of a gate that is no softmax is said to be in its terms", "[diagnose]") {
    auto head = controlled_head(3, 1, 0);
    head.gate = "gaussian";
    const feedback_rule rule{.feedback = 3, .step = 0.05, .controller = {control_law::integral, 1}};
    const auto got = diagnosis_of(head, loop_counts(8, 1024, rule, 2000, 7));
    CHECK(got.reason.find("the gate is gaussian") != std::string::npos);
}

TEST_CASE("counts of one rank tell no K", "[diagnose]") {
    auto head = head_of(8, 3);
    head.of_one_rank = true;
    const auto got =
        diagnosis_of(head, loop_counts(8, 1024, {.feedback = 3, .step = 0.05}, 1500, 8));
    CHECK_FALSE(got.feedback);
    CHECK(notes_hold(got, "a part of a step's choices"));
}

TEST_CASE("a beta that is not told is 1 beside a controller, too, where loads bend", "[diagnose]") {
    const double K = 44.8;  // 4 tokens an expert scatter the scores: straight lines say 46
    const feedback_rule rule{
        .feedback = K, .step = 0.05, .controller = {control_law::sign, 0.0005, 0}};
    auto head = head_of(64, K);
    head.balancer = "sign";
    head.bias_rate = 0.0005;
    const auto counts = loop_counts(64, 256, rule, 3000, 7);
    const auto told = diagnosis_of(head, counts);
    head.beta.reset();
    const auto untold = diagnosis_of(head, counts);
    REQUIRE(told.feedback);
    REQUIRE(untold.feedback);
    CHECK(untold.feedback->value == told.feedback->value);
    CHECK(untold.feedback->low < K);
    CHECK(untold.feedback->high > K);
}
