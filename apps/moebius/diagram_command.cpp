// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycle_types.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/dynamics/settled_cycle.hpp>
#include <moebius/io/options.hpp>
#include <optional>

#include "certified.hpp"
#include "commands.hpp"
#include "incomplete.hpp"
#include "output.hpp"
#include "problem_choice.hpp"
#include "rule_choice.hpp"
#include "standard_streams.hpp"
#include "summary.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

struct diagram_arguments {
    problem_choice problem;
    rule_choice rule;
    continuation_options solver;  // the library's own struct: one home for the defaults
    std::string cycles;           // kinds of those that leave a Hopf point
    bool certify = false;
    output_options output;
};

constexpr std::string_view settled = "settled";

/// Whether cycles are near, of which none are started from it.
bool has_critical_pair(point_type type) {
    using enum point_type;
    return type == GH || type == ZH || type == HH;
}

/// The cycles on which the flow settles beyond a Hopf point, both ways.
void add_settled(diagram& to, const problem& on, const parameter_range& range,
                 const special_point& hopf, const continuation_options& options,
                 const watch& watch) {
    const auto found = settled_beyond(on, range, hopf, watch);
    if (!found)
        throw invalid_argument("cycle", fmt::format("{} came for a settled cycle", hopf.label),
                               "the flow beyond it must come to one");
    add_cycle_branch(to, found->on, range, found->start, options, watch);
}

/// Cycles from a Hopf point or a stored cycle, fixed points of the discrete rule, or equilibria.
diagram follow(const diagram_arguments& args, const problem& on, const parameter_range& range,
               std::optional<special_point> start, const watch& watch) {
    if (args.rule) return period_diagram(on, args.rule.rule(), range, args.solver, start, watch);
    if (!start || (start->type != point_type::HB && !start->cycle)) {
        if (start && has_critical_pair(start->type))
            tell_once(fmt::format("{} is no HB, from which cycles start: equilibria are followed",
                                  start->label));
        return equilibrium_diagram(on, range, args.solver, start, watch);
    }
    diagram cycles;
    try {
        if (args.cycles == settled && !start->cycle)
            add_settled(cycles, on, range, *start, args.solver, watch);
        else if (start->cycle)
            add_cycle_branch(cycles, on, range, *start, args.solver, watch);
        else
            add_hopf_cycles(cycles, on, range, *start, cycle_choice_from(args.cycles), args.solver,
                            watch);
    } catch (const interrupted&) {
        throw cut_short<diagram>("cycle", std::move(cycles));
    }
    return cycles;
}

void add_cycles(option_table& table, diagram_arguments& args) {
    table.add(
        "cycles", args.cycles,
        "from a Hopf point at which alike experts part: main, one apart and, of up to 16, all "
        "in turn; all kinds of largest symmetry; KxQ, K groups of Q in turn; or settled, those "
        "on which the flow settles beyond it",
        {.kept = option_kept::if_set, .shown = "main"});
}

int run(diagram_arguments& args, const session& session) {
    args.output.check(args.problem.files_read());
    args.problem.check_tokens(session);
    auto [problem, ranges, start, origin, one_beta, map, heading] =
        choose_problem(args.problem, 1, diagram_schema, session);
    if (origin) args.output.check(files_named_by(*origin));
    if (origin) take_rule(args.rule, *origin, session);
    if (map) take_map(args.rule, *map, session);
    args.rule.check();
    if (!start || start->type != point_type::HB)
        refuse_unused(session, "a start that is no Hopf point", {"cycles"});
    if (args.certify) check_closed_form(problem);
    option_table method;
    add_to(method, args.solver);
    add_to(method, args.rule);
    add_cycles(method, args);
    method.write_to(heading);

    auto found = until_interrupted(heading, [&, &on = problem, &range = ranges[0], &from = start] {
        return follow(args, on, range, from, session.watch("diagram"));
    });
    if (args.certify)
        certify_points(args.rule.followed(problem), {ranges, args.rule.followed_step().value_or(0)},
                       heading, found, session);
    return finish(args.output, {std::move(heading), std::move(found)});
}

}  // namespace

command diagram_command() {
    command out{"diagram",
                "Follow equilibria, or cycles from a Hopf point, as one parameter varies",
                "moebius diagram --vary feedback=0.5:20 --out run.json --plot run.svg"};
    auto args = std::make_shared<diagram_arguments>();  // lives as long as the command
    add_to(out.options, args->problem);
    add_to(out.options, args->problem.equations);
    add_vary(out.options, args->problem);
    add_from(out.options, args->problem);
    add_to(out.options, args->solver);
    add_to(out.options, args->rule);
    add_cycles(out.options, *args);
    add_certify(out.options, args->certify);
    args->output.add_to(out.options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
