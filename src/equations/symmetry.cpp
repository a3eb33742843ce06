// SPDX-License-Identifier: MIT
#include "symmetry.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <string_view>
#include <utility>

namespace moebius::detail {
namespace {

using residue = std::uint64_t;
constexpr residue prime = 2147483647;  // 2^31 - 1

residue product(residue a, residue b) { return a * b % prime; }
residue negative(residue a) { return (prime - a) % prime; }

residue power(residue base, std::uint64_t n) {
    residue result = 1;
    for (; n > 0; n /= 2, base = product(base, base))
        if (n % 2 == 1) result = product(result, base);
    return result;
}

/// A function of its arguments that looks random.
residue mixed(operation what, std::array<residue, 3> of) {
    std::uint64_t state = static_cast<std::uint64_t>(what);
    for (const residue one : of) {  // S. Vigna's splitmix64
        state = (state ^ one) + 0x9e3779b97f4a7c15;
        state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
        state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
        state ^= state >> 31;
    }
    return state % prime;
}

/// Every double is a fraction with a power of two below.
residue residue_of(double value) {
    if (!std::isfinite(value))
        return mixed(operation::constant, {std::bit_cast<std::uint64_t>(value) % prime, 0, 0});
    int exponent = 0;
    const double whole = std::ldexp(std::frexp(std::abs(value), &exponent), 53);
    const int shift = exponent - 53;
    const residue two = shift < 0 ? (prime + 1) / 2 : 2;  // 1/2 is (prime + 1) / 2
    const residue size = product(static_cast<std::uint64_t>(whole) % prime,
                                 power(two, static_cast<std::uint64_t>(std::abs(shift))));
    return value < 0 ? negative(size) : size;
}

residue applied(operation what, residue a, residue b, residue c) {
    switch (what) {
        case operation::add:
            return (a + b) % prime;
        case operation::subtract:
            return (a + negative(b)) % prime;
        case operation::multiply:
            return product(a, b);
        case operation::divide:
            return product(a, power(b, prime - 2));
        case operation::negate:
            return negative(a);
        case operation::hold:
            return a;
        case operation::maximum:  // any order will do
            return std::max(a, b);
        case operation::minimum:
            return std::min(a, b);
        case operation::equal:
        case operation::unequal:
        case operation::both:
        case operation::either:
            return mixed(what, {(a + b) % prime, product(a, b), 0});
        case operation::greater:
            return mixed(operation::less, {b, a, 0});
        case operation::greater_equal:
            return mixed(operation::less_equal, {b, a, 0});
        default:
            return mixed(what, {a, operands_of(what) > 1 ? b : 0, operands_of(what) > 2 ? c : 0});
    }
}

/// What all nodes of a graph are at such states and parameters.
std::vector<residue> evaluated(const expression_graph& graph, std::span<const residue> states,
                               std::span<const residue> parameters) {
    std::vector<residue> at(graph.size());
    for (node_id id = 0; id < graph.size(); ++id) {
        const graph_node& node = graph[id];
        switch (node.what) {
            case operation::constant:
                at[id] = residue_of(node.value);
                break;
            case operation::state:
                at[id] = states[node.a];
                break;
            case operation::parameter:
                at[id] = parameters[node.a];
                break;
            case operation::time:
            case operation::absent:
                at[id] = mixed(node.what, {});
                break;
            default:
                at[id] = applied(node.what, at[node.a], at[node.b], at[node.c]);
        }
    }
    return at;
}

/// Positions of names that are one word with different numbers behind it, by number.
using array_of_names = std::map<std::size_t, std::size_t>;

/// In the order of their first members; a name without number is an array by itself.
std::vector<array_of_names> arrays_of(const std::vector<text_model::named>& all) {
    std::vector<array_of_names> arrays;
    std::map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::string_view name = all[i].name;
        const auto word = name.substr(0, name.find_last_not_of("0123456789") + 1);
        const auto digits = name.substr(word.size());
        if (digits.empty() || digits.size() > 9) {
            arrays.push_back({{0, i}});
            continue;
        }
        const auto [at, added] = known.emplace(word, arrays.size());
        if (added) arrays.emplace_back();
        std::size_t number = 0;
        for (const char digit : digits)
            number = 10 * number + static_cast<std::size_t>(digit - '0');
        if (!arrays[at->second].emplace(number, i).second)
            arrays.push_back({{0, i}});  // x1 and x01
    }
    return arrays;
}

bool same_numbers(const array_of_names& a, const array_of_names& b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](auto& x, auto& y) { return x.first == y.first; });
}

