// SPDX-License-Identifier: MIT
#include <Eigen/Eigenvalues>
#include <catch.hpp>
#include <cmath>
#include <functional>
#include <moebius/diagnose/margin.hpp>
#include <numbers>
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
    CHECK(got.verdict == load_verdict::drifting);
    CHECK(got.margins.empty());
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

namespace {

layer_diagnosis of_scores(std::size_t of, std::size_t tokens, int steps,
                          const std::function<double(int, std::size_t)>& score) {
    std::mt19937_64 random(12);
    std::vector<std::vector<double>> counts;
    std::vector<double> scores(of);
    for (int t = 0; t < steps; ++t) {
        for (std::size_t e = 0; e < of; ++e) scores[e] = score(t, e);
        counts.push_back(drawn(scores, tokens, random));
    }
    log_head head;
    head.experts = of;
    return diagnosis_of(head, counts);
}

double wave(int t, std::size_t e, double period) {
    return std::sin(2 * std::numbers::pi * (t / period + static_cast<double>(e) / 8));
}

}  // namespace

TEST_CASE("swings that grow are oscillating long before they are large", "[diagnose]") {
    const double period = GENERATE(20.0, 47.0, 160.0, 320.0);
    const auto got = of_scores(8, 4096, 2600, [&](int t, std::size_t e) {
        return 0.02 * std::exp(t / 700.0) * wave(t, e, period);
    });
    CAPTURE(period, got.reason);
    CHECK(got.verdict == load_verdict::oscillating);
    REQUIRE(got.warned_at);
    CHECK(*got.warned_at < 2300);
    CHECK(got.margins.empty());
}

TEST_CASE("a collapse of the last steps counts more than the swing before it", "[diagnose]") {
    const auto course = [](int steps) {
        return of_scores(8, 4096, steps, [](int t, std::size_t e) {
            return t < 1000 ? 0.6 * wave(t, e, 40) : e == 2 ? 8.0 : 0.0;
        });
    };
    const auto before = course(1000), after = course(1020);
    CAPTURE(before.reason, after.reason);
    CHECK(before.verdict == load_verdict::oscillating);
    CHECK(after.verdict == load_verdict::collapsed);
    CHECK(after.reason.find("in the last 20 steps") != std::string::npos);
}

TEST_CASE("a swing that ends where one expert has nearly all is no collapse", "[diagnose]") {
    const auto got = of_scores(8, 4096, 1030, [](int t, std::size_t e) {  // a peak: 1,000 to 1,040
        return e == 2 ? 12 * wave(t, 0, 80) - 4 : 0.0;
    });
    CAPTURE(got.reason);
    CHECK(got.verdict == load_verdict::oscillating);
}

TEST_CASE("a small swing that stays as it is is told and is no warning", "[diagnose]") {
    const double period = GENERATE(25.0, 90.0, 300.0);
    const auto got =
        of_scores(8, 4096, 3000, [&](int t, std::size_t e) { return 0.1 * wave(t, e, period); });
    CAPTURE(period, got.reason);
    CHECK(got.verdict == load_verdict::drifting);
    CHECK(got.reason.find("swing with a period of about") != std::string::npos);
    CHECK_FALSE(got.warned_at);
}

TEST_CASE("swings of a few steps are seen, too", "[diagnose]") {
    const double period = GENERATE(2.0, 3.0, 7.0, 14.0);
    const auto got = of_scores(8, 4096, 600, [&](int t, std::size_t e) {
        return 1.2 * wave(t, period == 2 ? 2 + 4 * (e % 2) : e, period);
    });
    CAPTURE(period, got.reason);
    CHECK(got.verdict == load_verdict::oscillating);
}

TEST_CASE("rows that are unequal without a period are not safe", "[diagnose]") {
    std::mt19937_64 random(3);
    std::normal_distribution<double> noise;
    const auto of_noise = [&](double size) {
        return of_scores(8, 4096, 600, [&](int, std::size_t) { return size * noise(random); });
    };
    const auto got = of_noise(0.7);
    CAPTURE(got.reason);
    CHECK(got.verdict == load_verdict::drifting);
    CHECK(got.reason.find("off their means") != std::string::npos);
    CHECK(of_noise(0.2).verdict == load_verdict::safe);
    // tokens alone make the loads of few of them as unequal
    CHECK(of_scores(8, 16, 600, [](int, std::size_t) { return 0.0; }).verdict ==
          load_verdict::safe);
}

