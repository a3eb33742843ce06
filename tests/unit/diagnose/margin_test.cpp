// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <moebius/base/error.hpp>
#include <moebius/diagnose/margin.hpp>
#include <moebius/exact/n_expert.hpp>
#include <string>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

namespace {

/// Counts of a gate that moves by itself: scores follow slow random curves.
std::vector<std::vector<double>> moving_gate(std::size_t steps, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> noise;
    std::vector<double> scores(4, 0.0), speed(4, 0.0);
    std::vector<std::vector<double>> out;
    for (std::size_t t = 0; t < steps; ++t) {
        for (std::size_t e = 0; e < 4; ++e) {
            speed[e] += 0.002 * noise(random) - 0.02 * speed[e];
            scores[e] += speed[e] - 0.002 * scores[e];
        }
        out.push_back(drawn(scores, 512, random));
    }
    return out;
}

}  // namespace

TEST_CASE("a resting loop is placed among the thresholds of theory", "[diagnose]") {
    const double K = GENERATE(2.0, 6.0);
    feedback_rule rule{.feedback = K, .step = 0.05, .controller = {control_law::integral, 0.5}};
    auto head = head_of(8, K);
    head.balancer = "integral";
    head.bias_rate = 0.05 * 0.5;
    const auto got = diagnosis_of(head, loop_counts(8, 512, rule, 3000, 1));
    CAPTURE(got.reason);
    REQUIRE(got.feedback);
    CHECK(got.verdict == (K > 4.2498 ? load_verdict::coexistence : load_verdict::safe));
    CHECK_THAT(got.feedback->value, WithinRel(K, 0.2));
    REQUIRE(got.margins.size() == 2);
    const double fold = exact::branch_fold({8, 1}).K;
    CHECK_THAT(got.margins[0].value, WithinRel(1 - got.feedback->value / fold, 1e-9));
    CHECK_THAT(got.margins[1].value,
               WithinRel(1 - got.feedback->value / 8.475, 1e-9));  // 8 + .5 (1 - step)
    CHECK(got.knob.empty() == (K < 3));
    CHECK(got.margins[0].of.ends_with("appears without the controller"));
    CHECK((got.reason.find("not computed") != std::string::npos) == (K > 4.2498));
    CHECK_FALSE(got.warned_at);
}

TEST_CASE("a margin that may be none as well as all is not told", "[diagnose]") {
    // one block off all others, which alternate, has no multiplier
    std::mt19937_64 random(1);
    log_head head;
    head.experts = 8;
    int wide = 0;
    for (int run = 0; run < 10; ++run) {
        std::vector<std::vector<double>> counts;
        for (int t = 0; t < 1000; ++t)
            counts.push_back(
                drawn({t < 960 ? t / 40 % 2 * 0.1 : 1, 0, 0, 0, 0, 0, 0, 0}, 512, random));
        const auto got = diagnosis_of(head, counts);
        for (const auto& one : got.margins) CHECK((one.low > 0 || one.high < 1));
        if (!notes_hold(got, "its interval is too wide")) continue;
        ++wide;
        CHECK(got.margins.empty());
    }
    CHECK(wide > 0);
}

TEST_CASE("a gate that moves vetoes a distance from counts", "[diagnose]") {
    const auto seed = GENERATE(as<std::uint64_t>{}, 1, 2, 3);
    const auto got = diagnosis_of(head_of(4, 1), moving_gate(2000, seed));
    CHECK_FALSE(got.feedback);
    CHECK(notes_hold(got, "cannot tell K: "));
}

TEST_CASE("steps that are left are steps of the run, not rows of the log", "[diagnose]") {
    std::mt19937_64 random(2);
    log_head head;
    head.experts = 8;
    layer_margin dense(head), sparse(head);
    load_record record;
    for (int t = 0; t < 1100; ++t) {
        const double lead = 0.02 * std::exp(0.004 * std::max(0, t - 300));
        const auto counts = drawn({lead, 0, 0, 0, 0, 0, 0, 0}, 1024, random);
        record.loads = counts;
        record.step = t;
        dense.take(record);
        record.step = 10 * t;
        sparse.take(record);
    }
    REQUIRE(dense.result().steps_left);
    CHECK_THAT(*sparse.result().steps_left, WithinRel(10 * *dense.result().steps_left, 1e-9));
    CHECK(sparse.result().margins[0].of.ends_with("rows"));
}

TEST_CASE("balance is not said to be lost by a loop that does not change", "[diagnose]") {
    const feedback_rule rule{.feedback = 6, .step = 0.05, .controller = {control_law::integral, 1}};
    log_head head;
    head.experts = 8;
    int swings = 0;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        layer_margin margin(head);
        load_record record;
        for (const auto& counts : loop_counts(8, 1024, rule, 2400, seed)) {
            record.loads = counts;
            margin.take(record);
            if (++record.step % 200 != 0) continue;
            const auto got = margin.result();
            CAPTURE(seed, record.step, got.reason);
            CHECK(got.verdict <= load_verdict::drifting);
            swings += got.reason.find("counts cannot tell them apart") != std::string::npos ? 1 : 0;
        }
    }
    CHECK(swings > 0);
}

