// SPDX-License-Identifier: MIT
#include <memory>
#include <moebius/bifurcation/locus.hpp>

#include "commands.hpp"
#include "output.hpp"
#include "subject.hpp"
#include "summary.hpp"

namespace moebius::cli {
namespace {

struct locus_arguments {
    subject_options subject;
    continuation_options solver;  // the library's own struct: one home for the defaults
    output_options output;
};

int run(const locus_arguments& args, const session& session) {
    args.output.check(args.subject.files_read());
    auto [problem, ranges, start, heading] = make_subject(args.subject, 2, locus_schema, session);
    describe(args.solver, heading);

    const diagram_document result{
        heading, locus(problem, ranges[0], ranges[1], args.solver, start, session.watch("locus"))};

    session.check("locus");
    args.output.write(result);
    if (!args.output.out.empty()) summarize(result);
    return tell_what_is_missing(result) ? exit_code::no_answer : exit_code::found;
}

}  // namespace

void add_locus(CLI::App& app, const session& session) {
    auto* sub = app.add_subcommand(
        "locus",
        "Follow folds, branch points, Hopf points and folds of cycles as two parameters vary");
    auto args = std::make_shared<locus_arguments>();  // lives as long as the callback
    args->subject.add_to(*sub);
    args->subject.add_vary_to(*sub);
    args->subject.add_from_to(*sub);
    add_to(*sub, args->solver);
    args->output.add_to(*sub);
    sub->footer("Example: moebius locus --vary feedback=1.5:20 --vary bias=-9:9 --plot cusp.png");
    sub->callback([args, &session] { throw CLI::RuntimeError(run(*args, session)); });
}

}  // namespace moebius::cli
