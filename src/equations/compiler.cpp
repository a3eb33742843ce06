// SPDX-License-Identifier: MIT
#include "compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numbers>
#include <utility>

#include "array_function.hpp"

namespace moebius::detail {
namespace {

using step_kind = expression_step::kind;

constexpr std::size_t most_work = 2'000'000;  // steps of all expressions, functions written out
constexpr int most_nested = 200;              // definitions within one another: they take the stack

/// Functions of XPPAUT that make no autonomous, smooth and deterministic equation.
struct not_supported_function {
    std::string_view name, is;
};
constexpr std::array other_functions{
    not_supported_function{"delay", "delays"},
    not_supported_function{"del_shft", "delays"},
    not_supported_function{"ran", "random numbers"},
    not_supported_function{"normal", "random numbers"},
    not_supported_function{"poisson", "random numbers"},
    not_supported_function{"besselj", "Bessel functions"},
    not_supported_function{"bessely", "Bessel functions"},
    not_supported_function{"besseli", "Bessel functions"},
    not_supported_function{"hom_bcs", "conditions of homoclinic orbits"},
    not_supported_function{"ishift", "shifts of positions"},
    not_supported_function{"set", "assignments"}};

bool is_reserved(std::string_view name) {
    static constexpr std::array words{"t", "pi", "if", "then", "else", "sum", "of", "not", "shift"};
    operation unused{};
    return std::find(words.begin(), words.end(), name) != words.end() ||
           find_operation(name, unused) ||
           std::any_of(other_functions.begin(), other_functions.end(),
                       [&](const auto& other) { return other.name == name; });
}

}  // namespace

void expression_compiler::refuse(const std::string& got, const std::string& needed) const {
    throw invalid_argument(place_of(file_, line_), got, needed);
}

void expression_compiler::declare(const statement& from) {
    line_ = from.line;
    const auto name = in_small_letters(from.name);
    const bool held = name == "t" && from.what == statement::kind::parameter;
    if (is_reserved(name) && !held)
        refuse(fmt::format("'{}' is defined", from.name), "it is a word of the language");
    if (leaves_.contains(name) || definitions_.contains(name) || functions_.contains(name))
        refuse(fmt::format("'{}' is defined", from.name),
               "it is defined already: a name has one meaning, in large letters, too");
}

void expression_compiler::add_leaf(operation what, std::size_t position, const statement& from) {
    declare(from);
    const auto name = in_small_letters(from.name);
    leaves_.emplace(name, graph_.leaf(what, position));
    (what == operation::state ? variables_ : constants_).push_back(name);
}

void expression_compiler::add_constant(double value, const statement& from) {
    declare(from);
    const auto name = in_small_letters(from.name);
    leaves_.emplace(name, graph_.constant(value));
    constants_.push_back(name);
}

void expression_compiler::add_definition(const statement& from) {
    declare(from);
    const auto name = in_small_letters(from.name);
    definitions_[name].from = &from;
    if (array_function_of(from.text)) groups_[from.line].push_back(&from);
    if (from.what != statement::kind::derived) variables_.push_back(name);
}

void expression_compiler::add_function(const statement& from) {
    declare(from);
    functions_[in_small_letters(from.name)] = {
        &from, parse_expression(from.text, place_of(file_, from.line)), false};
}

node_id expression_compiler::compile(const statement& from, bool aside) {
    line_ = from.line;
    const auto steps = parse_expression(from.text, place_of(file_, from.line));
    const node_id id = run(steps, 0, steps.size(), {});
    if (!aside) check_needed(from, id);
    return id;
}

node_id expression_compiler::compile_start(const statement& from) {
    line_ = from.line;
    const auto steps = parse_expression(from.text, place_of(file_, from.line));
    const node_id id = run(steps, 0, steps.size(), {{"t", {graph_.constant(0)}}});
    check_needed(from, id);
    return id;
}

void expression_compiler::check_needed(const statement& from, node_id id) {
    line_ = from.line;
    if (graph_.depends(id, operation::time))
        refuse(fmt::format("{} depends on t", from.name),
               "equations that change with time are not supported; par t=0 would hold it still");
    if (const auto* absent = absence_in(id)) {
        line_ = absent->line;
        refuse(fmt::format("{} came", absent->name),
               fmt::format("{} are not supported", absent->is));
    }
}

const expression_compiler::absence* expression_compiler::absence_in(node_id id) const {
    while (graph_.depends(id, operation::absent)) {
        const graph_node& node = graph_[id];
        if (node.what == operation::absent) return &absences_[node.a];
        id = graph_.depends(node.a, operation::absent)                                  ? node.a
             : operands_of(node.what) > 2 && !graph_.depends(node.b, operation::absent) ? node.c
                                                                                        : node.b;
    }
    return nullptr;
}

node_id expression_compiler::less_state(node_id map, std::size_t position) {
    return graph_.apply(operation::subtract, map, graph_.leaf(operation::state, position));
}

node_id expression_compiler::run(const expression& steps, std::size_t begin, std::size_t end,
                                 const scope& own) {
    std::vector<operand> stack;
    for (std::size_t i = begin; i < end; ++i) {
        const auto& step = steps[i];
        if (++work_ > most_work)
            refuse(
                "the model is too large",
                fmt::format("its expressions may have {} steps, functions written out", most_work));
        switch (step.what) {
            case step_kind::number:
                stack.push_back({graph_.constant(step.value)});
                break;
            case step_kind::name:
                stack.push_back(resolved(step.name, own));
                break;
            case step_kind::call: {
                const node_id id = called(step, stack);
                stack.resize(stack.size() - step.count);
                stack.push_back({id});
                break;
            }
            case step_kind::sum_begin: {
                const long to = whole(stack.back().id, "sum");
                const long from = whole(stack.rbegin()[1].id, "sum");
                stack.resize(stack.size() - 2);
                stack.push_back({summed(steps, i, from, to, own)});
                i += step.count;
                break;
            }
        }
    }
    return stack.back().id;
}

node_id expression_compiler::summed(const expression& steps, std::size_t at, long from, long to,
                                    scope own) {
    node_id total = graph_.constant(0);
    for (long k = from; k <= to; ++k) {
        own["i'"] = {graph_.constant(static_cast<double>(k))};
        total =
            graph_.apply(operation::add, total, run(steps, at + 1, at + 1 + steps[at].count, own));
    }
    return total;
}

expression_compiler::operand expression_compiler::resolved(const std::string& name,
                                                           const scope& own) {
    if (const auto at = own.find(name); at != own.end()) return at->second;
    if (const auto at = leaves_.find(name); at != leaves_.end()) return {at->second, name};
    if (const auto at = definitions_.find(name); at != definitions_.end())
        return {defined(at->second), name};
    if (name == "t") return {graph_.leaf(operation::time)};
    if (name == "pi") return {graph_.constant(std::numbers::pi)};
    std::vector<std::string_view> known;
    for (const auto& [word, id] : leaves_) known.emplace_back(word);
    for (const auto& [word, what] : definitions_) known.emplace_back(word);
    const auto near = nearest_name(name, known);
    refuse(fmt::format("'{}' is unknown", excerpt(name)),
           near.empty() ? std::string("a name is declared somewhere")
                        : fmt::format("a name is declared somewhere; did you mean '{}'?", near));
}

node_id expression_compiler::called(const expression_step& step, std::vector<operand>& stack) {
    const std::vector<operand> with(stack.end() - static_cast<std::ptrdiff_t>(step.count),
                                    stack.end());
    const auto check_count = [&](std::size_t needed) {
        if (step.count != needed)
            refuse(fmt::format("{} came with {} arguments", step.name, step.count),
                   fmt::format("it takes {}", needed));
    };
    if (const auto at = functions_.find(step.name); at != functions_.end()) {
        check_count(at->second.from->arguments.size());
        return applied(at->second, step.name, with);
    }
    if (step.name == "shift") {
        check_count(2);
        return shifted(with[0], with[1].id);
    }
    operation what{};
    if (find_operation(step.name, what)) {
        check_count(operands_of(what));
        return graph_.apply(what, with[0].id, step.count > 1 ? with[1].id : 0,
                            step.count > 2 ? with[2].id : 0);
    }
    for (const auto& [name, is] : other_functions)
        if (step.name == name) {
            absences_.push_back({line_, name, is});
            return graph_.leaf(operation::absent, absences_.size() - 1);
        }
    std::vector<std::string_view> known(function_names().begin(), function_names().end());
    for (const auto& [name, body] : functions_) known.emplace_back(name);
    const auto near = nearest_name(step.name, known);
    refuse(fmt::format("'{}(' is unknown", excerpt(step.name)),
           near.empty() ? std::string("a function is defined somewhere")
                        : fmt::format("a function is defined somewhere; did you mean '{}'?", near));
}

node_id expression_compiler::applied(function_body& function, const std::string& name,
                                     const std::vector<operand>& with) {
    if (function.busy || depth_ > most_nested)
        refuse(fmt::format("'{}' is defined by itself", name), "a definition ends somewhere");
    function.busy = true;
    ++depth_;
    scope own;
    for (std::size_t k = 0; k < with.size(); ++k) own[function.from->arguments[k]] = with[k];
    const std::size_t caller = std::exchange(line_, function.from->line);
    const node_id id = run(function.body, 0, function.body.size(), own);
    line_ = caller;
    --depth_;
    function.busy = false;
    return id;
}

node_id expression_compiler::shifted(const operand& from, node_id by) {
    const long count = whole(by, "shift");
    for (const auto* list : {&variables_, &constants_}) {
        const auto at = std::find(list->begin(), list->end(), from.name);
        if (at == list->end()) continue;
        const long place = at - list->begin();
        const long size = static_cast<long>(list->size());
        if (count < -place || count >= size - place)
            refuse(fmt::format("shift({}, {}) came", from.name, count),
                   fmt::format("there are {} before and {} behind it", place, size - place - 1));
        return resolved((*list)[static_cast<std::size_t>(place + count)], {}).id;
    }
    refuse("shift came without a name", "it counts from a variable or a parameter");
}

node_id expression_compiler::defined(definition& what) {
    if (what.made) return what.id;
    if (what.busy || depth_ > most_nested)
        refuse(fmt::format("'{}' is defined by itself", what.from->name),
               "a definition ends somewhere");
    what.busy = true;
    ++depth_;
    const std::size_t user = std::exchange(line_, what.from->line);
    if (array_function_of(what.from->text)) {
        define_group(*what.from);
    } else {
        what.id = compile(*what.from, what.from->what != statement::kind::derived);
        what.made = true;
    }
    if (what.from->what == statement::kind::derived && graph_.depends(what.id, operation::state))
        refuse(fmt::format("!{} depends on a variable", what.from->name),
               "a derived parameter depends on parameters alone");
    line_ = user;
    --depth_;
    what.busy = false;
    return what.id;
}

void expression_compiler::define_group(const statement& from) {
    std::vector<node_id> scores;
    array_function function;
    for (const statement* member : groups_.at(from.line)) {
        function = *array_function_of(member->text);
        auto inner = *member;
        inner.text = function.of;
        scores.push_back(compile(inner, true));
    }
    auto chosen = from;
    chosen.text = function.count;
    const long k = function.count.empty() ? 0 : whole(compile(chosen), function.name);
    if (!function.count.empty() && (k < 1 || k >= static_cast<long>(scores.size())))
        refuse(fmt::format("{} came with {} of {}", function.name, k, scores.size()),
               "it takes some of them, not all");
    if (static_cast<std::size_t>(k) * scores.size() * scores.size() > most_work)
        refuse(fmt::format("{} of {} experts came", k, scores.size()),
               "their loads have too many steps");
    const auto loads = function.count.empty()
                           ? softmax_of(graph_, scores)
                           : exact_k_of(graph_, static_cast<std::size_t>(k), scores);
    for (std::size_t e = 0; e < scores.size(); ++e) {
        auto& member = definitions_.at(in_small_letters(groups_.at(from.line)[e]->name));
        member.id = loads[e];
        member.made = true;
    }
}

long expression_compiler::whole(node_id id, std::string_view what) const {
    constexpr double most = 1e6;
    const graph_node& node = graph_[id];
    const bool number = node.what == operation::constant && std::abs(node.value) <= most;
    if (!number || std::floor(node.value) != node.value)
        refuse(fmt::format("{} came with what is no whole number", what),
               "a number is needed that no parameter changes");
    return static_cast<long>(node.value);
}

}  // namespace moebius::detail
