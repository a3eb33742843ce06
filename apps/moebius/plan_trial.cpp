// SPDX-License-Identifier: MIT
#include "plan_trial.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/io/checkpoint.hpp>
#include <optional>

#include "point_command.hpp"

namespace moebius::cli {
namespace {

/// The file that a word of a command leads to, whatever stands before it and behind it, as in
/// --gate=FILE,layout=... or FILE:CLASSES; empty if there is none.
std::string file_of(std::string word) {
    const auto is_file = [](const std::string& name) {
        std::error_code none;
        return std::filesystem::is_regular_file(name, none);
    };
    if (is_file(word)) return word;
    if (word.starts_with('-')) word.erase(0, std::min(word.find('='), word.size() - 1) + 1);
    while (!word.empty() && !is_file(word)) {
        const auto behind = word.find_last_of(":,");
        word.erase(behind == word.npos ? 0 : behind);
    }
    return word;
}

std::uint64_t content_sum(const std::string& name, std::uint64_t before) {
    file_reader file(name);
    std::vector<char> block(1 << 16);
    while (const auto got = file.read(block)) before = fingerprint({block.data(), got}, before);
    return before;
}

}  // namespace

std::vector<std::uint64_t> samples_of(const sweep_plan& plan) {
    std::vector<std::uint64_t> out{0};
    for (const auto index : {plan.points() / 2, plan.points() - 1})
        if (index != out.back()) out.push_back(index);
    return out;
}

plan_trial try_plan(const sweep_plan& plan, bool all) {
    plan_trial out;
    std::vector<std::string> lacking;  // one a quantity, of the first sample; empty: some have it
    for (const auto index : samples_of(plan)) {
        const auto trial = try_point(plan, plan.point(index));
        if (!trial.failure.empty()) {
            out.failures.push_back(fmt::format("point {} fails: {}", index, trial.failure));
            continue;
        }
        if (lacking.empty()) lacking = trial.missing;
        for (std::size_t k = 0; k < lacking.size(); ++k)
            if (trial.missing[k].empty()) lacking[k].clear();
        const bool sound = std::all_of(trial.missing.begin(), trial.missing.end(),
                                       [](const auto& sentence) { return sentence.empty(); });
        if (sound && !all) break;
    }
    std::erase(lacking, "");
    out.faults = std::move(lacking);
    if (out.failures.size() == samples_of(plan).size()) std::swap(out.faults, out.failures);
    return out;
}

void require_sound(const sweep_plan& plan) {
    const auto trial = try_plan(plan, false);
    if (!trial.faults.empty())
        throw invalid_argument("run", fmt::format("{}", fmt::join(trial.faults, "; ")),
                               "points that can be computed are needed (moebius plan check)");
}

std::string inputs_of(const sweep_plan& plan) {
    std::optional<std::uint64_t> sum;
    for (std::size_t i = 1; i < plan.command.size(); ++i)
        if (const auto name = file_of(plan.command[i]); !name.empty())
            sum = content_sum(name, sum.value_or(fingerprint("")));
    return sum ? fmt::format("{:016x}", *sum) : "none";
}

}  // namespace moebius::cli
