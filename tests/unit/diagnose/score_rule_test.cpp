// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

namespace scored_runs {

constexpr std::size_t experts = 8, steps = 1000;
using rows = std::vector<std::vector<double>>;

struct scored_log {
    log_head head;
    rows loads, scores;
};

/// A loop of softmax whose scores a rule of one score moves, logged as the steps route with them.
template <typename Rule>
scored_log moved_by(const Rule& rule, log_head head,
                    std::vector<double> scores = std::vector<double>(experts, 0.0)) {
    std::mt19937_64 random(5);
    scored_log out{std::move(head), {}, {}};
    for (std::size_t t = 0; t < steps; ++t) {
        out.scores.push_back(scores);
        out.loads.push_back(drawn(scores, 1024, random));
        for (std::size_t e = 0; e < experts; ++e)
            scores[e] += rule(out.loads.back()[e] / 1024, scores[e]);
    }
    return out;
}

inline scored_log by_feedback() {
    return moved_by([](double n, double s) { return 0.05 * (3 * n - s); }, head_of(experts, 3));
}

inline layer_diagnosis of(const scored_log& log) {
    layer_margin margin(log.head);
    load_record record;
    for (std::size_t t = 0; t < steps; ++t) {
        ++record.step;
        record.loads = log.loads[t];
        record.scores = log.scores[t];
        margin.take(record);
    }
    return margin.result();
}

/// What is said of the scores; empty where nothing is.
inline std::string said_of(const scored_log& log) {
    for (const auto& note : of(log).notes)
        if (note.find("the logged scores") != std::string::npos) return note;
    return {};
}

inline bool holds(const std::string& text, std::string_view words) {
    CAPTURE(text);
    CHECK(text.find(words) != std::string::npos);
    return text.find(words) != std::string::npos;
}

}  // namespace scored_runs

using scored_runs::by_feedback, scored_runs::holds, scored_runs::moved_by, scored_runs::said_of;

TEST_CASE("scores that a known rule makes of their loads raise nothing", "[diagnose]") {
    auto log = by_feedback();
    CHECK(said_of(log).empty());
    std::rotate(log.scores.begin(), log.scores.begin() + 1, log.scores.end());
    CHECK(said_of(log).empty());  // logged behind their change
    auto controlled = head_of(8, 0);
    controlled.balancer = "integral";
    controlled.bias_rate = 0.2;
    CHECK(said_of(moved_by([](double n, double b) { return -0.2 * (n - 0.125) - 0.01 * b; },
                           controlled))
              .empty());
    controlled.balancer = "sign";
    controlled.bias_rate = 1e-3;
    CHECK(said_of(moved_by([](double n, double) { return n > 0.125 ? -1e-3 : 1e-3; }, controlled))
              .empty());
}

TEST_CASE("collapsed scores that rest raise nothing, however they are rounded", "[diagnose]") {
    const double feedback = GENERATE(11, 12, 13, 14, 15, 17, 20, 30);
    std::vector<double> ahead(8, 0.0);
    ahead[2] = feedback;
    auto log = moved_by([&](double n, double s) { return 0.05 * (feedback * n - s); },
                        head_of(8, feedback), ahead);
    CAPTURE(feedback);
    CHECK(said_of(log).empty());
    const auto rounded = [&](const auto& round) {
        auto out = log;
        for (auto& row : out.scores) std::transform(row.begin(), row.end(), row.begin(), round);
        return said_of(out);
    };
    CHECK(rounded([](double s) { return static_cast<double>(static_cast<float>(s)); }).empty());
    CHECK(rounded([](double s) { return std::stod(fmt::format("{:.6g}", s)); }).empty());
    CHECK(rounded([](double s) { return std::round(s * 1e4) / 1e4; }).empty());
}

