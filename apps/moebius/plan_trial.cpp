// SPDX-License-Identifier: MIT
#include "plan_trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/base/opened_files.hpp>
#include <moebius/io/checkpoint.hpp>
#include <moebius/plan/run.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "point_command.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

bool is_file(const std::string& name) {
    std::error_code none;
    return std::filesystem::is_regular_file(name, none);
}

/// The file that a word of a command leads to, whatever stands before it and behind it, as in
/// --gate=FILE,layout=... or FILE:CLASSES; empty if there is none.
std::string file_of(std::string word) {
    if (is_file(word)) return word;
    if (word.starts_with('-')) word.erase(0, std::min(word.find('='), word.size() - 1) + 1);
    while (!word.empty() && !is_file(word)) {
        const auto behind = word.find_last_of(":,");
        word.erase(behind == word.npos ? 0 : behind);
    }
    return word;
}

std::string content_sum(const std::string& name) {
    file_reader file(name);
    std::vector<char> block(1 << 16);
    auto sum = fingerprint("");
    while (const auto got = file.read(block)) sum = fingerprint({block.data(), got}, sum);
    return fmt::format("{:016x}", sum);
}

/// Points all over a plan: all of them where they are few.
std::vector<std::uint64_t> spread_points(const sweep_plan& plan) {
    constexpr std::uint64_t most = 256;
    constexpr double golden = 0.6180339887498949;  // multiples leave no part of [0, 1] out
    const auto all = plan.points();
    if (all <= most) {
        std::vector<std::uint64_t> out(all);
        std::iota(out.begin(), out.end(), std::uint64_t{0});
        return out;
    }
    auto out = samples_of(all);
    for (std::uint64_t i = 1; i < most; ++i) {
        const double share = golden * static_cast<double>(i);
        out.push_back(
            static_cast<std::uint64_t>((share - std::floor(share)) * static_cast<double>(all)));
    }
    return out;
}

/// The axis without which the sentence would be another one, as a place in the sweep file; else the
/// command.
std::string place_of(const std::string& sentence, const sweep_plan& plan, const plan_point& at) {
    for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) {
        auto less = plan;
        auto there = at;
        less.axes.erase(less.axes.begin() + static_cast<std::ptrdiff_t>(axis));
        there.at.erase(there.at.begin() + static_cast<std::ptrdiff_t>(axis));
        if (refusal_of(less, there) != sentence) return fmt::format("/axes/{}", axis);
    }
    return "/command";
}

std::optional<plan_reading::refusal> refusal_of_all(const sweep_plan& plan) {
    const auto points = spread_points(plan);
    std::string first;
    for (const auto index : points) {
        const auto sentence = refusal_of(plan, plan.point(index));
        if (first.empty()) first = sentence;
        if (sentence.empty() || (sentence != first && points.size() != plan.points())) return {};
    }
    return plan_reading::refusal{place_of(first, plan, plan.point(points[0])), first};
}

}  // namespace

plan_reading read_points(const sweep_plan& plan) {
    static_cast<void>(point_work_of(plan));
    plan_reading out;
    const opened_files opened;
    out.refused = refusal_of_all(plan);
    out.files = opened.names();
    for (std::size_t i = 1; i < plan.command.size(); ++i)
        out.files.insert(file_of(plan.command[i]));
    std::erase_if(out.files, [](const auto& name) { return !is_file(name); });
    return out;
}

std::set<std::string> require_readable(const sweep_plan& plan, const std::string& file) {
    auto read = of_file(file, [&] { return read_points(plan); });
    if (read.refused)
        throw io_error(fmt::format("{}: {}", file, read.refused->where), read.refused->sentence);
    return std::move(read.files);
}

std::string sums_of(const std::set<std::string>& files) {
    auto out = nlohmann::json::object();
    for (const auto& name : files) out[name] = content_sum(name);
    return out.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace moebius::cli
