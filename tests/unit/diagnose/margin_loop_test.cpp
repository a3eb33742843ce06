// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <iomanip>
#include <moebius/base/error.hpp>
#include <moebius/diagnose/margin.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/exact/subset_fold.hpp>
#include <sstream>
#include <string>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

TEST_CASE("a knob restores the margin that is asked for", "[diagnose]") {
    auto head = head_of(8, 6);
    const feedback_rule rule{.feedback = 6, .step = 0.05, .controller = {control_law::integral, 2}};
    head.balancer = "integral";
    head.bias_rate = 0.05 * 2;
    layer_margin layer(head, 0.5);
    load_record record;
    for (const auto& step : loop_counts(8, 512, rule, 1000, 1)) {
        ++record.step;
        record.loads = step;
        layer.take(record);
    }
    const auto got = layer.result();
    CAPTURE(got.knob);
    REQUIRE(got.feedback);
    const double K = got.feedback->value, fold = exact::branch_fold({8, 1}).K;
    // K falls with the feedback, and is then half of where a collapsed state appears
    std::ostringstream wanted;
    wanted << "feedback from 6 to " << std::setprecision(3) << 6 * fold / 2 / K << " ("
           << 6 * fold / 2 / got.feedback->high << " to " << 6 * fold / 2 / got.feedback->low
           << ") ";
    CHECK(got.knob.starts_with(wanted.str()));
    // the controller needs (1 - step) gain = K/(1 - margin) - N, and has a gain of 2
    const auto rate = [](double feedback) { return 0.1 * (2 * feedback - 8) / (2 * 0.95); };
    wanted.str("");
    wanted << "bias rate from 0.1 to " << rate(K) << " (" << rate(got.feedback->low) << " to "
           << rate(got.feedback->high) << ") ";
    CHECK(got.knob.find(wanted.str()) != std::string::npos);
    const auto aux = [](const std::string& note) { return note.find("z-loss") != note.npos; };
    CHECK(std::any_of(got.notes.begin(), got.notes.end(), aux));
    CHECK(got.knob.find("restores a margin of 50 %") != std::string::npos);
    CHECK_THROWS_AS(layer_margin(head, 1), invalid_argument);
}

TEST_CASE("choices that are enough for a margin are the fewest", "[diagnose]") {
    auto head = head_of(64, 10);
    const auto got =
        diagnosis_of(head, loop_counts(64, 4096, {.feedback = 10, .step = 0.05}, 1500, 1));
    CAPTURE(got.knob);
    REQUIRE(got.feedback);
    const double K = got.feedback->value;
    const auto at = got.knob.find("top-k from 1 to ");
    REQUIRE(at != std::string::npos);
    const auto k = std::stoul(got.knob.substr(at + 16));
    CHECK(1 - K / exact::subset_fold(64, k).K >= 0.25);
    CHECK(1 - K / exact::subset_fold(64, k - 1).K < 0.25);
    // the interval of K is that of the choices
    const auto fewest = [](double feedback) {
        std::size_t choices = 1;
        while (1 - feedback / exact::subset_fold(64, choices).K < 0.25) ++choices;
        return choices;
    };
    std::ostringstream wanted;
    wanted << k << " (" << fewest(got.feedback->low) << " to " << fewest(got.feedback->high) << ")";
    CHECK(got.knob.find(wanted.str(), at) == at + 16);
}

TEST_CASE("where no knob can be told the reason is", "[diagnose]") {
    log_head head;
    head.experts = 8;
    head.balancer = GENERATE(as<std::string>{}, "aux", "none", "");
    std::mt19937_64 random(2);
    std::vector<std::vector<double>> counts;
    for (int t = 0; t < 1100; ++t)
        counts.push_back(drawn({0.02 * std::exp(0.004 * std::max(0, t - 300)), 0, 0, 0, 0, 0, 0, 0},
                               1024, random));
    const auto got = diagnosis_of(head, counts);
    CHECK(got.verdict == load_verdict::losing_balance);
    CHECK(got.knob.starts_with("cannot tell which knob restores a margin of 25 %: "));
    CHECK((got.knob.find("no feedback to lower") != std::string::npos) == !head.balancer.empty());
    CHECK(got.knob.find("an aux weight and a z-loss act through what gates learn") !=
          std::string::npos);
}

TEST_CASE("no knob is named beside a collapse", "[diagnose]") {
    const auto got =
        diagnosis_of(head_of(4, 1), std::vector<std::vector<double>>(100, {970, 10, 10, 10}));
    CHECK(got.verdict == load_verdict::collapsed);
    CHECK(got.knob.empty());
}

TEST_CASE("of a rule that none can be no K is told, and why", "[diagnose]") {
    auto head = head_of(8, 3);
    const auto counts = loop_counts(8, 512, {.feedback = 3, .step = 0.05}, 1500, 3);
    REQUIRE(diagnosis_of(head, counts).feedback);
    head.rate = 5;
    const auto got = diagnosis_of(head, counts);
    CHECK_FALSE(got.feedback);
    CHECK(notes_hold(got, "cannot tell K: rate x decay is 5, but it must be < 1"));
    head.rate = 0;
    CHECK(notes_hold(diagnosis_of(head, counts), "cannot tell K: rate is 0, but it must be > 0"));
    // and where no collapsed state can be computed of them
    head.rate.reset();
    for (const double decay : {0.0, 1e-320}) {
        head.decay = decay;
        CHECK(notes_hold(diagnosis_of(head, counts), "cannot tell K: "));
    }
}

