// SPDX-License-Identifier: MIT
// Command lines: a word a line. All of it is parsed; what then would run is asked to stop at once,
// so that options are checked and problems are made, but little is computed.
#include "command_line.hpp"

#include <algorithm>
#include <utility>

#include "commands.hpp"
#include "harness.hpp"
#include "interrupt.hpp"

namespace moebius::fuzz {
namespace {

struct known_command {
    std::string_view name;
    cli::command (*make)();
    bool runs;  ///< it heeds a request to stop wherever it is, or has little to do
};

constexpr known_command known[] = {
    {"diagram", cli::diagram_command, true},    {"locus", cli::locus_command, true},
    {"exact", cli::exact_command, false},       {"sweep", cli::sweep_command, true},
    {"simulate", cli::simulate_command, true},  {"validate", cli::validate_command, false},
    {"compare", cli::compare_command, false},   {"train", cli::train_command, false},
    {"response", cli::response_command, false}, {"plot", cli::plot_command, false},
    {"models", cli::models_command, true},      {"routers", cli::routers_command, true},
    {"doctor", cli::doctor_command, false},     {"bench", cli::bench_command, false},
    {"check", cli::check_command, false},       {"diagnose", cli::diagnose_command, true},
    {"follow", cli::follow_command, false}};

bool is_among(std::string_view word, const std::vector<std::string>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Those that the words name, a short one if they name none: making commands takes most of the
/// time.
std::vector<known_command> commands_of(const std::vector<std::string>& words) {
    std::vector<known_command> named;
    for (const auto& one : known)
        if (is_among(one.name, words)) named.push_back(one);
    if (named.empty()) named.push_back({"routers", cli::routers_command, true});
    return named;
}

/// Nothing is read or written but in the folder that the program was started in.
bool leaves_folder(const std::vector<std::string>& words) {
    return std::any_of(words.begin(), words.end(), [](const auto& word) {
        return word.find('/') != word.npos && !word.starts_with("mixture:");
    });
}

}  // namespace

const std::size_t allocation_floor = std::size_t{256} << 20;

void read_one(std::string_view input) {
    // the response of a router is a table, made before anything asks whether to stop
    const bool runs = !asks_for_much(input, 1e8) && input.find("--router") == input.npos;
    std::vector<std::string> words{"moebius"};
    while (!input.empty()) words.emplace_back(take_line(input));
    std::vector<const char*> argv;
    for (const auto& word : words) argv.push_back(word.c_str());

    cli::request_stop();
    cli::session session{"moebius"};
    std::vector<cli::command> all;
    std::vector<decltype(cli::command::run)> kept;  // they own what the options are bound to
    for (const auto& one : commands_of(words)) {
        const bool trained = one.name == "validate" && is_among("--trained", words);
        all.push_back(trained ? cli::validate_trained_command() : one.make());
        if (!runs || !one.runs || leaves_folder(words))
            kept.push_back(std::exchange(all.back().run, [](const cli::session&) { return 0; }));
    }
    (void)cli::run_command_line(all, "", session, static_cast<int>(argv.size()), argv.data());
}

}  // namespace moebius::fuzz
