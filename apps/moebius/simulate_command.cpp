// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <moebius/model/two_expert.hpp>
#include <moebius/simulate/replicas.hpp>

#include "commands.hpp"
#include "counts.hpp"
#include "output.hpp"
#include "subject.hpp"

namespace moebius::cli {
namespace {

struct simulate_arguments {
    subject_options subject;
    feedback_rule rule;
    simulate_options options;
    double x0 = 0;
    output_options output;
};

void describe(const simulate_arguments& args, result_heading& heading) {
    const auto count = [&](const char* name, std::size_t value) {
        heading.options.emplace_back(name, static_cast<double>(value));
    };
    heading.options.emplace_back("step", args.rule.step);
    count("batch", args.options.loop.tokens);
    count("steps", args.options.steps);
    count("burn_in", args.options.burn_in);
    count("replicas", args.options.replicas);
    count("record_every", args.options.record_every);
    heading.options.emplace_back("x0", args.x0);
    heading.seed = args.options.loop.seed;
    heading.router = "top-1";
    heading.model.clear();
}

void summarize(const table& summary) {
    fmt::print(stderr, "replica  load gap m          its error  variance of m\n");
    for (std::size_t row = 0; row < summary.rows(); ++row)
        fmt::print(stderr, "{:7}  {:<18.10g}  {:<9.3g}  {:.6g}\n", summary.at("replica")[row],
                   summary.at("gap_mean")[row], summary.at("gap_error")[row],
                   summary.at("gap_variance")[row]);
}

int run(simulate_arguments args, const session& session) {
    using models::two_expert;
    args.output.check();
    auto subject = args.subject;
    if (subject.model.empty()) subject.tokens.tokens.clear();  // the loop alone needs them
    auto [problem, ranges, start, heading] = make_subject(subject, 0, simulate_schema, session);
    const auto& p = problem.parameters;
    args.rule.feedback = p[two_expert::feedback];
    args.rule.decay = p[two_expert::decay];
    args.rule.beta = p[two_expert::beta];
    args.rule.bias = bias_of_two(p[two_expert::bias]);
    args.options.scores = {args.x0 / 2, -args.x0 / 2};
    args.options.loop.noise = noise_from_name(args.subject.tokens.noise);
    describe(args, heading);

    const auto measured =
        simulate(args.subject.tokens.source(), args.rule, args.options, session.watch("simulate"));

    const result_document result{heading,
                                 {{"records", measured.records}, {"summary", measured.summary}}};
    args.output.write(result);
    if (!args.output.out.empty()) summarize(measured.summary);
    return exit_code::found;
}

}  // namespace

void add_simulate(CLI::App& app, const session& session) {
    auto* sub = app.add_subcommand("simulate", "Route batches of tokens in the closed loop");
    auto args = std::make_shared<simulate_arguments>();
    auto& options = args->options;
    args->subject.add_to(*sub);
    sub->add_option("--step", args->rule.step, "time per batch")->capture_default_str();
    add_count(*sub, "--batch", options.loop.tokens, "tokens of a batch");
    add_count(*sub, "--steps", options.steps, "batches that are measured");
    add_count(*sub, "--burn-in", options.burn_in, "batches before");
    add_count(*sub, "--replicas", options.replicas, "independent runs");
    add_count(*sub, "--record-every", options.record_every, "batches for each row of records");
    sub->add_option("--x0", args->x0, "difference of the scores at the start")
        ->capture_default_str();
    add_count(*sub, "--seed", options.loop.seed, "of tokens and noise");
    add_count(*sub, "--threads", options.threads, "0: all; changes no number");
    args->output.add_to(*sub);
    sub->footer("Example: moebius simulate --set feedback=1 --batch 1024 --steps 4000 --seed 1");
    sub->callback([args, &session] { throw CLI::RuntimeError(run(*args, session)); });
}

}  // namespace moebius::cli
