// SPDX-License-Identifier: MIT
#include "graph.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <utility>

#include "tape.hpp"

namespace moebius::detail {
namespace {

using entry = std::pair<std::string_view, operation>;

constexpr std::array operators{entry{"+", operation::add},
                               entry{"-", operation::subtract},
                               entry{"*", operation::multiply},
                               entry{"/", operation::divide},
                               entry{"^", operation::power},
                               entry{"<", operation::less},
                               entry{">", operation::greater},
                               entry{"<=", operation::less_equal},
                               entry{">=", operation::greater_equal},
                               entry{"==", operation::equal},
                               entry{"!=", operation::unequal},
                               entry{"&", operation::both},
                               entry{"|", operation::either},
                               entry{"neg", operation::negate},
                               entry{"not", operation::not_one},
                               entry{"if", operation::select}};

constexpr std::array functions{entry{"abs", operation::absolute},
                               entry{"acos", operation::arccosine},
                               entry{"asin", operation::arcsine},
                               entry{"atan", operation::arctangent},
                               entry{"atan2", operation::atan2},
                               entry{"cos", operation::cosine},
                               entry{"cosh", operation::hyperbolic_cosine},
                               entry{"erf", operation::error_function},
                               entry{"erfc", operation::complementary_error},
                               entry{"exp", operation::exponential},
                               entry{"flr", operation::floor},
                               entry{"heav", operation::step},
                               entry{"lgamma", operation::log_gamma},
                               entry{"ln", operation::logarithm},
                               entry{"log", operation::logarithm},
                               entry{"log10", operation::logarithm10},
                               entry{"max", operation::maximum},
                               entry{"min", operation::minimum},
                               entry{"mod", operation::modulo},
                               entry{"sign", operation::sign},
                               entry{"sin", operation::sine},
                               entry{"sinh", operation::hyperbolic_sine},
                               entry{"sqrt", operation::square_root},
                               entry{"tan", operation::tangent},
                               entry{"tanh", operation::hyperbolic_tangent}};

}  // namespace

std::size_t operands_of(operation what) noexcept {
    if (what <= operation::absent) return 0;
    if (what <= operation::either) return 2;
    return what == operation::select ? 3 : 1;
}

bool find_operation(std::string_view name, operation& found) noexcept {
    const auto look = [&](const auto& in) {
        const auto at =
            std::find_if(in.begin(), in.end(), [&](const entry& e) { return e.first == name; });
        if (at != in.end()) found = at->second;
        return at != in.end();
    };
    return look(operators) || look(functions);
}

std::span<const std::string_view> function_names() {
    static const auto names = [] {
        std::array<std::string_view, functions.size()> all;
        std::transform(functions.begin(), functions.end(), all.begin(),
                       [](const entry& e) { return e.first; });
        return all;
    }();
    return names;
}

std::size_t expression_graph::hash::operator()(const graph_node& node) const noexcept {
    std::size_t mixed = static_cast<std::size_t>(node.what);
    for (const std::uint64_t part :
         {std::uint64_t{node.a}, std::uint64_t{node.b}, std::uint64_t{node.c},
          std::bit_cast<std::uint64_t>(node.value)})
        mixed = (mixed ^ part) * 0x9e3779b97f4a7c15u + (mixed >> 29);
    return mixed;
}

node_id expression_graph::added(const graph_node& node) {
    const auto [at, is_new] = known_.try_emplace(node, static_cast<node_id>(nodes_.size()));
    if (!is_new) return at->second;
    nodes_.push_back(node);
    const std::size_t count = operands_of(node.what);
    const std::array operands{node.a, node.b, node.c};
    std::uint8_t leaves = count == 0 ? bit_of(node.what) : std::uint8_t{0};
    for (std::size_t k = 0; k < count; ++k) leaves |= leaves_[operands[k]];
    leaves_.push_back(leaves);
    return at->second;
}

node_id expression_graph::constant(double value) {
    return added({operation::constant, 0, 0, 0, value + 0.0});  // no -0, which compares equal to 0
}

node_id expression_graph::leaf(operation what, std::size_t position) {
    return added({what, static_cast<node_id>(position), 0, 0, 0});
}

bool expression_graph::simpler(const graph_node& node, node_id& out) {
    switch (node.what) {
        case operation::add:
            if (is(node.a, 0)) return out = node.b, true;
            if (is(node.b, 0)) return out = node.a, true;
            return like_terms(node, out);
        case operation::maximum:
            out = node.a;
            return node.a == node.b || (nodes_[out].what == node.what && nodes_[out].b == node.b);
        case operation::subtract:
            return out = node.a, is(node.b, 0);
        case operation::multiply:
            if (is(node.a, 1)) return out = node.b, true;
            return out = node.a, is(node.b, 1);
        case operation::divide:
            return out = node.a, is(node.b, 1);
        case operation::select:
            out = is(node.a, 0) ? node.c : node.b;
            return nodes_[node.a].what == operation::constant;
        case operation::power:
            return small_power(node, out);
        default:
            return false;
    }
}

std::pair<double, node_id> expression_graph::term(node_id id) const {
    const graph_node& node = nodes_[id];
    const bool many =
        node.what == operation::multiply && nodes_[node.a].what == operation::constant;
    return many ? std::pair(nodes_[node.a].value, node.b) : std::pair(1.0, id);
}

bool expression_graph::like_terms(const graph_node& sum, node_id& out) {
    const graph_node before = nodes_[sum.a];  // a copy: what is added moves nodes
    const bool third = before.what == operation::add;
    const auto [count, of] = term(third ? before.b : sum.a);
    if (of != sum.b || nodes_[of].what == operation::constant) return false;
    const node_id both = apply(operation::multiply, constant(count + 1), of);
    return out = third ? apply(operation::add, before.a, both) : both, true;
}

bool expression_graph::small_power(const graph_node& node, node_id& out) {
    const node_id x = node.a;
    if (is(node.b, 1)) return out = x, true;
    if (!is(node.b, 2) && !is(node.b, 3) && !is(node.b, 4)) return false;
    const node_id square = apply(operation::multiply, x, x);
    if (is(node.b, 2)) return out = square, true;
    return out = apply(operation::multiply, square, is(node.b, 3) ? x : square), true;
}

node_id expression_graph::apply(operation what, node_id a, node_id b, node_id c) {
    const std::size_t count = operands_of(what);
    const graph_node node{what, a, count > 1 ? b : 0, count > 2 ? c : 0, 0};
    node_id known = 0;
    if (simpler(node, known)) return known;
    const std::array operands{a, b, c};
    if (std::all_of(operands.begin(), operands.begin() + static_cast<std::ptrdiff_t>(count),
                    [&](node_id id) { return nodes_[id].what == operation::constant; }))
        return constant(
            apply_to_numbers(what, nodes_[a].value, nodes_[node.b].value, nodes_[node.c].value));
    return added(node);
}

}  // namespace moebius::detail
