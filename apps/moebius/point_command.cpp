// SPDX-License-Identifier: MIT
#include "point_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "interrupt.hpp"
#include "program.hpp"
#include "standard_streams.hpp"

namespace moebius::cli {
namespace {

using result_json = nlohmann::json;

constexpr std::string_view spin_name = "spin";

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

point_work spin_work(const sweep_plan& plan) {
    double fixed = 0;
    if (plan.command.size() == 3 && plan.command[1] == "--milliseconds")
        fixed = parse_number("--milliseconds", plan.command[2]);
    else if (plan.command.size() != 1)
        throw invalid_argument("spin", fmt::format("{} words came", plan.command.size() - 1),
                               "it takes --milliseconds COUNT alone");
    std::optional<std::size_t> axis;
    for (std::size_t i = 0; i < plan.axes.size(); ++i)
        if (plan.axes[i].name == "milliseconds") axis = i;
    for (const auto& one : plan.keep)
        if (one.pointer != "/value")
            throw invalid_argument("spin", fmt::format("{} came", one.pointer),
                                   "its result has /value alone");
    return [=](const plan_point& at, std::span<double> kept) {
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
    throw invalid_argument("command", fmt::format("'{}' came", name),
                           "one with a result is needed" + did_you_mean(name, names));
}

/// Options that are the run's own, in the words of a plan and as its axes.
void refuse_own(std::string_view where, std::string_view word) {
    for (const std::string_view own : {"--out", "--plot", "--report", "--format", "--checkpoint",
                                       "--log", "--threads", "--follow"})
        if (word == own || word.starts_with(std::string(own) + '='))
            throw invalid_argument(where, fmt::format("{} came", word),
                                   "points write no files, wait for none and run on one thread "
                                   "each");
}

void refuse_own(const sweep_plan& plan) {
    for (const auto& word : plan.command) refuse_own("command", word);
    for (const auto& axis : plan.axes)
        if (axis.is_option) refuse_own("axes", "--" + axis.name);
}

bool has_flag(const command& of, std::string_view flag) {
    const auto& all = of.options.all();
    return std::any_of(all.begin(), all.end(),
                       [&](const option& one) { return one.flag() == flag; });
}

void check_axis(const command& of, const std::string& flag) {
    std::vector<std::string> flags;
    for (const auto& one : of.options.all()) {
        flags.push_back(one.flag());
        if (flags.back() != flag) continue;
        if (std::holds_alternative<bool*>(one.target) || one.traits.names_file)
            throw invalid_argument(of.name, fmt::format("an axis is {}", flag),
                                   "that takes no number");
        return;
    }
    throw invalid_argument(
        of.name, fmt::format("an axis is {}", flag),
        "it has no such option" +
            did_you_mean(flag, std::vector<std::string_view>(flags.begin(), flags.end())));
}

void check_axes(const sweep_plan& plan, const command& of) {
    for (const auto& axis : plan.axes) check_axis(of, axis.is_option ? "--" + axis.name : "--set");
    if (!plan.seeds.empty()) check_axis(of, "--seed");
}

/// The result of a command line.
/// @throws error with the sentence of the command, or if it prints something else, as --help does
result_json result_of(const std::vector<std::string>& words) {
    std::vector<const char*> line{"moebius"};
    for (const auto& word : words) line.push_back(word.c_str());
    const auto count = static_cast<int>(line.size());
    line.push_back(nullptr);
    taken_words taken(taken_words::of::thread);
    auto session = session_of(count, line.data());
    session.is_part = true;
    const int code = run_program(session, count, line.data());
    if (stop_requested()) throw interrupted("run");
    if (code != exit_code::found && (code != exit_code::no_answer || taken.printed.empty())) {
        if (!taken.told.empty()) taken.told.pop_back();
        throw error(taken.told.empty() ? fmt::format("it ended with {}", code) : taken.told);
    }
    auto result = result_json::parse(taken.printed, nullptr, false);
    if (result.is_discarded())
        throw error(fmt::format("{}: it printed no result", session.command));
    return result;
}

/// Where a pointer leads; and where not, the sentence of why.
struct found_value {
    double value = std::numeric_limits<double>::quiet_NaN();
    std::string missing = {};
};

found_value number_of(const result_json& at, const std::string& pointer) {
    if (at.is_number()) return {at.get<double>()};
    if (at.is_boolean()) return {at.get<bool>() ? 1.0 : 0.0};
    if (at.is_null()) return {};
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (at == "inf") return {infinity};
    if (at == "-inf") return {-infinity};
    return {found_value{}.value,
            fmt::format("{} is no number but {}", pointer,
                        at.is_string() ? excerpt(at.get<std::string>()) : at.type_name())};
}

/// As RFC 6901 has it.
std::string unescaped(std::string_view token) {
    std::string key(token);
    for (const auto& [code, letter] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}})
        for (auto place = key.find(code); place != key.npos; place = key.find(code, place + 1))
            key.replace(place, 2, letter);
    return key;
}

/// The member or entry of that name; null if there is none.
const result_json* entry_of(const result_json& at, const std::string& key) {
    if (at.is_object()) return at.contains(key) ? &at[key] : nullptr;
    constexpr std::size_t most_digits = 9;
    if (!at.is_array() || key.empty() || key.size() > most_digits ||
        key.find_first_not_of("0123456789") != key.npos)
        return nullptr;
    const auto i = std::stoul(key);
    return i < at.size() ? &at[i] : nullptr;
}

std::string missing_entry(const result_json& at, const std::string& way, const std::string& key) {
    std::vector<std::string> keys;
    if (at.is_object())
        for (const auto& [name, one] : at.items()) keys.push_back(name);
    const std::vector<std::string_view> known(keys.begin(), keys.end());
    return fmt::format(
        "{} has no {}{}", way.empty() ? "the result" : way, excerpt(key),
        at.is_array() ? fmt::format("; it has {} entries", at.size()) : did_you_mean(key, known));
}

found_value find_value(const result_json& result, const std::string& pointer) {
    const result_json* at = &result;
    std::string way;
    for (const auto token : parts_of(std::string_view(pointer).substr(1), '/')) {
        const auto key = unescaped(token);
        if (key == "#" && at->is_structured()) return {static_cast<double>(at->size())};
        const auto* next = entry_of(*at, key);
        if (next == nullptr) return {found_value{}.value, missing_entry(*at, way, key)};
        at = next;
        way += '/' + key;
    }
    return number_of(*at, pointer);
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

    [[nodiscard]] result_json result(const sweep_plan& plan, const plan_point& at) const {
        auto words = point_words(plan, at);
        words.insert(words.end(), {"--format", "json"});
        if (threads_) words.insert(words.end(), {"--threads", "1"});
        return result_of(words);
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

point_work point_work_of(const sweep_plan& plan) {
    refuse_own(plan);
    if (plan.command[0] == spin_name) return spin_work(plan);
    return [&plan, line = plan_line(plan)](const plan_point& at, std::span<double> kept) {
        const auto result = line.result(plan, at);
        for (std::size_t k = 0; k < kept.size(); ++k)
            kept[k] = find_value(result, plan.keep[k].pointer).value;
    };
}

point_trial try_point(const sweep_plan& plan, const plan_point& at) {
    static_cast<void>(point_work_of(plan));
    point_trial out{{}, std::vector<std::string>(plan.keep.size())};
    if (plan.command[0] == spin_name) return out;
    try {
        const auto result = plan_line(plan).result(plan, at);
        for (std::size_t k = 0; k < plan.keep.size(); ++k)
            if (const auto found = find_value(result, plan.keep[k].pointer); !found.missing.empty())
                out.missing[k] = fmt::format("keep {}: {}", plan.keep[k].name, found.missing);
    } catch (const interrupted&) {
        throw;
    } catch (const error& e) {
        out.failure = e.what();
    }
    return out;
}

}  // namespace moebius::cli