TEST_CASE("scores that contradict the loads beside them are named", "[diagnose]") {
    const auto right = by_feedback();
    auto log = right;
    for (auto& row : log.scores)
        for (double& score : row) score = -score;
    holds(said_of(log), "gain per unit of load a step -0.15 (");
    holds(said_of(log), "(rate x feedback) 0.15: a setting is another than told");
    holds(said_of(log), "as scores of the other sign are not");

    log = right;
    for (auto& row : log.scores) std::swap(row[2], row[5]);
    holds(said_of(log), "scores of experts 2, 5 do not follow these experts' loads");

    log = right;
    for (auto& row : log.scores) std::rotate(row.begin(), row.begin() + 1, row.end());
    holds(said_of(log), "are not made of these loads by any rule that is known");

    log = right;
    std::rotate(log.scores.rbegin(), log.scores.rbegin() + 3, log.scores.rend());
    holds(said_of(log), "change by the loads of 3 steps before");
    log = right;
    std::rotate(log.scores.begin(), log.scores.begin() + 2, log.scores.end());
    holds(said_of(log), "change by the loads of 1 step later");
}

TEST_CASE("a told feedback that logged scores refute is named, with a rate and without",
          "[diagnose]") {
    auto log = by_feedback();
    log.head.feedback = 4;
    holds(said_of(log),
          "gain per unit of load a step 0.15 (0.15 to 0.15), and by what is told "
          "(rate x feedback) 0.2");
    log.head.rate.reset();
    holds(said_of(log), "gain per unit of load, at rest, 3 (");
    log.head.feedback = 3;
    CHECK(said_of(log).empty());
    auto of_signs = head_of(8, 0);
    of_signs.balancer = "sign";
    of_signs.bias_rate = 2e-3;
    holds(said_of(moved_by([](double n, double) { return n > 0.125 ? -1e-3 : 1e-3; }, of_signs)),
          "gain per sign of load - 1/E a step -0.001 (");
}

TEST_CASE("a told K that counts refute is named, and one that features lower is not",
          "[diagnose]") {
    const auto counts = loop_counts(8, 1024, {.feedback = 4, .step = 0.05}, 4000, 3);
    const auto told = [&](double feedback) { return diagnosis_of(head_of(8, feedback), counts); };
    const std::string rule = "feedback beta/decay is ";

    REQUIRE(told(4).feedback);
    CHECK_FALSE(notes_hold(told(4), rule));
    CHECK(notes_hold(told(1), rule + "1 by what is told, and "));
    CHECK(notes_hold(told(1), "as measured, and no gate gains more than what is told"));
    CHECK(notes_hold(told(-4), "no gate gains more than what is told"));
    CHECK(notes_hold(told(12), "gates that tell tokens apart gain so much less"));
}

TEST_CASE("scores that follow loads though nothing says so leave no log safe", "[diagnose]") {
    auto log = moved_by([](double n, double s) { return 0.5 * (6 * n - s); }, log_head{});
    log.head.experts = scored_runs::experts;
    const auto got = scored_runs::of(log);
    CHECK(got.verdict == load_verdict::cannot_tell);
    holds(got.reason, "scores follow loads, and so they do inside the coexistence window");
    holds(got.untold, "gain 3 per unit of load a step and forget 0.5 of themselves");
    holds(got.untold, "--rate 0.5 --decay 1 --feedback 6 would tell K");

    auto unscored = log;
    unscored.scores.assign(unscored.scores.size(), {});
    const auto counts_alone = scored_runs::of(unscored);
    CHECK(counts_alone.verdict == load_verdict::safe);
    holds(counts_alone.untold, "nothing says that scores follow loads");
    auto integral = moved_by([](double n, double b) { return -0.2 * n - 0.05 * b; }, log.head);
    holds(scored_runs::of(integral).untold, "nothing says that scores follow loads");
}

TEST_CASE("a slope of loads on scores is the controller read backwards where it is that",
          "[diagnose]") {
    const std::string backwards = "that is the controller read backwards, not the router",
                      mixed = "this mixes the router's slope with the controller";
    const auto rests = scored_runs::of(
        moved_by([](double n, double s) { return 0.5 * (4 * n - s); }, head_of(8, 4)));
    CHECK_FALSE(notes_hold(rests, backwards));  // 1/8 is the router's, and 1/4 the controller's
    CHECK(notes_hold(rests, mixed));
    const auto collapsed = scored_runs::of(
        moved_by([](double n, double s) { return 0.05 * (12 * n - s); }, head_of(8, 12)));
    CHECK(notes_hold(collapsed, backwards));
    CHECK_FALSE(notes_hold(collapsed, mixed));
}
