// SPDX-License-Identifier: MIT
#include <memory>
#include <moebius/bifurcation/critical_group.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <optional>

#include "commands.hpp"
#include "output.hpp"
#include "subject.hpp"
#include "summary.hpp"

namespace moebius::cli {
namespace {

struct diagram_arguments {
    subject_options subject;
    std::optional<double> step;   // of the discrete rule
    continuation_options solver;  // the library's own struct: one home for the defaults
    output_options output;
};

/// Cycles from a Hopf point or a stored cycle, fixed points of the discrete rule, or equilibria.
diagram follow(const diagram_arguments& args, const problem& on, const parameter_range& range,
               std::optional<special_point> start, const watch& watch) {
    if (args.step) return map_diagram(on, *args.step, range, args.solver, start, watch);
    if (!start || (start->type != point_type::HB && !start->cycle))
        return equilibrium_diagram(on, range, args.solver, start, watch);
    const problem apart = start->cycle ? on : simple_at(on, *start);
    diagram cycles;
    add_cycle_branch(cycles, apart, range, *start, args.solver, watch);
    return cycles;
}

int run(const diagram_arguments& args, const session& session) {
    args.output.check(args.subject.files_read());
    auto [problem, ranges, start, heading] = make_subject(args.subject, 1, diagram_schema, session);
    describe(args.solver, heading);

    if (args.step) heading.options.emplace_back("step", *args.step);

    const diagram_document result{
        heading, follow(args, problem, ranges[0], start, session.watch("diagram"))};

    session.check("diagram");
    args.output.write(result);
    if (!args.output.out.empty()) summarize(result);
    return tell_what_is_missing(result) ? exit_code::no_answer : exit_code::found;
}

}  // namespace

void add_diagram(CLI::App& app, const session& session) {
    auto* sub = app.add_subcommand(
        "diagram", "Follow equilibria, or cycles from a Hopf point, as one parameter varies");
    auto args = std::make_shared<diagram_arguments>();  // lives as long as the callback
    args->subject.add_to(*sub);
    args->subject.add_vary_to(*sub);
    args->subject.add_from_to(*sub);
    add_to(*sub, args->solver);
    sub->add_option("--step", args->step, "follow the discrete rule with this step as a map");
    args->output.add_to(*sub);
    sub->footer("Example: moebius diagram --vary feedback=0.5:20 --out run.json --plot run.svg");
    sub->callback([args, &session] { throw CLI::RuntimeError(run(*args, session)); });
}

}  // namespace moebius::cli
