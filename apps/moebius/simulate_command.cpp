// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/simulate/replicas.hpp>

#include "commands.hpp"
#include "counts.hpp"
#include "device.hpp"
#include "output.hpp"
#include "subject.hpp"

namespace moebius::cli {
namespace {

struct simulate_arguments {
    subject_options subject;
    feedback_rule rule;
    simulate_options options;
    device_option device;
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
    heading.router = args.subject.router.name.empty() ? "top-1" : args.subject.router.name;
    heading.model.clear();
    if (args.subject.model.empty()) args.subject.tokens.describe(heading, true);
}

void summarize(const table& summary, std::size_t experts) {
    const std::string shown = experts == 2 ? "gap" : "load_1";
    fmt::print(stderr, "replica  {:<18}  its error  variance\n",
               experts == 2 ? "load gap m" : "load of expert 1");
    for (std::size_t row = 0; row < summary.rows(); ++row)
        fmt::print(stderr, "{:7}  {:<18.10g}  {:<9.3g}  {:.6g}\n", summary.at("replica")[row],
                   summary.at(shown + "_mean")[row], summary.at(shown + "_error")[row],
                   summary.at(shown + "_variance")[row]);
}

/// The model whose parameters the loop takes; without --model the tokens are the loop's alone,
/// and the number of experts chooses it.
subject model_of(const simulate_arguments& args, std::size_t experts, const session& session) {
    auto asked = args.subject;
    asked.router = {};  // the loop's own; only the parameters are the model's
    if (asked.model.empty()) {
        asked.tokens.tokens.clear();
        if (asked.experts.experts.value_or(experts) != experts)
            throw invalid_argument("--experts", fmt::format("{} came", *asked.experts.experts),
                                   fmt::format("the gate makes {}", experts));
        asked.experts.experts.reset();
        if (experts != 2) {
            asked.model = "softmax";
            asked.experts.experts = experts;
        }
    }
    if (asked.experts.controller == "integral")
        throw invalid_argument("--controller", "integral came",
                               "the simulated loop has none; diagram, locus and sweep do");
    if (asked.model == "exact-k")
        throw invalid_argument("--model", "exact-k came",
                               "the simulated router is top-1: softmax is its model");
    return make_subject(asked, 0, simulate_schema, session, alike_experts::apart);
}

feedback_rule rule_of(const problem& at, double step) {
    const auto value = [&](std::string_view name) { return at.parameters[at.index_of(name)]; };
    feedback_rule rule{value("feedback"), value("decay"), value("beta"), {}, step};
    if (at.model->dimension() == 1) {
        rule.bias = bias_of_two(value("bias"));
    } else {
        const auto first =
            at.parameters.begin() + static_cast<std::ptrdiff_t>(at.index_of("bias_1"));
        rule.bias.assign(first, first + static_cast<std::ptrdiff_t>(at.model->experts()));
    }
    return rule;
}

/// The scores of the start: the first leads the others by x0.
std::vector<double> scores_of(const problem& at, double x0) {
    if (at.model->dimension() == 1) return bias_of_two(x0);
    return led_state(*at.model, x0);
}

simulation measure(const simulate_arguments& args,
                   const std::shared_ptr<const token_source>& source, const session& session) {
    const auto& router = args.subject.router;
    if (!router.name.empty()) (void)router.make(args.rule.beta, args.options.loop.noise);
    if (router.name.empty() || router.name == "top-1")  // its gates change no load
        return simulate(source, args.rule, args.options, session.watch("simulate"),
                        *args.device.open());
    if (args.device.name != "auto" && args.device.name != "cpu")
        throw invalid_argument("--device",
                               fmt::format("'{}' came for {}", args.device.name, router.name),
                               "its loop runs on the CPU; that of top-1 on devices, too");
    return simulate(source, router.make(args.rule.beta, args.options.loop.noise), args.rule,
                    args.options, args.device.threads, session.watch("simulate"));
}

int run(simulate_arguments args, const session& session) {
    args.output.check(args.subject.files_read());
    const auto& tokens = args.subject.tokens;
    auto source = source_for(args.subject.router, tokens, args.subject.experts.experts.value_or(2));
    auto [problem, ranges, start, heading] = model_of(args, source->experts(), session);
    if (tokens.tokens.empty()) source = no_tokens(problem.model->experts());
    args.rule = rule_of(problem, args.rule.step);
    args.options.scores = scores_of(problem, args.x0);
    args.options.loop.noise = noise_from_name(tokens.noise);
    describe(args, heading);

    if (!args.subject.router.sets.empty())
        heading.options.emplace_back("router_set", args.subject.router.sets);
    const auto measured = measure(args, source, session);

    const result_document result{heading,
                                 {{"records", measured.records}, {"summary", measured.summary}}};
    args.output.write(result);
    if (!args.output.out.empty()) summarize(measured.summary, source->experts());
    if (measured.failure.empty()) return exit_code::found;
    tell(measured.failure);
    return exit_code::device;
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
    sub->add_option("--x0", args->x0, "lead of the first score at the start")
        ->capture_default_str();
    add_count(*sub, "--seed", options.loop.seed, "of tokens and noise");
    args->device.add_to(*sub);
    args->output.add_to(*sub);
    sub->footer("Example: moebius simulate --set feedback=1 --batch 1024 --steps 4000 --seed 1");
    sub->callback([args, &session] { throw CLI::RuntimeError(run(*args, session)); });
}

}  // namespace moebius::cli
