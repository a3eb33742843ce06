// SPDX-License-Identifier: MIT
#include "alike_text.hpp"

namespace moebius::detail {
namespace {

constexpr std::size_t most_kept = std::size_t{1} << 22;  // steps of a text: 100 MB

/// Expressions of another graph whose leaves stand at other places here.
class moved_expressions {
public:
    /// @param states, parameters  for each leaf of the other its place here
    moved_expressions(const expression_graph& from, std::span<const std::size_t> states,
                      std::span<const std::size_t> parameters)
        : place_(from.size()) {
        graph_.reserve(from.size());
        for (node_id id = 0; id < from.size(); ++id) {
            const graph_node& node = from[id];
            if (node.what == operation::constant)
                place_[id] = graph_.constant(node.value);
            else if (node.what == operation::state)
                place_[id] = graph_.leaf(node.what, states[node.a]);
            else if (node.what == operation::parameter)
                place_[id] = graph_.leaf(node.what, parameters[node.a]);
            else if (operands_of(node.what) == 0)
                place_[id] = graph_.leaf(node.what, node.a);
            else
                place_[id] =
                    graph_.apply(node.what, place_[node.a], place_[node.b], place_[node.c]);
        }
    }

    [[nodiscard]] tape of(std::vector<node_id> outputs, std::size_t states,
                          std::size_t parameters) const {
        for (node_id& id : outputs) id = place_[id];
        return {graph_, outputs, states, parameters};
    }

private:
    expression_graph graph_;
    std::vector<node_id> place_;
};

/// Compiles a text for groups of consecutive cells.
class group_compiler {
public:
    group_compiler(const text_model& text, const cell_layout& layout,
                   std::span<const std::size_t> sizes)
        : text_(text), layout_(layout), states_(text.states.size()), groups_(sizes.size()) {
        for (const std::size_t size : sizes) {
            first_.push_back(owner_.size());
            owner_.insert(owner_.end(), size, first_.size() - 1);
        }
        parameters_.resize(text.parameters.size());
        for (std::size_t i = 0; i < layout.shared.size(); ++i) parameters_[layout.shared[i]] = i;
        place(layout.owned, layout.shared.size(), parameters_);
        place(layout.states, 0, states_);
    }

    [[nodiscard]] group_steps made() const {
        const moved_expressions here(text_.graph, states_, parameters_);
        std::vector<node_id> rates, loads;
        for (std::size_t kind = 0; kind < kinds(); ++kind)
            for (const std::size_t cell : first_) rates.push_back(rate(kind, cell));
        if (!text_.loads.empty())
            for (const std::size_t cell : first_) loads.push_back(text_.loads[cell]);
        const auto of = [&](std::vector<node_id> outputs) {
            return here.of(std::move(outputs), rates.size(), parameters());
        };
        group_steps made{of(rates), of(loads), of(text_.bounds), of(text_.scale), {}};
        for (std::size_t g = 0; g < groups_; ++g) made.within.push_back(within(g));
        return made;
    }

private:
    [[nodiscard]] std::size_t kinds() const { return text_.states.size() / layout_.cells; }
    [[nodiscard]] std::size_t parameters() const {
        return layout_.shared.size() + layout_.owned.size() / layout_.cells * groups_;
    }
    [[nodiscard]] std::size_t state(std::size_t kind, std::size_t cell) const {
        return layout_.states[kind * layout_.cells + cell];
    }
    [[nodiscard]] node_id rate(std::size_t kind, std::size_t cell) const {
        return text_.rates[state(kind, cell)];
    }

    /// For each value of the text its place among those of kinds and groups.
    void place(const std::vector<std::size_t>& values, std::size_t before,
               std::vector<std::size_t>& places) const {
        for (std::size_t i = 0; i < values.size(); ++i)
            places[values[i]] = before + i / owner_.size() * groups_ + owner_[i % owner_.size()];
    }

    [[nodiscard]] tape within(std::size_t g) const {
        const std::size_t cell = first_[g], n = kinds() * groups_;
        if (cell + 1 == owner_.size() || owner_[cell + 1] != g) return {};
        auto states = states_;
        std::vector<node_id> rates;
        for (std::size_t kind = 0; kind < kinds(); ++kind) {
            states[state(kind, cell)] = n + kind;
            states[state(kind, cell + 1)] = n + kinds() + kind;
            rates.push_back(rate(kind, cell));
        }
        return moved_expressions(text_.graph, states, parameters_)
            .of(rates, n + 2 * kinds(), parameters());
    }

    const text_model& text_;
    const cell_layout& layout_;
    std::vector<std::size_t> states_, parameters_;  // their places
    std::size_t groups_;
    std::vector<std::size_t> owner_,
        first_;  // the group of each cell, the first cell of each group
};

}  // namespace

std::size_t group_steps::size() const noexcept {
    std::size_t sum = rates.size() + loads.size() + bounds.size() + scale.size();
    for (const tape& one : within) sum += one.size();
    return sum;
}

std::shared_ptr<const group_steps> alike_text::on(const grouping& groups) const {
    std::vector<std::size_t> sizes;
    for (const auto& group : groups.groups) sizes.push_back(group.size());
    {
        const std::lock_guard lock(guard_);
        if (const auto at = known_.find(sizes); at != known_.end()) return at->second;
    }
    auto made = std::make_shared<group_steps>(group_compiler(text_, layout_, sizes).made());
    const std::lock_guard lock(guard_);
    if (kept_ + made->size() > most_kept) {
        known_.clear();
        kept_ = 0;
    }
    const auto [at, added] = known_.emplace(std::move(sizes), std::move(made));
    if (added) kept_ += at->second->size();
    return at->second;
}

}  // namespace moebius::detail
