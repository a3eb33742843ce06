// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/io/options.hpp>
#include <moebius/io/simulation_log.hpp>
#include <moebius/simulate/controller_choice.hpp>
#include <moebius/train/dithered_tokens.hpp>

#include "commands.hpp"
#include "device.hpp"
#include "incomplete.hpp"
#include "led_state.hpp"
#include "output.hpp"
#include "problem_choice.hpp"
#include "train_log.hpp"

namespace moebius::cli {
namespace {

struct simulate_arguments {
    problem_choice problem;
    feedback_rule rule;
    simulate_options options;
    device_option device;
    double x0 = 0;
    std::vector<double> start;  ///< scores; empty: x0 says them
    log_arguments log;
    output_options output;
};

void add_loop(option_table& table, simulate_arguments& args) {
    table.add("step", args.rule.step, "time per batch");
    add_to(table, args.options);
    table.add("x0", args.x0, "lead of the first score at the start");
    table.add("start", args.start,
              "scores at the start, one an expert, in place of --x0: S1,S2,...",
              {.kept = option_kept::if_set, .comma_list = true});
}

void describe_loop(simulate_arguments args, result_heading& heading) {
    option_table how;
    add_loop(how, args);
    how.write_to(heading);
    if (args.rule.controller.law != control_law::none)
        heading.options.emplace_back("controller", text_of(args.rule.controller));
    heading.seed = args.options.loop.seed;
    heading.model.clear();
    args.problem.tokens.noise_without_tokens = true;
    if (args.problem.model.empty()) describe(args.problem.tokens, heading);
    if (!args.problem.router) args.problem.router.text = default_router;
    describe_router(args.problem.router, heading);
}

std::string summary_of(const table& summary, std::size_t experts) {
    const std::string shown = experts == 2 ? "gap" : "load_1";
    auto out = fmt::format("replica  {:<18}  its error  variance\n",
                           experts == 2 ? "load gap m" : "load of expert 1");
    for (std::size_t row = 0; row < summary.rows(); ++row)
        out += fmt::format("{:7}  {:<18.10g}  {:<9.3g}  {:.6g}\n", summary.at("replica")[row],
                           summary.at(shown + "_mean")[row], summary.at(shown + "_error")[row],
                           summary.at(shown + "_variance")[row]);
    return out;
}

/// The model whose parameters the loop takes; without --model the tokens are the loop's alone,
/// and the number of experts chooses it.
chosen_problem model_of(const simulate_arguments& args, std::size_t experts,
                        const session& session) {
    auto asked = args.problem;
    asked.router = {};  // the loop's own; only the parameters are the model's
    asked.experts.controller = {};
    if (asked.model.empty()) {
        asked.tokens = {};  // a step without derivative may be simulated
        if (asked.experts.experts.value_or(experts) != experts)
            throw invalid_argument("--experts", fmt::format("{} came", *asked.experts.experts),
                                   fmt::format("the gate makes {}", experts));
        asked.experts.experts.reset();
        if (experts != 2) {
            asked.model = "softmax";
            asked.experts.experts = experts;
        }
    }
    if (asked.model == "exact-k")
        throw invalid_argument("--model", "exact-k came",
                               "--router probmoe-exact-k,k=K is simulated; its loop has the "
                               "parameters of softmax");
    return choose_problem(asked, 0, simulate_schema, session, alike_experts::apart);
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

/// The scores of the start: those that were said, or the first leads the others by x0.
std::vector<double> scores_of(const problem& at, const simulate_arguments& args) {
    if (args.start.empty())
        return at.model->dimension() == 1 ? bias_of_two(args.x0) : led_state(*at.model, args.x0);
    const std::size_t experts = at.model->experts();
    if (args.start.size() != experts)
        throw invalid_argument("--start", fmt::format("{} scores came", args.start.size()),
                               fmt::format("the {} experts need one each", experts));
    return args.start;
}

simulation measure(const simulate_arguments& args,
                   const std::shared_ptr<const token_source>& source, const session& session) {
    const auto& router = args.problem.router;
    if (router) (void)router.make(args.rule.beta, args.options.loop.noise);
    if (router.is_top_1())  // its gates change no load
        return simulate(source, args.rule, args.options, session.watch("simulate"),
                        *args.device.open());
    return simulate(source, router.make(args.rule.beta, args.options.loop.noise), args.rule,
                    args.options, session.watch("simulate"), *args.device.open());
}

std::vector<written_file> logs_of(const simulate_arguments& args, const session& session) {
    if (!has_log(args.log, args.options.record_every, session)) return {};
    (void)logged_top_k(args.problem.router);
    return {{"--log", args.log.file}};
}

/// What draws a choice, by its name in a log's config.
std::string_view gate_of(noise_law noise) {
    const bool softmax = noise == noise_law::gumbel || noise == noise_law::logistic;
    return softmax ? "softmax" : to_string(noise);
}

/// Shares of which moments can be made are those by which softmax draws one expert.
void check_moments(const simulate_arguments& args) {
    if (!args.log.probe.moments) return;
    if (args.problem.router && !args.problem.router.is_top_1())
        throw invalid_argument("--moments", "--router came",
                               "they are of the loop's own router, of one choice");
    const auto noise = args.options.loop.noise;
    if (gate_of(noise) != "softmax")
        throw invalid_argument("--moments", fmt::format("noise is {}", to_string(noise)),
                               "with gumbel or logistic shares are those of softmax");
}

/// K is that of the loop where tokens are alike.
void write_load_log(const simulate_arguments& args, const token_source& source,
                    const simulation& measured) {
    if (args.log.file.empty()) return;
    const auto& loop = args.options.loop;
    const auto top_k = logged_top_k(args.problem.router);
    write_log(args.log, measured.records, "replica", loop.tokens * top_k,
              loop_config(args.rule, loop.tokens, top_k, gate_of(loop.noise)),
              probes_of(measured, source, args.rule.beta, loop, args.log.probe));
}

int run(simulate_arguments& args, const session& session) {
    args.output.check(args.problem.files_read(), logs_of(args, session));
    args.problem.tokens.check_gate(session);
    if (!args.start.empty()) refuse_unused(session, "a run with --start", {"x0"});
    if (args.options.record_every > args.options.steps)
        throw invalid_argument("--record-every", fmt::format("{} came", args.options.record_every),
                               fmt::format("--steps is {}", args.options.steps));
    if (args.problem.router) check_noise(session, {args.problem.router.text});
    const auto& tokens = args.problem.tokens;
    auto source = source_for(args.problem.router, tokens, args.problem.experts.experts.value_or(2));
    auto [problem, ranges, start, origin, one_beta, map, heading] =
        model_of(args, source->experts(), session);
    if (tokens.tokens.empty()) source = no_tokens(problem.model->experts());
    args.rule = rule_of(problem, args.rule.step);
    if (const auto& words = args.problem.experts.controller; !words.empty())
        args.rule.controller = controller_from(words);
    args.options.scores = scores_of(problem, args);
    args.options.loop.noise = noise_from_name(tokens.noise);
    check_moments(args);
    if (args.log.probe.dither != 0) source = dithered_tokens(source, args.log.probe.dither);
    describe_loop(args, heading);

    const auto measured = until_interrupted(
        heading, [&, &tokens_of = source] { return measure(args, tokens_of, session); });

    write_load_log(args, *source, measured);
    const result_document result{heading,
                                 {{"records", measured.records}, {"summary", measured.summary}}};
    args.output.write(result, summary_of(measured.summary, source->experts()));
    if (measured.failure.empty()) return outcome_of(heading, exit_code::found);
    tell(measured.failure);
    return exit_code::device;
}

}  // namespace

command simulate_command() {
    command out{"simulate", "Route batches of tokens in the closed loop",
                "moebius simulate --set feedback=1 --batch 1024 --steps 4000 --seed 1"};
    auto args = std::make_shared<simulate_arguments>();
    args->problem.experts.shown = "2";
    add_to(out.options, args->problem);
    add_loop(out.options, *args);
    add_to(out.options, args->device);
    add_log(args->log, "of every step but the first, which has no scores before it", out.options);
    args->output.add_to(out.options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
