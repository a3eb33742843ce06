// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expression.hpp"
#include "graph.hpp"
#include "statements.hpp"

namespace moebius::detail {

/// Compiles expressions into one graph. Names are in small letters.
///
/// What a name stands for is found when it is used: order does not matter, circles are refused.
class expression_compiler {
public:
    /// @param file  for the sentences of errors; outlives this
    explicit expression_compiler(std::string_view file) : file_(file) {}

    /// States are numbered as they come, and parameters; then definitions in any order.
    /// @throws invalid_argument  for a name that is known, or is one of the language
    void add_leaf(operation what, std::size_t position, const statement& from);
    void add_constant(double value, const statement& from);
    void add_definition(const statement& from);  ///< fixed, load or derived
    void add_function(const statement& from);

    /// @param aside  whether no equation needs it: then the independent variable t and functions
    ///               that are not supported may be part of it
    /// @throws invalid_argument  naming file and line, for what is unknown or not supported
    [[nodiscard]] node_id compile(const statement& from, bool aside = false);
    /// The same at t = 0.
    [[nodiscard]] node_id compile_start(const statement& from);

    /// F - x, for a map F of the state at that position.
    [[nodiscard]] node_id less_state(node_id map, std::size_t position);

    [[nodiscard]] const expression_graph& graph() const noexcept { return graph_; }

private:
    struct operand {
        node_id id = 0;
        std::string name{};  ///< if it is a plain one: what shift counts from
    };
    struct definition {
        const statement* from = nullptr;
        node_id id = 0;
        bool made = false, busy = false;
    };
    struct function_body {
        const statement* from = nullptr;
        expression body;
        bool busy = false;
    };
    /// What names mean within a function or a sum alone.
    using scope = std::map<std::string, operand, std::less<>>;

    /// A call of a function that XPPAUT has and moebius has not.
    struct absence {
        std::size_t line;
        std::string_view name, is;
    };

    [[noreturn]] void refuse(const std::string& got, const std::string& needed) const;
    [[nodiscard]] const absence* absence_in(node_id id) const;
    void check_needed(const statement& from, node_id id);
    void declare(const statement& from);
    [[nodiscard]] node_id run(const expression& steps, std::size_t begin, std::size_t end,
                              const scope& own);
    [[nodiscard]] node_id summed(const expression& steps, std::size_t at, long from, long to,
                                 scope own);
    [[nodiscard]] operand resolved(const std::string& name, const scope& own);
    [[nodiscard]] node_id called(const expression_step& step, std::vector<operand>& stack);
    [[nodiscard]] node_id applied(function_body& function, const std::string& name,
                                  const std::vector<operand>& with);
    [[nodiscard]] node_id shifted(const operand& from, node_id by);
    [[nodiscard]] node_id defined(definition& what);
    void define_group(const statement& from);
    [[nodiscard]] long whole(node_id id, std::string_view what) const;

    std::string_view file_;
    std::size_t line_ = 0, work_ = 0;
    int depth_ = 0;
    expression_graph graph_;
    std::map<std::string, node_id, std::less<>> leaves_;
    std::map<std::string, definition, std::less<>> definitions_;
    std::map<std::string, function_body, std::less<>> functions_;
    std::map<std::size_t, std::vector<const statement*>> groups_;  // arrays of loads, by line
    std::vector<absence> absences_;
    std::vector<std::string> variables_, constants_;  // in the order in which shift counts
};

}  // namespace moebius::detail