TEST_CASE("swings are not judged where tokens are not known or do not fit", "[diagnose]") {
    std::mt19937_64 random(6);
    std::normal_distribution<double> noise;
    std::vector<double> scores(8, 0.0);
    std::vector<std::vector<double>> counts, exact, shares;
    for (int t = 0; t < 3000; ++t) {
        for (double& score : scores)  // without a period, which would be seen in any unit
            score = 0.97 * score + (t < 1000 ? 0 : 0.08) * noise(random);
        counts.push_back(drawn(scores, 256, random));
        exact.push_back(shares_of(counts.back()));
        shares.push_back(exact.back());
        for (double& count : counts.back()) count *= 16;
        for (double& share : shares.back()) share = std::round(100 * share) / 100;
    }
    log_head head;
    head.experts = 8;
    const auto of_counts = diagnosis_of(head, counts), of_shares = diagnosis_of(head, shares);
    CHECK(of_counts.warned_at);  // a unit of 16 is that of independent tokens
    const auto of_exact = diagnosis_of(head, exact);
    CHECK(of_exact.verdict == of_counts.verdict);
    CHECK(of_exact.warned_at == of_counts.warned_at);
    CHECK(notes_hold(of_exact, "taken to have 256 choices"));
    CHECK_FALSE(of_shares.warned_at);  // 256 choices are not to be seen in two decimals
    CHECK(notes_hold(of_shares, "cannot tell swings"));
    head.tokens = 256;
    CHECK(diagnosis_of(head, shares).warned_at == of_counts.warned_at);
    head.tokens = 32;  // loads scatter less than those of so few
    CHECK_FALSE(diagnosis_of(head, shares).warned_at);
}

TEST_CASE("loads that run away are warned of before they have", "[diagnose]") {
    std::mt19937_64 random(2);
    std::vector<std::vector<double>> counts;
    std::int64_t half = 0;
    for (int t = 0; t < 1800; ++t) {
        const double lead = 0.02 * std::exp(0.004 * std::max(0, t - 300));  // e-fold in 250 steps
        counts.push_back(drawn({std::min(lead, 6.0), 0, 0, 0, 0, 0, 0, 0}, 1024, random));
        if (half == 0 && counts.back()[0] > 512) half = t;
    }
    log_head head;
    head.experts = 8;
    const auto got = diagnosis_of(head, counts);
    CHECK(got.verdict == load_verdict::collapsed);
    REQUIRE(got.warned_at);
    CHECK(*got.warned_at < half - 200);
    const auto early = diagnosis_of(head, {counts.begin(), counts.begin() + half - 100});
    CHECK(early.verdict == load_verdict::losing_balance);
    REQUIRE(early.steps_left);
    CHECK(*early.steps_left > 30);  // 100 are left; the growth slows down towards the end
    CHECK(*early.steps_left < 300);
}

TEST_CASE("independent tokens and too short a log raise nothing", "[diagnose]") {
    std::mt19937_64 random(4);
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 3000; ++t)
        counts.push_back(drawn(std::vector<double>(4, 0.0), 256, random));
    log_head head;
    head.experts = 4;
    const auto got = diagnosis_of(head, counts);
    CHECK(got.verdict == load_verdict::safe);
    CHECK_FALSE(got.warned_at);
    const auto brief = diagnosis_of(head, {counts.begin(), counts.begin() + 150});
    CHECK(brief.verdict == load_verdict::cannot_tell);
    CHECK(brief.reason == "150 steps came; 200 are needed");
    const auto snapshot = diagnosis_of(head, {counts.front()});
    CHECK(snapshot.reason == "a snapshot has no dynamics: one step came");
}

TEST_CASE("independent steps are not said to drift, and a walk that is as quiet is", "[diagnose]") {
    const double walk = GENERATE(0.0, 0.005);
    const std::size_t experts = GENERATE(as<std::size_t>{}, 4, 16);
    log_head head;
    head.experts = experts;
    head.layers.assign(4, "one of them");
    constexpr int layers = 60;
    int drifting = 0;
    std::mt19937_64 random(1);
    std::normal_distribution<double> noise;
    for (int l = 0; l < layers; ++l) {
        layer_margin margin(head);
        load_record record;
        std::vector<double> scores(experts, 0.0);
        for (int t = 0; t < 400; ++t) {
            for (double& score : scores) score += walk * noise(random);
            const auto counts = drawn(scores, 1024, random);
            record.step = t;
            record.loads = counts;
            margin.take(record);
        }
        drifting += margin.result().verdict == load_verdict::drifting ? 1 : 0;
    }
    CAPTURE(walk, experts, drifting);
    if (walk > 0)
        CHECK(drifting > layers / 2);
    else
        CHECK(drifting == 0);  // of a rate of .1 % one comes with a chance of 6 %
}

TEST_CASE("loads that are the same in every step are not said to move", "[diagnose]") {
    log_head head;
    head.experts = 4;
    const auto got = diagnosis_of(head, {1000, std::vector<double>{250, 262, 256, 256}});
    CHECK(got.verdict == load_verdict::cannot_tell);
    CHECK(got.reason ==
          "mean loads of 40 steps are the same from 40 to 40 of the last 800, as those of "
          "independent tokens never are");
}