TEST_CASE("a collapse is told by its first twenty steps where they have tokens enough",
          "[diagnose]") {
    const int steps = GENERATE(20, 45);
    const auto of_last = [&](std::size_t of, std::size_t tokens) {
        return of_scores(of, tokens, 1000, [&](int t, std::size_t e) {
            return t >= 1000 - steps && e == 0 ? 8.0 : 0.0;
        });
    };
    const auto got = of_last(8, 512);
    CAPTURE(got.reason);
    CHECK(got.verdict == load_verdict::collapsed);
    CHECK(got.reason.find("in the last 20 steps") != std::string::npos);
    CHECK(of_last(64, 8).verdict != load_verdict::collapsed);  // 160 choices of 64 experts
}

TEST_CASE("an expert that has ever more is warned of long before it has half", "[diagnose]") {
    const auto rise = [](double t) { return 1.95 * t / 2000; };  // e^{1.95} is half of 8 experts
    const auto got =
        of_scores(8, 4096, 1700, [&](int t, std::size_t e) { return e == 0 ? rise(t) : 0.0; });
    CAPTURE(got.reason);
    CHECK(got.verdict == load_verdict::losing_balance);
    CHECK(got.reason.find("ever more") != std::string::npos);
    REQUIRE(got.warned_at);
    CHECK(*got.warned_at < 1700);
    REQUIRE(got.steps_left);
    CHECK_THAT(*got.steps_left, WithinAbs(300, 60));
    const auto levels_off = of_scores(8, 4096, 1700, [&](int t, std::size_t e) {
        return e == 0 ? 1.3 * (1 - std::exp(-t / 400.0)) : 0.0;
    });
    CAPTURE(levels_off.reason);
    CHECK_FALSE(levels_off.warned_at);
}

TEST_CASE("few tokens do not make idle experts", "[diagnose]") {
    // 600 choices in 200 steps: of 64 alike experts some have none by chance
    const auto got = of_scores(64, 3, 600, [](int, std::size_t) { return 0.0; });
    CAPTURE(got.reason);
    CHECK(got.reason.find("less than a tenth") == std::string::npos);
}

