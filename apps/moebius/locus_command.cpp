// SPDX-License-Identifier: MIT
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/stable_regions.hpp>
#include <moebius/io/options.hpp>
#include <utility>
#include <vector>

#include "certified.hpp"
#include "commands.hpp"
#include "incomplete.hpp"
#include "output.hpp"
#include "problem_choice.hpp"
#include "rule_choice.hpp"
#include "summary.hpp"

namespace moebius::cli {
namespace {

struct locus_arguments {
    problem_choice problem;
    rule_choice rule;
    continuation_options solver;  // the library's own struct: one home for the defaults
    bool certify = false;
    output_options output;
};

/// An interrupt here leaves the curves, uncounted.
void count_states(const problem& on, const std::vector<parameter_range>& over, diagram& curves,
                  const session& session) {
    try {
        count_in_regions(on, over[0], over[1], curves, session.watch("stable states"));
    } catch (const interrupted&) {
        throw cut_short<diagram>("stable states", std::move(curves));
    }
}

int run(locus_arguments& args, const session& session) {
    args.output.check(args.problem.files_read());
    args.problem.check_tokens(session);
    auto [problem, ranges, start, origin, one_beta, map, heading] =
        choose_problem(args.problem, 2, locus_schema, session);
    if (origin) args.output.check(files_named_by(*origin));
    if (origin) take_rule(args.rule, *origin, session);
    if (map) take_map(args.rule, *map, session);
    args.rule.check();
    if (args.certify) check_closed_form(problem);
    describe(args.rule, heading);
    describe(args.solver, heading);

    auto found = until_interrupted(heading, [&, &on = problem, &over = ranges, &from = start] {
        if (args.rule)
            return map_locus(on, args.rule.rule(), over[0], over[1], args.solver, from,
                             session.watch("locus"));
        auto curves = locus(on, over[0], over[1], args.solver, from, session.watch("locus"));
        if (!from) count_states(on, over, curves, session);
        return curves;
    });
    if (args.certify)
        certify_points(args.rule.followed(problem), {ranges, args.rule.followed_step().value_or(0)},
                       heading, found, session);
    return finish(args.output, {std::move(heading), std::move(found)});
}

}  // namespace

command locus_command() {
    command out{"locus",
                "Follow folds, branch points, Hopf points, special cycles and special points of "
                "maps as two parameters vary",
                "moebius locus --vary feedback=1.5:20 --vary bias=-9:9 --plot cusp.png"};
    auto args = std::make_shared<locus_arguments>();  // lives as long as the command
    add_to(out.options, args->problem);
    add_to(out.options, args->problem.equations);
    add_vary(out.options, args->problem);
    add_from(out.options, args->problem);
    add_to(out.options, args->rule);
    add_to(out.options, args->solver);
    add_certify(out.options, args->certify);
    args->output.add_to(out.options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
