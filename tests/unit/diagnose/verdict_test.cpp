// SPDX-License-Identifier: MIT
#include <catch.hpp>
#include <cmath>
#include <moebius/diagnose/margin.hpp>
#include <string>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

TEST_CASE("experts that win in turn are oscillating", "[diagnose]") {
    std::mt19937_64 random(7);
    const int turn = GENERATE(10, 20);
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 3000; ++t) {
        std::vector<double> scores(8, 0.0);
        scores[static_cast<std::size_t>(t / turn) % 8] = 6;
        counts.push_back(drawn(scores, 512, random));
    }
    log_head head;
    head.experts = 8;
    const auto got = diagnosis_of(head, counts);
    CAPTURE(turn, got.reason);
    CHECK(got.verdict == load_verdict::oscillating);
    CHECK(got.reason.find("in turn") != std::string::npos);
}

TEST_CASE("swings that alternate from block to block are no margin", "[diagnose]") {
    std::mt19937_64 random(8);
    std::vector<std::vector<double>> counts;  // a half period is a block of 80
    for (int t = 0; t < 3000; ++t)
        counts.push_back(drawn({0.3 * std::sin(0.5 + 3.14159265 * t / 80), 0, 0, 0}, 4096, random));
    log_head head;
    head.experts = 4;
    const auto got = diagnosis_of(head, counts);
    REQUIRE(got.margins.size() == 1);
    CHECK(got.margins[0].value < 0.2);
    CHECK(got.margins[0].high <= 1);
}

TEST_CASE("a layer that loses experts is not safe", "[diagnose]") {
    std::mt19937_64 random(9);
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 1000; ++t)
        counts.push_back(drawn({-6, -6, -6, 0, 0, 0, 0, 0}, 1024, random));
    log_head head;
    head.experts = 8;
    const auto got = diagnosis_of(head, counts);
    CAPTURE(got.reason);
    CHECK(got.verdict == load_verdict::cannot_tell);
    CHECK(got.reason.find("3 of 8 experts have less than a tenth") != std::string::npos);
}

TEST_CASE("a K whose interval holds the fold is on neither side", "[diagnose]") {
    const auto counts = loop_counts(8, 512, {.feedback = 4.25, .step = 0.05}, 1500, 3);
    log_head head;
    head.experts = 8;
    head.top_k = 1;
    head.rate = 0.05;
    head.feedback = 4.25;
    head.decay = 1;
    head.beta = 1;
    head.gate = "softmax";
    head.balancer = "feedback";
    const auto got = diagnosis_of(head, counts);
    REQUIRE(got.feedback);
    REQUIRE(got.limits);
    REQUIRE(got.feedback->low < got.limits->fold);
    REQUIRE(got.feedback->high > got.limits->fold);
    CHECK(got.verdict == load_verdict::cannot_tell);
    CHECK(got.reason.find("on which side") != std::string::npos);
}

TEST_CASE("a controller that is fast over a step is judged step by step", "[diagnose]") {
    // of step .5 and gain 40 loads change sides in each step below K = 6
    log_head head;
    head.experts = 8;
    head.top_k = head.decay = head.beta = 1;
    head.rate = 0.5;
    head.feedback = 3;
    head.bias_rate = 0.5 * 40;
    head.gate = "softmax";
    head.balancer = "integral";
    feedback_rule rule{.feedback = 3, .step = 0.5, .controller = {control_law::integral, 40}};
    const auto got = diagnosis_of(head, loop_counts(8, 1024, rule, 1500, 1));
    CAPTURE(got.reason);
    CHECK(got.verdict == load_verdict::oscillating);
    CHECK(got.reason.find("below 6 they change sides in each step") != std::string::npos);
    CHECK(got.knob.find("from loads that flip") != std::string::npos);
    CHECK(notes_hold(got, "cannot tell K as well as its interval says"));
    REQUIRE(got.limits);
    CHECK_THAT(got.limits->onset(), WithinRel(28.0, 1e-12));  // 8 + 40 (1 - step)
    REQUIRE(got.margins.size() == 3);
    CHECK(got.margins[0].value < 0);
    head.bias_rate = 0.5 * 4;
    rule.controller.gain = 4;
    CHECK(diagnosis_of(head, loop_counts(8, 1024, rule, 1500, 1)).verdict == load_verdict::safe);
}
