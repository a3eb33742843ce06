// SPDX-License-Identifier: MIT
#include <memory>
#include <moebius/bifurcation/equilibria.hpp>

#include "commands.hpp"
#include "output.hpp"
#include "subject.hpp"
#include "summary.hpp"

namespace moebius::cli {
namespace {

struct diagram_arguments {
    subject_options subject;
    continuation_options solver;  // the library's own struct: one home for the defaults
    output_options output;
};

int run(const diagram_arguments& args, const session& session) {
    args.output.check();
    auto [problem, ranges, start, heading] = make_subject(args.subject, 1, diagram_schema, session);
    describe(args.solver, heading);

    const diagram_document result{heading, equilibrium_diagram(problem, ranges[0], args.solver,
                                                               start, session.watch("diagram"))};

    session.check("diagram");
    args.output.write(result);
    if (!args.output.out.empty()) summarize(result);
    return tell_what_is_missing(result) ? exit_code::no_answer : exit_code::found;
}

}  // namespace

void add_diagram(CLI::App& app, const session& session) {
    auto* sub = app.add_subcommand("diagram", "Follow all equilibria as one parameter varies");
    auto args = std::make_shared<diagram_arguments>();  // lives as long as the callback
    args->subject.add_to(*sub);
    args->subject.add_vary_to(*sub);
    args->subject.add_from_to(*sub);
    add_to(*sub, args->solver);
    args->output.add_to(*sub);
    sub->footer("Example: moebius diagram --vary feedback=0.5:20 --out run.json --plot run.svg");
    sub->callback([args, &session] { throw CLI::RuntimeError(run(*args, session)); });
}

}  // namespace moebius::cli
