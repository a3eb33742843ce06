// SPDX-License-Identifier: MIT
#include "tokens.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/line_reader.hpp>
#include <moebius/base/text.hpp>
#include <moebius/tokens/gate_file.hpp>
#include <utility>

#include "command.hpp"
#include "standard_streams.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

constexpr std::string_view mixture_prefix = "mixture:", normal_prefix = "normal:";

/// WIDTH, WIDTH/EXPERTS or WIDTH/EXPERTS/SEED, the seed that of the gate.
std::shared_ptr<const token_source> normal_of(std::string_view text) {
    std::size_t numbers[] = {0, 2, 1};
    const auto parts = parts_of(text, '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const double value = i < 3 ? parse_number("--tokens", parts[i]) : -1;
        if (!(value >= (i < 2 ? 1 : 0) && value <= 1e6 && value == std::floor(value)))
            throw invalid_argument("--tokens", fmt::format("'{}{}' came", normal_prefix, text),
                                   "it must be normal:WIDTH/EXPERTS/SEED, whole numbers");
        numbers[i] = static_cast<std::size_t>(value);
    }
    if (numbers[0] * numbers[1] > (std::size_t{1} << 22))
        throw invalid_argument("--tokens", fmt::format("'{}{}' came", normal_prefix, text),
                               "width times experts must be at most 2^22");
    return normal_tokens(random_gate(numbers[1], numbers[0], numbers[2]), numbers[1]);
}

/// CENTER/WIDTH/WEIGHT; a weight that is left out is 1, and all are scaled to sum to 1.
std::vector<margin_node> mixture_of(std::string_view text) {
    std::vector<margin_node> nodes;
    double sum = 0;
    for (const auto part : parts_of(text, ',')) {
        const auto numbers = parts_of(part, '/');
        if (numbers.size() < 2 || numbers.size() > 3)
            throw invalid_argument("--tokens", fmt::format("'{}' came in a mixture", part),
                                   "it must be CENTER/WIDTH or CENTER/WIDTH/WEIGHT");
        margin_node node{parse_number("--tokens", numbers[0]), 1,
                         parse_number("--tokens", numbers[1])};
        if (numbers.size() == 3) node.weight = parse_number("--tokens", numbers[2]);
        sum += node.weight;
        nodes.push_back(node);
    }
    if (!(sum > 0 && std::isfinite(sum)))
        throw invalid_argument("--tokens", fmt::format("'{}{}' came", mixture_prefix, text),
                               "its weights must have a sum above 0");
    for (auto& node : nodes) node.weight /= sum;
    return nodes;
}

}  // namespace

token_table read_table(const std::string& path) {
    auto out = read_tokens(path);
    if (out.ends_early) tell_once(early_end_of(path));
    return out;
}

std::vector<std::string> token_options::files_read() const {
    const auto of_gate = gate_file_of(gate.gate);
    return {array_place_of(tokens).path, array_place_of(of_gate ? of_gate->path : gate.gate).path};
}

std::vector<std::string> files_named_by(const result_heading& heading) {
    token_options named;
    named.tokens = word_of(heading, "tokens", "");
    named.gate.gate = word_of(heading, "gate", "");
    return named.files_read();
}

void add_to(option_table& table, token_options& options) {
    const bool features = options.has_features();
    const auto of_gate = features ? option_kept::if_set : option_kept::never;
    const bool noisy = options.noise_without_tokens || !options.tokens.empty();
    table.add("tokens", options.tokens,
              "CSV, NPY or NPZ file of tokens; margins mixture:CENTER/WIDTH/WEIGHT,...; or "
              "normal:WIDTH/EXPERTS/SEED: normal features and a random gate",
              {.kept = option_kept::if_set});
    table.add(
        "gate", options.gate.gate,
        "class-means:A,B,... or random:SEED/EXPERTS, on features divided by the largest one; "
        "an NPY, NPZ or safetensors file of weights (FILE.safetensors:NAME, with the biases beside "
        "it), on the raw features, FILE.npy,layout=experts-by-features (or features-by-experts) if "
        "it is square; or logits: the columns are the experts'",
        {.kept = of_gate});
    table.add("classes", options.gate.classes, "route tokens of these classes only",
              {.kept = of_gate});
    table.add("labels", options.gate.labels,
              "the last column is the token's class, as for class-means and --classes",
              {.kept = of_gate});
    table.add("noise", options.noise, fmt::format("{}", fmt::join(noise_names(), ", ")),
              {.kept = noisy ? option_kept::always : option_kept::never});
}

void token_options::check_gate(const session& session) const {
    if (!has_features())
        refuse_unused(session,
                      tokens.empty() ? "a run without --tokens" : "tokens without features",
                      {"gate", "classes", "labels"});
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
    auto table = read_table(tokens);
    return of_file(tokens, [&] { return apply_gate(std::move(table), gate); });
}

}  // namespace moebius::cli
