// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace moebius::detail {

/// What a node of a graph computes from its operands.
enum class operation : std::uint8_t {
    // leaves
    constant,
    state,
    parameter,
    time,
    absent,  // what the language here does not have: a is its number
    // of two operands
    add,
    subtract,
    multiply,
    divide,
    power,
    atan2,
    modulo,
    maximum,
    minimum,
    less,
    greater,
    less_equal,
    greater_equal,
    equal,
    unequal,
    both,
    either,
    // of one
    negate,
    hold,  // the value, without what it depends on
    not_one,
    step,
    sign,
    floor,
    absolute,
    square_root,
    exponential,
    logarithm,
    logarithm10,
    sine,
    cosine,
    tangent,
    arcsine,
    arccosine,
    arctangent,
    hyperbolic_sine,
    hyperbolic_cosine,
    hyperbolic_tangent,
    error_function,
    complementary_error,
    log_gamma,
    // of three
    select
};

[[nodiscard]] std::size_t operands_of(operation what) noexcept;

/// The operation that a function or an operator of the language names.
/// @return false if there is none
[[nodiscard]] bool find_operation(std::string_view name, operation& found) noexcept;

/// The names of all functions, for a sentence about an unknown one.
[[nodiscard]] std::span<const std::string_view> function_names();

using node_id = std::uint32_t;

struct graph_node {
    operation what = operation::constant;
    node_id a = 0, b = 0, c = 0;  ///< operands; a is the position of a state or parameter
    double value = 0;             ///< of a constant

    friend bool operator==(const graph_node&, const graph_node&) = default;
};

/// Expressions as nodes, operands first, each different one once; what depends on numbers alone is
/// a number.
class expression_graph {
public:
    void reserve(std::size_t nodes) { known_.reserve(nodes); }
    [[nodiscard]] node_id constant(double value);
    [[nodiscard]] node_id leaf(operation what, std::size_t position = 0);
    [[nodiscard]] node_id apply(operation what, node_id a, node_id b = 0, node_id c = 0);

    [[nodiscard]] const graph_node& operator[](node_id id) const { return nodes_[id]; }
    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
    /// Whether a leaf of that kind is part of what a node computes.
    [[nodiscard]] bool depends(node_id id, operation leaf) const {
        return (leaves_[id] & bit_of(leaf)) != 0;
    }
    [[nodiscard]] bool is(node_id id, double value) const {
        return nodes_[id].what == operation::constant && nodes_[id].value == value;
    }

private:
    [[nodiscard]] node_id added(const graph_node& node);
    /// What a node is without computing it; false if it must be computed.
    [[nodiscard]] bool simpler(const graph_node& node, node_id& out);
    [[nodiscard]] bool small_power(const graph_node& node, node_id& out);  ///< x to x^4
    [[nodiscard]] bool like_terms(const graph_node& sum, node_id& out);    ///< a + 2 x + x
    [[nodiscard]] std::pair<double, node_id> term(node_id id) const;       ///< 2 x as 2 and x

    [[nodiscard]] static constexpr std::uint8_t bit_of(operation leaf) {
        return static_cast<std::uint8_t>(1u << static_cast<unsigned>(leaf));
    }

    struct hash {
        std::size_t operator()(const graph_node& node) const noexcept;
    };

    std::vector<graph_node> nodes_;
    std::vector<std::uint8_t> leaves_;  // bits of those that each node depends on
    std::unordered_map<graph_node, node_id, hash> known_;
};

}  // namespace moebius::detail
