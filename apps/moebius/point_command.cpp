// SPDX-License-Identifier: MIT
#include "point_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <nlohmann/json.hpp>

#include "interrupt.hpp"
#include "kept_check.hpp"
#include "program.hpp"
#include "result_value.hpp"
#include "standard_streams.hpp"

namespace moebius::cli {
namespace {

using result_json = nlohmann::json;

constexpr std::string_view spin_name = "spin", spin_cost = "milliseconds";

/// Processor time of this thread in seconds: a spin costs the same on a shared machine.
double thread_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// A number that depends on where the point is, and on nothing else.
double spun_value(const plan_point& at) {
    double out = at.seed ? static_cast<double>(*at.seed % 1000) : 0;
    for (const double value : at.at) out = std::fma(out, 0.618, value);
    return out;
}

/// Of an axis in the sweep file.
std::string axis_place(std::size_t axis) { return fmt::format("/axes/{}", axis); }

point_work spin_work(const sweep_plan& plan) {
    double fixed = 0;
    if (plan.command.size() == 3 && plan.command[1] == "--milliseconds")
        fixed = parse_number("--milliseconds", plan.command[2]);
    else if (plan.command.size() != 1)
        throw invalid_argument("spin", fmt::format("{} words came", plan.command.size() - 1),
                               "it takes --milliseconds COUNT alone");
    std::optional<std::size_t> axis;
    for (std::size_t i = 0; i < plan.axes.size(); ++i) {
        const auto& one = plan.axes[i];
        if (one.name == spin_cost)
            axis = i;
        else if (one.is_option)
            throw invalid_argument(
                axis_place(i), fmt::format("--{} came", one.name),
                "spin has no such option" + did_you_mean(one.name, std::array{spin_cost}));
    }
    for (const auto& one : plan.keep)
        if (one.pointer != "/value")
            throw invalid_argument("spin", fmt::format("{} came", one.pointer),
                                   "its result has /value alone");
    return [=, &plan](std::uint64_t index, std::span<double> kept) {
        const auto at = plan.point(index);
        const double until = thread_seconds() + 1e-3 * (axis ? at.at[*axis] : fixed);
        while (thread_seconds() < until) {
        }
        std::fill(kept.begin(), kept.end(), spun_value(at));
    };
}

const command& command_named(const std::vector<command>& all, const std::string& name) {
    std::vector<std::string_view> names{spin_name};
    for (const auto& one : all) {
        const auto has = [&](std::string_view wanted) {
            const auto& options = one.options.all();
            return std::any_of(options.begin(), options.end(),
                               [&](const option& of) { return of.name == wanted; });
        };
        if (!has("format")) continue;  // it has no result
        names.emplace_back(one.name);
        if (one.name == name) return one;
    }
    throw invalid_argument("/command", fmt::format("'{}' came", name),
                           "one with a result is needed" + did_you_mean(name, names));
}

/// Options that are the run's own, in the words of a plan and as its axes. What diagnose follows is
/// a file; validate follows rests.
void refuse_own(std::string_view command, std::string_view where, std::string_view word) {
    std::vector<std::string_view> all{"--out",        "--plot", "--report", "--format",
                                      "--checkpoint", "--log",  "--threads"};
    if (command == "diagnose") all.emplace_back("--follow");
    for (const auto own : all)
        if (word == own || word.starts_with(std::string(own) + '='))
            throw invalid_argument(where, fmt::format("{} came", word),
                                   "points write no files, wait for none and run on one thread "
                                   "each");
}

void refuse_own(const sweep_plan& plan) {
    const auto& name = plan.command[0];
    for (const auto& word : plan.command) refuse_own(name, "/command", word);
    for (std::size_t i = 0; i < plan.axes.size(); ++i)
        if (plan.axes[i].is_option) refuse_own(name, axis_place(i), "--" + plan.axes[i].name);
}

bool has_flag(const command& of, std::string_view flag) {
    const auto& all = of.options.all();
    return std::any_of(all.begin(), all.end(),
                       [&](const option& one) { return one.flag() == flag; });
}

/// @param place  in the sweep file
void check_axis(const command& of, const std::string& flag, const std::string& place) {
    std::vector<std::string> flags;
    for (const auto& one : of.options.all()) {
        flags.push_back(one.flag());
        if (flags.back() != flag) continue;
        if (std::holds_alternative<bool*>(one.target) || one.traits.names_file)
            throw invalid_argument(place, fmt::format("{} came", flag), "that takes no number");
        return;
    }
    const std::vector<std::string_view> known(flags.begin(), flags.end());
    throw invalid_argument(place, fmt::format("{} came", flag),
                           of.name + " has no such option" + did_you_mean(flag, known));
}

void check_axes(const sweep_plan& plan, const command& of) {
    for (std::size_t i = 0; i < plan.axes.size(); ++i)
        check_axis(of, plan.axes[i].is_option ? "--" + plan.axes[i].name : "--set", axis_place(i));
    if (!plan.seeds.empty()) check_axis(of, "--seed", "/seeds");
}

/// How a command line ended, and what it printed.
struct line_end {
    int code;
    std::string printed, told;