void append(std::vector<std::size_t>& to, const array_of_names& positions) {
    for (const auto& [number, position] : positions) to.push_back(position);
}

/// By the names alone.
std::optional<cell_layout> layout_of(const text_model& model) {
    const auto states = arrays_of(model.states);
    cell_layout layout;
    layout.cells = states.front().size();
    if (layout.cells < 2) return std::nullopt;
    for (const auto& array : states) {
        if (!same_numbers(array, states.front())) return std::nullopt;
        append(layout.states, array);
    }
    for (const auto& array : arrays_of(model.parameters))
        append(same_numbers(array, states.front()) ? layout.owned : layout.shared, array);
    return layout;
}

/// Whether all cells have the same first value and the same bound below.
bool alike_at_first(const std::vector<text_model::named>& all,
                    const std::vector<std::size_t>& places, std::size_t cells, bool by_value) {
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto &here = all[places[i]], &first = all[places[i - i % cells]];
        if (here.above != first.above || (by_value && here.value != first.value)) return false;
    }
    return true;
}

/// Whether renaming cell e to order[e] takes each equation to that of the other cell.
class renaming {
public:
    renaming(const text_model& model, const cell_layout& layout, std::uint64_t seed)
        : model_(model),
          layout_(layout),
          states_(model.states.size()),
          parameters_(model.parameters.size()) {
        std::mt19937_64 draw(seed);
        for (auto* all : {&states_, &parameters_})
            for (residue& one : *all) one = draw() % prime;
        plain_ = evaluated(model.graph, states_, parameters_);
    }

    [[nodiscard]] bool keeps(std::span<const std::size_t> order) const {
        const auto at = evaluated(model_.graph, moved(states_, layout_.states, order),
                                  moved(parameters_, layout_.owned, order));
        const std::size_t cells = layout_.cells;
        for (std::size_t i = 0; i < layout_.states.size(); ++i) {
            const std::size_t other = i - i % cells + order[i % cells];
            if (at[model_.rates[layout_.states[i]]] != plain_[model_.rates[layout_.states[other]]])
                return false;
        }
        for (std::size_t e = 0; e < model_.loads.size(); ++e)
            if (at[model_.loads[e]] != plain_[model_.loads[order[e]]]) return false;
        for (const auto* all : {&model_.bounds, &model_.scale})
            for (const node_id id : *all)
                if (at[id] != plain_[id]) return false;
        return true;
    }

private:
    [[nodiscard]] std::vector<residue> moved(const std::vector<residue>& values,
                                             const std::vector<std::size_t>& places,
                                             std::span<const std::size_t> order) const {
        auto out = values;
        const std::size_t cells = layout_.cells;
        for (std::size_t i = 0; i < places.size(); ++i)
            out[places[i]] = values[places[i - i % cells + order[i % cells]]];
        return out;
    }

    const text_model& model_;
    const cell_layout& layout_;
    std::vector<residue> states_, parameters_, plain_;
};

/// A swap of the first two and a turn of all, which generate every order.
bool interchangeable(const text_model& model, const cell_layout& layout) {
    std::vector<std::size_t> swap(layout.cells), turn(layout.cells);
    std::iota(swap.begin(), swap.end(), std::size_t{0});
    turn = swap;
    std::swap(swap[0], swap[1]);
    std::rotate(turn.begin(), turn.begin() + 1, turn.end());
    for (const std::uint64_t seed : {1U, 2U}) {
        const renaming at(model, layout, seed);
        if (!at.keeps(swap) || !at.keeps(turn)) return false;
    }
    return true;
}

}  // namespace

std::optional<cell_layout> cells_of(const text_model& model) {
    auto layout = layout_of(model);
    if (!layout || (!model.loads.empty() && model.loads.size() != layout->cells)) return {};
    const bool alike = alike_at_first(model.states, layout->states, layout->cells, true) &&
                       alike_at_first(model.parameters, layout->owned, layout->cells, false);
    if (!alike || !interchangeable(model, *layout)) return {};
    return layout;
}

}  // namespace moebius::detail
