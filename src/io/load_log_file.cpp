// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <moebius/base/error.hpp>
#include <moebius/io/load_log_file.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "load_log_arrays.hpp"

namespace moebius {
namespace {

constexpr std::pair<std::string_view, load_log_format> endings[] = {
    {"", load_log_format::npz},
    {".npz", load_log_format::npz},
    {".csv", load_log_format::csv},
    {".tsv", load_log_format::tsv},
    {".jsonl", load_log_format::jsonl}};

/// Columns NAME_1, NAME_2, ... of a table.
std::vector<const std::vector<double>*> numbered(const table& records, std::string_view name) {
    std::vector<const std::vector<double>*> out;
    for (std::size_t i = 0; i < records.names.size(); ++i)
        if (records.names[i] == fmt::format("{}_{}", name, out.size() + 1))
            out.push_back(&records.columns[i]);
    return out;
}

void check_probe(std::string_view name, const std::vector<double>& values, std::size_t needed) {
    if (values.empty() || values.size() == needed) return;
    throw invalid_argument("load log", fmt::format("{} numbers of {} came", values.size(), name),
                           fmt::format("{} are needed", needed));
}

/// Shape and probes of a log; its counts and scores are to come.
load_log_arrays begun_log(const std::vector<double>& run, std::size_t experts,
                          std::string_view config, const log_probes& probes) {
    const auto rows = run.size();
    const auto length = static_cast<std::size_t>(
        std::find_if(run.begin(), run.end(), [&](double r) { return r != run.front(); }) -
        run.begin());
    if (length < 2 || rows % length != 0)
        throw invalid_argument("load log",
                               fmt::format("{} rows came, {} of the first run", rows, length),
                               "runs are to have the same steps, two or more");
    load_log_arrays out{length - 1, rows / length, experts, {}, {}, probes, config};
    check_probe("dither", probes.dither, out.loads());
    check_probe("moments", probes.moments, out.loads() * experts);
    check_probe("feedback", probes.feedback, out.steps);
    return out;
}

/// What is true of the runs, and how many experts a layer has, which rows alone do not say.
std::string with_experts(std::string_view config, std::size_t experts) {
    auto out = nlohmann::ordered_json::parse(config);
    out["experts"] = experts;
    return out.dump();
}

}  // namespace

std::optional<load_log_format> load_log_format_of(std::string_view file) {
    const auto ending = std::filesystem::path(file).extension().string();
    for (const auto& [known, format] : endings)
        if (ending == known) return format;
    return std::nullopt;
}

bool holds_moments(load_log_format format) {
    return format == load_log_format::npz || format == load_log_format::jsonl;
}

std::string load_log(load_log_format format, const table& records, std::string_view run_column,
                     std::size_t choices, std::string_view config, const log_probes& probes) {
    const auto& run = records.at(run_column);
    const auto loads = numbered(records, "load"), scores = numbered(records, "score"),
               control = numbered(records, "control");
    const auto facts = with_experts(config, loads.size());
    auto log = begun_log(run, loads.size(), facts, probes);
    const auto length = log.steps + 1;
    for (std::size_t t = 1; t < length; ++t)
        for (std::size_t first = 0; first < run.size(); first += length)
            for (std::size_t e = 0; e < log.experts; ++e) {
                log.counts.push_back(static_cast<std::int32_t>(
                    std::lround((*loads[e])[first + t] * static_cast<double>(choices))));
                const std::size_t before = first + t - 1;
                log.scores.push_back((*scores.at(e))[before] +
                                     (control.empty() ? 0 : (*control.at(e))[before]));
            }
    switch (format) {
        case load_log_format::npz:
            break;
        case load_log_format::csv:
            return to_rows(log, ',');
        case load_log_format::tsv:
            return to_rows(log, '\t');
        case load_log_format::jsonl:
            return to_records(log);
    }
    return to_npz(log);
}

std::string loop_config(const feedback_rule& rule, std::size_t tokens, std::size_t top_k,
                        std::string_view gate) {
    const auto& controller = rule.controller;
    nlohmann::ordered_json out{
        {"top_k", top_k},      {"tokens", tokens},
        {"eta", rule.step},    {"feedback", rule.feedback},
        {"decay", rule.decay}, {"beta", rule.beta},
        {"gate", gate},        {"K", rule.feedback * rule.beta / rule.decay}};
    switch (controller.law) {
        case control_law::none:
            out["balancer"] = rule.feedback == 0 ? "none" : "feedback";
            break;
        case control_law::integral:
            out["balancer"] = "integral";
            out["bias_rate"] = controller.gain * rule.step;
            out["bias_leak"] = controller.leak * rule.step;
            break;
        case control_law::sign:
        case control_law::centred_sign:
            out["balancer"] = "sign";
            out["bias_rate"] = controller.gain;
            break;
    }
    return out.dump();
}

}  // namespace moebius
