// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph.hpp"

namespace moebius::detail {

/// softmax(e) or exact_k(k, e) as a whole right-hand side: of all that its line defines together.
struct array_function {
    std::string_view name;
    std::string count;  ///< the expression k; empty: softmax
    std::string of;     ///< the expression of one score
};

[[nodiscard]] std::optional<array_function> array_function_of(std::string_view text);

/// exp(z_e) / sum of exp(z), of any size.
[[nodiscard]] std::vector<node_id> softmax_of(expression_graph& graph,
                                              const std::vector<node_id>& scores);

/// P(e in S)/k where P(S) ~ exp(sum of z over S), |S| = k.
/// @cost  of order N^2 k nodes
[[nodiscard]] std::vector<node_id> exact_k_of(expression_graph& graph, std::size_t k,
                                              const std::vector<node_id>& scores);

}  // namespace moebius::detail
