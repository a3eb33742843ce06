// SPDX-License-Identifier: MIT
#include "train_log.hpp"

#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>

#include "command.hpp"

namespace moebius::cli {
namespace {

/// Of all steps but the first, of which the log has no scores.
log_probes probes_of(const training_report& report) {
    log_probes out;
    const auto& work = report.made.work;
    const std::size_t experts = work.runs.front().model->experts(), square = experts * experts;
    std::vector<double> dither(experts);
    const auto& first = work.runs.front();
    for (std::uint64_t t = 1; t < report.states.front().step; ++t) {
        if (!std::isnan(first.feedback_end)) out.feedback.push_back(feedback_at(first, t));
        for (std::size_t r = 0; r < work.runs.size(); ++r) {
            if (work.probe.dither > 0) {
                dither_of(work.probe.dither, work.runs[r].seed, t, dither);
                out.dither.insert(out.dither.end(), dither.begin(), dither.end());
            }
            const auto& products = report.states[r].products;
            if ((t + 1) * square > products.size()) continue;
            const auto from = products.begin() + static_cast<std::ptrdiff_t>(t * square);
            out.moments.insert(out.moments.end(), from, from + static_cast<std::ptrdiff_t>(square));
        }
    }
    return out;
}

}  // namespace

void add_log(log_arguments& log, std::string_view of, option_table& to) {
    to.add("log", log.file,
           fmt::format("file for a load log {}, with its true K, as moebius diagnose reads it: "
                       ".npz, .csv, .tsv or .jsonl",
                       of),
           {.kept = option_kept::never});
    to.add("moments", log.probe.moments,
           "the log also has the sums over tokens of p p', p the router's shares",
           {.kept = option_kept::never});
    to.add("dither", log.probe.dither,
           "each score is routed by so much more or less, at random, which the log has, too",
           {.kept = option_kept::never});
}

bool has_log(const log_arguments& log, std::uint64_t record_every, const session& session) {
    if (log.file.empty()) {
        refuse_unused(session, "a run without --log", {"moments", "dither"});
        return false;
    }
    const auto format = load_log_format_of(log.file);
    if (!format)
        throw invalid_argument("--log", fmt::format("{} came", log.file),
                               "a load log is written as .npz, .csv, .tsv or .jsonl, which have a "
                               "place for its K");
    if (log.probe.moments && !holds_moments(*format))
        throw invalid_argument("--moments", fmt::format("--log is {}", log.file),
                               "a row an expert has no place for them: .npz and .jsonl have");
    if (record_every != 1)
        throw invalid_argument("--log", fmt::format("--record-every is {}", record_every),
                               "a load log has every step: it must be 1");
    return true;
}

std::size_t logged_top_k(const router_choice& router) {
    if (router.is_top_1()) return 1;
    const auto rule = router.make(1, noise_law::gumbel)->rule();
    if (!rule || rule->chooses == routing_rule::kind::shares || rule->k_min != rule->k_max)
        throw invalid_argument("--log", fmt::format("--router {} came", router.text),
                               "a load log counts the choices of tokens that choose top_k experts "
                               "each");
    return rule->k_max;
}

void check_log(const log_arguments& log, const experiment_arguments& of, bool against_another,
               const session& session, std::vector<written_file>& also) {
    if (!has_log(log, of.design.record_every, session)) return;
    if (of.design.layers != 1 || !of.vary.empty() || against_another)
        throw invalid_argument("--log", "two layers, --vary or --against came",
                               "it takes one layer, and runs that are alike");
    (void)logged_top_k({of.routers.front()});
    also.push_back({"--log", log.file});
}

void write_log(const log_arguments& log, const table& records, std::string_view run_column,
               std::size_t choices, std::string_view config, const log_probes& probes) {
    write_file(log.file, load_log(*load_log_format_of(log.file), records, run_column, choices,
                                  config, probes));
}

void write_log(const log_arguments& log, const training_report& report) {
    if (log.file.empty()) return;
    const auto& run = report.made.work.runs.front();
    auto rule = run.rule;
    if (!std::isnan(run.feedback_end)) rule.feedback = run.feedback_end;
    if (!run.hold.loads.empty())  // loads less their targets move scores, as an integral rule's do
        rule.controller = {control_law::integral, hold_rule(run.hold, run.rule).step / rule.step};
    const auto tokens = report.made.work.batch, top_k = run.model->routing()->rule()->k_max;
    write_log(log, history_table(report), "run", tokens * top_k, loop_config(rule, tokens, top_k),
              probes_of(report));
}

}  // namespace moebius::cli
