// SPDX-License-Identifier: MIT
// The words of options: a line that names the option, then a line for each time it came.
#include <moebius/continuation/options.hpp>
#include <moebius/router/choice.hpp>
#include <moebius/simulate/controller_choice.hpp>

#include "experiment_arguments.hpp"
#include "harness.hpp"
#include "tokens.hpp"
#include "words.hpp"

namespace moebius::fuzz {
namespace {

std::vector<std::string> lines_of(std::string_view input) {
    std::vector<std::string> lines;
    while (!input.empty()) lines.emplace_back(take_line(input));
    return lines;
}

void read_router(const std::vector<std::string>& lines) {
    const router_choice router{lines.front()};
    (void)router.clustering();
    (void)router.make(1, noise_law::gumbel);
}

/// Tokens and data without a file: their text says how many numbers are made.
void read_tokens_text(const std::string& text) {
    cli::token_options options;
    options.tokens = text;
    if (!options.has_features() && !asks_for_much(text, 1e5)) (void)options.source();
}

void read_data_text(const std::vector<std::string>& lines) {
    cli::experiment_arguments options;
    options.data = lines.front();
    options.vary = lines.size() > 1 ? lines[1] : "";
    options.hidden = lines.size() > 2 ? lines[2] : "";
    for (std::size_t i = 3; i < lines.size(); ++i) options.routers.push_back(lines[i]);
    const bool made = options.data.starts_with("mixture:") || options.data.starts_with("teacher:");
    if (made && !asks_for_much(options.data, 1e4))
        (void)cli::experiment_from(options, {"moebius train"});
}

}  // namespace

const std::size_t allocation_floor = std::size_t{256} << 20;

void read_one(std::string_view input) {
    const auto name = take_line(input);
    const auto lines = lines_of(input);
    if (lines.empty()) return;
    if (name == "set") (void)cli::parse_settings(lines);
    if (name == "vary") check_range(cli::parse_range(lines.front()));
    if (name == "from") (void)cli::parse_source(lines.front());
    if (name == "router") read_router(lines);
    if (name == "controller") (void)controller_from(lines.front());
    if (name == "tokens") read_tokens_text(lines.front());
    if (name == "data") read_data_text(lines);
}

}  // namespace moebius::fuzz
