// SPDX-License-Identifier: MIT
#include "train_log.hpp"

#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/load_log_file.hpp>

namespace moebius::cli {

void add_log(std::string& file, option_table& to) {
    to.add(
        "log", file,
        "NPZ file for a load log of every step, with the feedback of its end, as moebius diagnose "
        "reads it",
        {.kept = option_kept::never});
}

void check_log(const std::string& file, const experiment_arguments& of, bool against_another,
               std::vector<written_file>& also) {
    if (file.empty()) return;
    if (of.design.record_every != 1)
        throw invalid_argument("--log", fmt::format("--record-every is {}", of.design.record_every),
                               "a load log has every step: it must be 1");
    if (of.design.layers != 1 || !of.vary.empty() || against_another)
        throw invalid_argument("--log", "two layers, --vary or --against came",
                               "it takes one layer, and runs that are alike");
    also.push_back({"--log", file});
}

void write_log(const std::string& file, const training_report& report) {
    if (file.empty()) return;
    const auto& run = report.made.work.runs.front();
    auto rule = run.rule;
    if (!std::isnan(run.feedback_end)) rule.feedback = run.feedback_end;
    const auto tokens = report.made.work.batch;
    write_file(file, load_log_npz(history_table(report), "run", tokens, loop_config(rule, tokens)));
}

}  // namespace moebius::cli
