// SPDX-License-Identifier: MIT
// Command lines: a word a line. All of it is parsed; what then would run is asked to stop at once,
// so that options are checked and problems are made, but little is computed.
#include "command_line.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "commands.hpp"
#include "harness.hpp"

namespace moebius::fuzz {
namespace {

/// Those that heed a request to stop wherever they are, or have little to do.
constexpr std::string_view run_too[] = {"diagram",  "locus",  "sweep",
                                        "simulate", "models", "routers"};

std::vector<cli::command> commands(bool trained) {
    return {cli::diagram_command(),
            cli::locus_command(),
            cli::exact_command(),
            cli::sweep_command(),
            cli::simulate_command(),
            trained ? cli::validate_trained_command() : cli::validate_command(),
            cli::compare_command(),
            cli::train_command(),
            cli::response_command(),
            cli::plot_command(),
            cli::models_command(),
            cli::routers_command(),
            cli::doctor_command(),
            cli::bench_command()};
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
    const bool runs = !asks_for_much(input, 4);
    std::vector<std::string> words{"moebius"};
    while (!input.empty()) words.emplace_back(take_line(input));
    std::vector<const char*> argv;
    for (const auto& word : words) argv.push_back(word.c_str());

    static const std::atomic<bool> stop{true};
    cli::session session{"moebius", &stop};
    const bool trained = std::find(words.begin(), words.end(), "--trained") != words.end();
    auto all = commands(trained);
    std::vector<decltype(cli::command::run)> kept;  // they own what the options are bound to
    for (auto& one : all)
        if (!runs || leaves_folder(words) ||
            std::find(std::begin(run_too), std::end(run_too), one.name) == std::end(run_too))
            kept.push_back(std::exchange(one.run, [](const cli::session&) { return 0; }));
    (void)cli::run_command_line(all, "", session, static_cast<int>(argv.size()), argv.data());
}

}  // namespace moebius::fuzz