    [[nodiscard]] bool has_result() const {
        return code == exit_code::found || (code == exit_code::no_answer && !printed.empty());
    }
    [[nodiscard]] std::string sentence() const {
        if (told.empty()) return fmt::format("it ended with {}", code);
        return told.substr(0, told.size() - 1);
    }
};

/// @param until_work  less what it computes
line_end run_line(const std::vector<std::string>& words, bool until_work = false) {
    std::vector<const char*> line{"moebius"};
    for (const auto& word : words) line.push_back(word.c_str());
    const auto count = static_cast<int>(line.size());
    line.push_back(nullptr);
    taken_words taken(taken_words::of::thread);
    auto session = session_of(count, line.data());
    session.is_part = true;
    session.until_work = until_work;
    const int code = run_program(session, count, line.data());
    if (stop_requested()) throw interrupted("run");
    return {code, std::move(taken.printed), std::move(taken.told)};
}

std::string no_result(const std::string& command) { return command + ": it printed no result"; }

/// The result of a command line.
/// @throws error with the sentence of the command, or if it prints something else, as --help does
result_json result_of(const std::vector<std::string>& words) {
    const auto end = run_line(words);
    if (!end.has_result()) throw error(end.sentence());
    auto result = result_json::parse(end.printed, nullptr, false);
    if (result.is_discarded()) throw error(no_result(words[0]));
    return result;
}

/// The command of a plan, which is checked, less the axes.
class plan_line {
public:
    explicit plan_line(const sweep_plan& plan) {
        const auto& words = plan.command;
        const bool trained = std::find(words.begin(), words.end(), "--trained") != words.end();
        const auto all = all_commands(trained);
        const auto& named = command_named(all, words[0]);
        check_axes(plan, named);
        threads_ = has_flag(named, "--threads");
    }

    [[nodiscard]] std::vector<std::string> words(const sweep_plan& plan,
                                                 const plan_point& at) const {
        auto out = point_words(plan, at);
        out.insert(out.end(), {"--format", "json"});
        if (threads_) out.insert(out.end(), {"--threads", "1"});
        return out;
    }

private:
    bool threads_ = false;
};

/// As the reader of a whole number and that of any other take it: no 1e+16.
std::string value_word(double value) {
    constexpr double most = 1e18;
    const bool whole = value == std::floor(value) && std::abs(value) < most;
    return whole ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
}

}  // namespace

std::vector<std::string> point_words(const sweep_plan& plan, const plan_point& at) {
    auto out = plan.command;
    for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) {
        const auto& [name, is_option] = std::pair(plan.axes[axis].name, plan.axes[axis].is_option);
        if (is_option)
            out.push_back(fmt::format("--{}={}", name, value_word(at.at[axis])));
        else
            out.insert(out.end(), {"--set", fmt::format("{}={}", name, value_word(at.at[axis]))});
    }
    if (at.seed) out.insert(out.end(), {"--seed", std::to_string(*at.seed)});
    return out;
}

point_work point_work_of(const sweep_plan& plan, kept_check* check) {
    refuse_own(plan);
    if (plan.command[0] == spin_name) return spin_work(plan);
    return [&plan, check, line = plan_line(plan)](std::uint64_t index, std::span<double> kept) {
        std::vector<found_value> found(check != nullptr ? kept.size() : 0);
        try {
            const auto result = result_of(line.words(plan, plan.point(index)));
            for (std::size_t k = 0; k < kept.size(); ++k) {
                auto at = find_value(result, plan.keep[k].pointer);
                kept[k] = at.value;
                if (!at.missing.empty())
                    at.missing = fmt::format("keep {}: {}", plan.keep[k].name, at.missing);
                if (check != nullptr) found[k] = std::move(at);
            }
        } catch (const interrupted&) {
            throw;
        } catch (const error&) {
            if (check != nullptr) check->note(index, {});
            throw;
        }
        if (check != nullptr) check->note(index, found);
    };
}

std::string refusal_of(const sweep_plan& plan, const plan_point& at) {
    if (plan.command[0] == spin_name) return {};
    const auto end = run_line(plan_line(plan).words(plan, at), true);
    if (!end.has_result()) return end.sentence();
    if (!end.printed.empty() && !result_json::accept(end.printed))
        return no_result(plan.command[0]);
    return {};
}

}  // namespace moebius::cli
