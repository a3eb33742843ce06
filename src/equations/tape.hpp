// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "graph.hpp"

namespace moebius::detail {

/// Some nodes of a graph as a list of steps over registers: states and parameters first, then
/// constants, then a register for each step. Immutable, so that threads share it.
class tape {
public:
    /// @param states, parameters  how many there are
    tape(const expression_graph& graph, std::span<const node_id> outputs, std::size_t states,
         std::size_t parameters);
    tape() = default;

    /// out (outputs) at x (states) and p (parameters). S: double, dual, jet or enclosed.
    template <typename S>
    void evaluate(std::span<const S> x, std::span<const S> p, std::span<S> out) const;

    /// Whether all steps are known over enclosures.
    [[nodiscard]] bool closed_form() const noexcept { return closed_form_; }
    [[nodiscard]] std::size_t outputs() const noexcept { return outputs_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return steps_.size(); }

private:
    std::size_t states_ = 0, parameters_ = 0;
    std::vector<double> constants_;
    std::vector<graph_node> steps_;  // operands are registers
    std::vector<node_id> outputs_;
    bool closed_form_ = false;
};

/// The same operation on numbers.
[[nodiscard]] double apply_to_numbers(operation what, double a, double b, double c);

}  // namespace moebius::detail