TEST_CASE("a K that is told and too soon to be measured is named where it is dangerous",
          "[diagnose]") {
    const auto told_of = [](double K) {
        const auto counts = loop_counts(8, 512, {.feedback = K, .step = 0.05}, 100, 3);
        return diagnosis_of(head_of(8, K), counts);
    };
    CHECK(notes_hold(told_of(5), "feedback beta/decay is 5 by what is told, and not measured"));
    CHECK_FALSE(notes_hold(told_of(4), "by what is told, and not measured"));
    auto controlled = head_of(8, 9);
    controlled.balancer = "integral";
    controlled.bias_rate =
        0.05;  // gamma 1 in steps of .05: lost at 8 + 1 in the limit of small ones
    const auto held =
        diagnosis_of(controlled, loop_counts(8, 512, {.feedback = 9, .step = 0.05}, 100, 3));
    CHECK(notes_hold(held, "equal loads are lost at 8, with it at 8.9"));
}

TEST_CASE("of a router that chooses all experts no K is told, and why", "[diagnose]") {
    auto head = head_of(4, 1);
    head.top_k = 4;
    const auto told =
        diagnosis_of(head, loop_counts(4, 256, {.feedback = 1, .step = 0.05}, 900, 3));
    CHECK_FALSE(told.feedback);
    CHECK(told.untold.starts_with("top_k is 4 of 4 experts, but a token that goes to all"));
}

TEST_CASE("a feedback that stands in its records alone makes a loop", "[diagnose]") {
    auto head = head_of(4, 0);
    head.feedback.reset();
    head.balancer.clear();
    head.rate.reset();
    const auto counts = loop_counts(4, 512, {.feedback = 2, .step = 0.05}, 2000, 3);
    const auto told = [&](double feedback) {
        layer_margin layer(head);
        load_record record;
        record.feedback = feedback;
        for (const auto& step : counts) {
            ++record.step;
            record.loads = step;
            layer.take(record);
        }
        return layer.result();
    };
    REQUIRE(told(2).feedback);
    CHECK((told(2).feedback->low < 2 && told(2).feedback->high > 2));
    CHECK(told(0).untold == "the feedback is 0, and scores follow loads not at all");
}

TEST_CASE("first choices of two tell no K", "[diagnose]") {
    auto head = head_of(8, 3);
    head.top_k = 2;
    head.tokens = 512;
    const auto counts = loop_counts(8, 512, {.feedback = 3, .step = 0.05}, 1500, 3);
    const auto got = diagnosis_of(head, counts);
    CHECK_FALSE(got.feedback);
    CHECK(notes_hold(got, "cannot tell K: the log has a part of a step's choices alone"));
    head.tokens = 256;  // all choices: of which router thresholds are is said
    const auto all = diagnosis_of(head, counts);
    REQUIRE(all.feedback);
    CHECK(all.reason.find("those of exact-k, k = 2") != std::string::npos);
}

TEST_CASE("rows that are steps apart give no K and are not called safe", "[diagnose]") {
    const bool controlled = GENERATE(false, true);
    const std::int64_t apart = GENERATE(2, 5, 20);
    feedback_rule rule{.feedback = controlled ? 6.0 : 3.0, .step = 0.05};
    auto head = head_of(8, rule.feedback);
    if (controlled) {
        rule.controller = {control_law::integral, 1};
        head.balancer = "integral";
        head.bias_rate = 0.05;
    }
    layer_margin margin(head);
    load_record record;
    for (const auto& step : loop_counts(8, 512, rule, 6000, 3)) {
        record.loads = step;
        if (++record.step % apart == 0) margin.take(record);
    }

    const auto got = margin.result();

    CAPTURE(got.reason);
    CHECK_FALSE(got.feedback);
    CHECK(got.verdict != load_verdict::safe);
    CHECK(notes_hold(got, "cannot tell K: counts tell it of rows one step apart"));
}

TEST_CASE("a step that is missing makes the gain that of the steps behind it", "[diagnose]") {
    const auto counts = loop_counts(8, 512, {.feedback = 3, .step = 0.05}, 3000, 3);
    layer_margin whole(head_of(8, 3)), behind(head_of(8, 3));
    load_record record;
    for (const auto& step : counts) {
        record.loads = step;
        if (++record.step == 1000) continue;
        whole.take(record);
        if (record.step > 1001) behind.take(record);
    }
    REQUIRE(whole.result().feedback);
    CHECK(whole.result().feedback->value == behind.result().feedback->value);
}

TEST_CASE("a dither beyond what a softmax answers linearly to tells no K", "[diagnose][error]") {
    const auto diagnosed = [](double size, bool with_moments) {
        auto head = head_of(2, 1);
        head.beta = 1;
        layer_margin layer(head, 0.5);
        for (int s = 0; s < 1000; ++s) {
            const double sign = s % 2 == 0 ? 1 : -1, off = s % 3 - 1;
            const std::vector<double> loads{500 + off + 4 * sign, 500 - off - 4 * sign},
                dither{sign * size, -sign * size}, moments{260 + off, 240, 240, 260 - off};
            load_record record;
            record.step = s;
            record.loads = loads;
            record.dither = dither;
            if (with_moments) record.moments = moments;
            layer.take(record);
        }
        return layer.result();
    };
    const auto says = [](const layer_diagnosis& of) {
        return std::any_of(of.notes.begin(), of.notes.end(), [](const std::string& note) {
            return note.find("the dither of 1000 steps is more than 3/beta") != note.npos;
        });
    };

    const auto moments = diagnosed(1e15, true);
    CHECK(says(moments));
    REQUIRE(moments.feedback);
    CHECK(std::isfinite(moments.feedback->value));
    CHECK(moments.feedback->value == Approx(2 * 0.48).epsilon(0.02));  // E J, J = 2 * 240/1000
    CHECK(says(diagnosed(1e15, false)));
    CHECK(diagnosed(1e15, false).had.find("dither") == std::string::npos);
    CHECK_FALSE(says(diagnosed(0.1, true)));
}