TEST_CASE("loads that stay far from where they were are not safe", "[diagnose]") {
    const auto got = of_scores(8, 4096, 3000, [](int t, std::size_t e) {
        return e == 0 ? 1.9 / (1 + std::exp(-(t - 1500) / 100.0)) : 0.0;
    });
    CAPTURE(got.reason);
    CHECK(got.verdict == load_verdict::drifting);
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

TEST_CASE("moments tell the gain where loads are not equal, and no fold of equal ones",
          "[diagnose]") {
    const double score = GENERATE(2.2, 7.0);  // one of four leads, or has nearly all
    std::mt19937_64 random(14);
    const std::vector<double> scores{score, 0, 0, 0};
    Eigen::Vector4d p = Eigen::Map<const Eigen::Vector4d>(scores.data()).array().exp();
    p /= p.sum();
    const Eigen::Matrix4d slope = Eigen::Matrix4d(p.asDiagonal()) - p * p.transpose();
    const double gain = 2 * Eigen::SelfAdjointEigenSolver<Eigen::Matrix4d>(slope).eigenvalues()[3];
    log_head head;
    head.experts = 4;
    head.top_k = head.decay = head.beta = 1;
    head.tokens = 1024;
    head.rate = 0.02;
    head.feedback = 2;
    head.gate = "softmax";
    head.balancer = "feedback";
    layer_margin layer(head);
    const Eigen::Matrix4d moments = 1024 * p * p.transpose();
    for (int t = 0; t < 800; ++t) {
        const auto loads = drawn(scores, 1024, random);
        load_record record;
        record.step = t;
        record.loads = loads;
        record.moments = {moments.data(), 16};
        layer.take(record);
    }
    const auto got = layer.result();
    CAPTURE(got.reason);
    REQUIRE(got.feedback);
    CHECK_THAT(got.feedback->value, WithinRel(4 * gain, 1e-3));  // 4: equal loads are lost there
    CHECK_FALSE(got.limits);
    CHECK(got.knob.empty());
    if (score > 5) {
        CHECK(got.verdict == load_verdict::collapsed);
        CHECK(got.margins.empty());
    } else {
        CHECK(got.verdict == load_verdict::drifting);
        REQUIRE(got.margins.size() == 1);
        CHECK_THAT(got.margins[0].value, WithinAbs(1 - gain, 1e-3));
    }
}

TEST_CASE("experts that win in turn for long are oscillating, and one that stays is not",
          "[diagnose]") {
    const int turn = GENERATE(75, 150, 230, 400);  // periods of two to eight turns
    const int winners = turn < 100 ? 8 : 2;
    const double lead = GENERATE(2.3, 6.0);  // .59 and .98 of all choices
    const auto course = [&](int stays) {
        return of_scores(8, 512, 3000, [&](int t, std::size_t e) {
            const auto turns = static_cast<std::size_t>(std::min(t, stays) / turn);
            return e == turns % static_cast<std::size_t>(winners) ? lead : 0.0;
        });
    };
    const auto got = course(3000), stayed = course(3000 - 4 * turn);
    CAPTURE(turn, lead, got.reason, stayed.reason);
    CHECK(got.verdict == load_verdict::oscillating);
    CHECK(got.reason.find("in turn") != std::string::npos);
    CHECK(stayed.reason.find("in turn") == std::string::npos);
    if (lead > 3) CHECK(stayed.verdict == load_verdict::collapsed);
}

TEST_CASE("loads that collapse and come back again and again are oscillating", "[diagnose]") {
    // of no period, and of another winner each time: swings of many modes beyond a Hopf point
    const std::size_t experts = GENERATE(as<std::size_t>{}, 8, 64);
    const int last = GENERATE(4000, 3000);  // step from which on nothing more happens
    const std::uint64_t seed = GENERATE(as<std::uint64_t>{}, 1, 2, 3);
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<int> lasts(30, 60), rests(50, 110);
    std::uniform_int_distribution<std::size_t> any(0, experts - 1);
    layer_margin layer([&] {
        log_head head;
        head.experts = experts;
        return head;
    }());
    load_record record;
    bool lost = false;
    std::size_t winner = 0;
    for (int t = 0, until = 0; t < 4000; ++t) {
        if (t >= until && (t < last || lost)) {
            lost = !lost;
            winner = any(random);
            until = t + (lost ? lasts : rests)(random);
        }
        std::vector<double> scores(experts, 0.0);
        if (lost) scores[winner] = 9;
        const auto counts = drawn(scores, 64 * experts, random);
        record.loads = counts;
        record.step = t;
        layer.take(record);
    }
    const auto got = layer.result();
    CAPTURE(experts, last, seed, got.reason);
    CHECK((got.verdict == load_verdict::oscillating) == (last == 4000));
    CHECK((got.reason.find("come back: ") != std::string::npos) == (last == 4000));
}

TEST_CASE("loads next to where they are called collapsed are no swing", "[diagnose]") {
    // exp(entropy) is 2.75 of 8 in the mean, and a collapse is below 2.75
    std::mt19937_64 random(3);
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 2000; ++t)
        counts.push_back(drawn({std::log(0.762 * 7 / 0.238), 0, 0, 0, 0, 0, 0, 0}, 256, random));
    log_head head;
    head.experts = 8;
    const auto got = diagnosis_of(head, counts);
    CAPTURE(got.reason);
    CHECK(got.verdict != load_verdict::oscillating);
}

TEST_CASE("what only a collapsed state of the loop explains is collapsed", "[diagnose]") {
    // softmax of 8 experts at feedback 4.26: a collapsed state, where one has .73, appears at 4.25
    const double K = 4.26;
    std::mt19937_64 random(6);
    std::vector<double> scores(8, 0.0);
    scores[3] = 0.75 * K;
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 2000; ++t) {
        const auto& now = counts.emplace_back(drawn(scores, 8192, random));
        for (std::size_t e = 0; e < 8; ++e) scores[e] += 0.05 * (K * now[e] / 8192 - scores[e]);
    }
    const auto got = diagnosis_of(head_of(8, K), counts);
    CAPTURE(got.reason);
    CHECK(got.verdict == load_verdict::collapsed);
    CHECK(got.reason.find("in the collapsed state of feedback beta/decay") != std::string::npos);
    // of a loop that has no such state, and of one that is not known, gates may do that
    CHECK(diagnosis_of(head_of(8, 4.2), counts).verdict == load_verdict::drifting);
    log_head unknown;
    unknown.experts = 8;
    CHECK(diagnosis_of(unknown, counts).verdict == load_verdict::drifting);
}
