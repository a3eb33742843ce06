// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "progress_line.hpp"

namespace moebius::cli {
namespace {

bool is_list(const option_target& target) {
    return std::holds_alternative<std::vector<std::string>*>(target);
}

/// Keeps what was given, under its own name and under that of the library's sentences.
void note(const option& came, session& session) {
    session.given[came.name] = came.flag();
    if (came.traits.field.empty())
        session.fields.emplace(came.name, came.flag());
    else
        session.fields[came.traits.field] = came.flag();
}

void bind_flag(CLI::App& sub, const option& to, session& session) {
    auto* target = std::get<bool*>(to.target);
    sub.add_flag_callback(
        to.flag(),
        [&to, &session, target] {
            *target = !to.traits.switches_off;
            note(to, session);
        },
        to.meaning);
}

void bind(CLI::App& sub, const option& to, session& session) {
    if (std::holds_alternative<bool*>(to.target)) return bind_flag(sub, to, session);
    const auto shown = shown_default(to);
    const auto read = [&to, &session, fresh = true](const std::vector<std::string>& words) mutable {
        // what is given takes the place of a list's default
        if (auto* const* list = std::get_if<std::vector<std::string>*>(&to.target); list && fresh)
            (*list)->clear();
        fresh = false;
        for (const auto& word : words) to.read(word);
        note(to, session);
        return true;
    };
    auto* made = sub.add_option(to.flag(), read, to.meaning);
    made->type_name(type_of(to))->required(to.traits.required);
    if (!shown.empty()) made->default_str(shown);
    if (is_list(to.target) && !to.traits.comma_list)
        made->type_size(1)->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args();
}

/// CLI11 would only say that a subcommand is missing.
void check_subcommand(std::span<const command> commands, std::string_view word) {
    std::vector<std::string_view> names;
    for (const auto& one : commands) names.emplace_back(one.name);
    if (word.starts_with('-') || std::find(names.begin(), names.end(), word) != names.end()) return;
    throw invalid_argument("subcommand", fmt::format("'{}' came", word),
                           fmt::format("a known one is needed{}", did_you_mean(word, names)));
}

/// The subcommand, once it is read.
const CLI::App* asked_of(const CLI::App* at) {
    for (const auto* sub : at->get_subcommands()) return sub;
    return at;
}

/// An option that nobody knows, with the nearest one that is known.
std::string unknown_option(const CLI::App* at) {
    const auto* asked = asked_of(at);
    std::vector<std::string> known;
    for (const auto* option : asked->get_options())
        for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    const std::vector<std::string_view> names(known.begin(), known.end());
    for (const auto& word : at->remaining(true)) {
        if (!word.starts_with("--")) continue;
        const auto name = word.substr(0, word.find('='));
        if (std::find(names.begin(), names.end(), name) != names.end())
            return fmt::format("{}: it came before the subcommand, but options follow it", name);
        return fmt::format("{}: '{}' came, but it is no option{}", asked->get_name(), word,
                           did_you_mean(name, names));
    }
    return {};
}

/// An option of one value that came with several.
std::string repeated_option(const CLI::App* at) {
    for (const auto* option : asked_of(at)->get_options())
        if (option->count() > 1 && option->get_items_expected_max() == 1)
            return fmt::format("{}: it came {} times, but once is the most", option->get_name(),
                               option->count());
    return {};
}

/// One line.
std::string failure_message(const CLI::App* at, const CLI::Error& e) {
    if (e.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch))
        if (auto sentence = repeated_option(at); !sentence.empty()) return sentence;
    if (e.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError))
        if (auto sentence = unknown_option(at); !sentence.empty()) return sentence;
    return fmt::format("{} (--help tells more)", e.what());
}

/// Says what CLI11 ended with: help, the version, or why it could not read the line.
int end_of(const CLI::App& app, const CLI::ParseError& end) {
    std::ostringstream help, complaint;
    const int code = app.exit(end, help, complaint);
    if (!complaint.str().empty()) tell(complaint.str());
    print(help.str());
    return code;
}

}  // namespace

std::string type_of(const option& of) {
    constexpr const char* names[] = {"FLOAT", "UINT",      "UINT",  "",    "TEXT",
                                     "TEXT",  "FLOAT,...", "FLOAT", "UINT"};
    return names[of.target.index()];
}

std::string shown_default(const option& of) {
    if (!of.traits.shown.empty() || is_list(of.target)) return of.traits.shown;
    return of.text();
}

void refuse_unused(const session& session, std::string_view way,
                   std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        if (const auto found = session.given.find(name); found != session.given.end())
            throw invalid_argument(found->second, fmt::format("it came for {}", way),
                                   "that does not use it");
}

int run_command_line(std::span<command> commands, std::string_view footer, session& session,
                     int argc, const char* const* argv) {
    CLI::App app{"How far a Mixture-of-Experts router is from collapse, and what it will do there.",
                 "moebius"};
    app.set_version_flag("--version", fmt::format("moebius {}", version()));
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);
    app.footer(std::string(footer));
    app.failure_message(failure_message);
    const command* chosen = nullptr;
    for (auto& one : commands) {
        auto* sub = app.add_subcommand(one.name, one.meaning);
        for (const auto& option : one.options.all()) bind(*sub, option, session);
        sub->footer("Example: " + one.example);
        sub->final_callback([&chosen, &one] { chosen = &one; });
    }
    if (argc > 1) check_subcommand(commands, argv[1]);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& end) {
        return end_of(app, end);
    }
    session.name = chosen->name;
    session.line = session.is_part ? std::make_shared<progress_line>()
                                   : std::make_shared<progress_line>(chosen->name);
    return chosen->run(session);
}

}  // namespace moebius::cli
