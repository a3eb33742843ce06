// SPDX-License-Identifier: MIT
#include "tokens.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/tokens/token_file.hpp>
#include <utility>

#include "words.hpp"

namespace moebius::cli {
namespace {

constexpr std::string_view mixture_prefix = "mixture:", normal_prefix = "normal:";

/// WIDTH, WIDTH/EXPERTS or WIDTH/EXPERTS/SEED, the seed that of the gate.
std::shared_ptr<const token_source> normal_of(std::string_view text) {
    std::size_t numbers[] = {0, 2, 1};
    const auto parts = split(text, '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const double value = i < 3 ? parse_number("--tokens", parts[i]) : -1;
        if (!(value >= (i < 2 ? 1 : 0) && value <= 1e6 && value == std::floor(value)))
            throw invalid_argument("--tokens", fmt::format("'{}{}' came", normal_prefix, text),
                                   "it must be normal:WIDTH/EXPERTS/SEED, whole numbers");
        numbers[i] = static_cast<std::size_t>(value);
    }
    if (numbers[0] * numbers[1] > (std::size_t{1} << 26))
        throw invalid_argument("--tokens", fmt::format("'{}{}' came", normal_prefix, text),
                               "width times experts must be at most 2^26");
    return normal_tokens(random_gate(numbers[1], numbers[0], numbers[2]), numbers[1]);
}

/// CENTER/WIDTH/WEIGHT; a weight that is left out is 1, and all are scaled to sum to 1.
std::vector<margin_node> mixture_of(std::string_view text) {
    std::vector<margin_node> nodes;
    double sum = 0;
    for (const auto part : split(text, ',')) {
        const auto numbers = split(part, '/');
        if (numbers.size() < 2 || numbers.size() > 3)
            throw invalid_argument("--tokens", fmt::format("'{}' came in a mixture", part),
                                   "it must be CENTER/WIDTH or CENTER/WIDTH/WEIGHT");
        margin_node node{parse_number("--tokens", numbers[0]), 1,
                         parse_number("--tokens", numbers[1])};
        if (numbers.size() == 3) node.weight = parse_number("--tokens", numbers[2]);
        sum += node.weight;
        nodes.push_back(node);
    }
    for (auto& node : nodes) node.weight /= sum;
    return nodes;
}

}  // namespace

void token_options::add_to(CLI::App& sub) {
    sub.add_option("--tokens", tokens,
                   "CSV or NPY file of tokens; margins mixture:CENTER/WIDTH/WEIGHT,...; or "
                   "normal:WIDTH/EXPERTS/SEED: normal features and a random gate");
    sub.add_option("--gate", gate.gate,
                   "class-means:A,B or random:SEED, on features divided by the largest one; or an "
                   "NPY file of weights, on the raw features")
        ->capture_default_str();
    sub.add_option("--classes", gate.classes, "route tokens of these classes only")->delimiter(',');
    sub.add_flag("!--no-labels", gate.labels, "the last column of the tokens is a feature");
    sub.add_option("--noise", noise, fmt::format("{}", fmt::join(noise_names(), ", ")))
        ->capture_default_str();
}

void token_options::inherit(const result_heading& heading) {
    noise = word_of(heading, "noise", noise);
    if (!tokens.empty()) return;
    tokens = word_of(heading, "tokens", "");
    gate.gate = word_of(heading, "gate", gate.gate);
    if (const auto classes = word_of(heading, "classes", ""); !classes.empty())
        for (const auto name : split(classes, ','))
            gate.classes.push_back(parse_number("classes", name));
    gate.labels = word_of(heading, "labels", "yes") == "yes";
}

void token_options::describe(result_heading& heading, bool noise_too) const {
    if (tokens.empty()) {
        if (noise_too) heading.options.emplace_back("noise", noise);
        return;
    }
    heading.options.emplace_back("tokens", tokens);
    if (!tokens.starts_with(mixture_prefix) && !tokens.starts_with(normal_prefix)) {
        heading.options.emplace_back("gate", gate.gate);
        if (!gate.classes.empty())
            heading.options.emplace_back("classes",
                                         fmt::format("{}", fmt::join(gate.classes, ",")));
        if (!gate.labels) heading.options.emplace_back("labels", "no");
    }
    heading.options.emplace_back("noise", noise);
}

std::shared_ptr<const token_source> token_options::source() const {
    if (tokens.empty()) return no_tokens(2);
    if (tokens.starts_with(mixture_prefix))
        return mixture_tokens(mixture_of(std::string_view(tokens).substr(mixture_prefix.size())));
    if (tokens.starts_with(normal_prefix))
        return normal_of(std::string_view(tokens).substr(normal_prefix.size()));
    auto made = gated();
    return stored_tokens(std::move(made.logits), made.experts);
}

bool token_options::has_features() const {
    return !tokens.empty() && !tokens.starts_with(mixture_prefix) &&
           !tokens.starts_with(normal_prefix);
}

gated_tokens token_options::gated() const {
    if (!has_features())
        throw invalid_argument("--tokens", fmt::format("'{}' came", tokens),
                               "a file of tokens is needed here");
    return apply_gate(read_tokens(tokens), gate);
}

}  // namespace moebius::cli