TEST_CASE("loads that come back to the same from block to block have no margin", "[diagnose]") {
    log_head head;
    head.experts = 4;
    std::vector<std::vector<double>> counts(400, {250, 262, 256, 256});
    for (std::size_t t = 0; t < counts.size(); t += 2) std::swap(counts[t][0], counts[t][1]);
    const auto got = diagnosis_of(head, counts);
    CHECK(got.verdict == load_verdict::cannot_tell);
    CHECK(got.margins.empty());
    CHECK(got.untold_margin == "means over blocks do not move, and no deviation is multiplied");
}

TEST_CASE("what is left until a load is lost is told of two experts as of many", "[diagnose]") {
    const auto experts = GENERATE(std::size_t{2}, std::size_t{8});
    CAPTURE(experts);
    log_head head;
    head.experts = experts;
    std::vector<std::vector<double>> counts;
    std::mt19937_64 random(3);
    constexpr double pace = 0.01, first = 0.03;  // of a score that feeds itself
    constexpr int steps = 300;
    for (int t = 0; t < steps; ++t) {
        std::vector<double> scores(experts, 0.0);
        scores[0] = first * std::exp(pace * t);
        counts.push_back(drawn(scores, 8192, random));
    }
    const auto got = diagnosis_of(head, counts);
    REQUIRE(got.verdict == load_verdict::losing_balance);
    REQUIRE(got.steps_left);
    // of two one has half of what it can have at .75, of eight at .5: log odds ln 3 and 0
    const double lost = experts == 2 ? std::log(3) : std::log(7);
    CHECK_THAT(*got.steps_left, WithinRel(std::log(lost / first) / pace - steps, 0.3));
    const std::string level = experts == 2 ? "0.75 of all choices (midway" : "half of what it can";
    CHECK(got.reason.find("; at this pace one expert has " + level) != std::string::npos);
}

TEST_CASE("a diagnosis is the same for relabelled experts and doubled counts", "[diagnose]") {
    const auto counts = moving_gate(700, 9);
    log_head head;
    head.experts = 4;
    const auto as_is = diagnosis_of(head, counts);
    auto other = counts;
    for (auto& step : other) {
        std::rotate(step.begin(), step.begin() + 1, step.end());
        for (double& count : step) count *= 2;
    }
    const auto got = diagnosis_of(head, other);
    CHECK(got.verdict == as_is.verdict);
    CHECK(got.warned_at == as_is.warned_at);
    REQUIRE(as_is.margins.size() == 1);
    REQUIRE(got.margins.size() == 1);
    // sums in another order
    CHECK_THAT(got.margins[0].value, WithinRel(as_is.margins[0].value, 1e-6));
}

TEST_CASE("the slope of loads on scores is named for what it is", "[diagnose]") {
    // scores that follow loads of a gate that moves: their slope is decay/feedback = 1/2
    const auto counts = moving_gate(2000, 5);
    auto head = head_of(4, 2);
    layer_margin margin(head);
    std::vector<double> scores(4, 0.0);
    load_record record;
    for (const auto& step : counts) {
        ++record.step;
        record.loads = step;
        record.scores = scores;
        margin.take(record);
        for (std::size_t e = 0; e < 4; ++e) scores[e] += 0.05 * (2 * step[e] / 512 - scores[e]);
    }
    const auto got = margin.result();
    CHECK(notes_hold(got, "the controller read backwards"));
    CHECK(got.had == "counts, scores");
    record.loads = record.loads.first(3);
    CHECK_THROWS_AS(margin.take(record), invalid_argument);
}

TEST_CASE("a gain that passes the loss of balance is warned of in its step", "[diagnose][oracle]") {
    // p = 1/E of every token: J = beta (I - 1/E)/E, so that equal loads are lost at feedback E
    constexpr std::size_t experts = 4;
    const double end = GENERATE(3.9, 8.0);
    auto head = head_of(experts, end);
    head.decay = 1;
    const std::vector<double> counts{64, 65, 63, 64}, moments(experts * experts, 256.0 / 16);
    layer_margin margin(head);
    load_record record;
    record.loads = counts;
    record.moments = moments;
    for (record.step = 1; record.step <= 400; ++record.step) {
        record.feedback = end * static_cast<double>(record.step) / 400;
        margin.take(record);
    }

    const auto got = margin.result();

    REQUIRE(got.feedback);
    CHECK_THAT(got.feedback->value, WithinRel(end, 1e-9));
    CHECK(got.warned_at.has_value() == (end > experts));
    if (got.warned_at) CHECK_THAT(static_cast<double>(*got.warned_at), WithinAbs(205, 5));
}

TEST_CASE("a router that chooses nearly all experts has no dynamics", "[diagnose]") {
    auto head = head_of(3, 1);
    head.top_k = 2.5;  // in the mean, and 3 where it is rounded
    CHECK_NOTHROW(layer_margin(head));
}
