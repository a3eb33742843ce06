// SPDX-License-Identifier: MIT
#include "array_function.hpp"

#include "lines.hpp"

namespace moebius::detail {
namespace {

/// exp(z_e - max z): what the largest depends on cancels in every quotient of these.
std::vector<node_id> weights_of(expression_graph& graph, const std::vector<node_id>& scores) {
    node_id top = scores.front();
    for (const node_id score : scores) top = graph.apply(operation::maximum, top, score);
    top = graph.apply(operation::hold, top);
    std::vector<node_id> out;
    for (const node_id score : scores)
        out.push_back(
            graph.apply(operation::exponential, graph.apply(operation::subtract, score, top)));
    return out;
}

/// Sums of products of 0, 1, ..., k of the weights, but for the one at `without`.
std::vector<node_id> symmetric_sums(expression_graph& graph, std::size_t k,
                                    const std::vector<node_id>& weights, std::size_t without) {
    std::vector<node_id> sums(k + 1, graph.constant(0));
    sums[0] = graph.constant(1);
    for (std::size_t e = 0; e < weights.size(); ++e)
        for (std::size_t m = e == without ? 0 : k; m > 0; --m)
            sums[m] = graph.apply(operation::add, sums[m],
                                  graph.apply(operation::multiply, weights[e], sums[m - 1]));
    return sums;
}

/// The position of the closing parenthesis of the one at `open`.
std::size_t closing(std::string_view text, std::size_t open) {
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (depth == 0) return i;
    }
    return std::string_view::npos;
}

}  // namespace

std::optional<array_function> array_function_of(std::string_view text) {
    for (const std::string_view name : {"softmax", "exact_k"}) {
        if (!text.starts_with(name)) continue;
        const auto rest = trimmed(text.substr(name.size()));
        if (rest.empty() || rest[0] != '(' || closing(rest, 0) + 1 != rest.size()) continue;
        const auto inside = rest.substr(1, rest.size() - 2);
        if (name == "softmax") return array_function{name, {}, std::string(inside)};
        const std::size_t comma = inside.find(',');
        if (comma == std::string_view::npos) continue;
        return array_function{name, std::string(inside.substr(0, comma)),
                              std::string(inside.substr(comma + 1))};
    }
    return std::nullopt;
}

std::vector<node_id> softmax_of(expression_graph& graph, const std::vector<node_id>& scores) {
    auto weights = weights_of(graph, scores);
    node_id sum = weights.front();
    for (std::size_t e = 1; e < weights.size(); ++e)
        sum = graph.apply(operation::add, sum, weights[e]);
    for (node_id& weight : weights) weight = graph.apply(operation::divide, weight, sum);
    return weights;
}

std::vector<node_id> exact_k_of(expression_graph& graph, std::size_t k,
                                const std::vector<node_id>& scores) {
    const auto weights = weights_of(graph, scores);
    const node_id all = graph.apply(operation::multiply, graph.constant(static_cast<double>(k)),
                                    symmetric_sums(graph, k, weights, weights.size())[k]);
    std::vector<node_id> out;
    for (std::size_t e = 0; e < weights.size(); ++e) {
        const node_id others = symmetric_sums(graph, k - 1, weights, e)[k - 1];
        out.push_back(graph.apply(operation::divide,
                                  graph.apply(operation::multiply, weights[e], others), all));
    }
    return out;
}

}  // namespace moebius::detail
