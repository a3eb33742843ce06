// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/compare/expert_validation.hpp>
#include <moebius/compare/token_validation.hpp>
#include <moebius/compare/validate.hpp>
#include <moebius/io/options.hpp>
#include <moebius/model/token_response.hpp>
#include <moebius/simulate/controller_choice.hpp>

#include "commands.hpp"
#include "compare_document.hpp"
#include "device.hpp"
#include "file_parameters.hpp"
#include "incomplete.hpp"
#include "output.hpp"
#include "problem_choice.hpp"
#include "report_lines.hpp"
#include "validate_experts.hpp"
#include "validate_oscillation.hpp"
#include "validate_tokens.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

struct validate_arguments {
    problem_choice problem;
    std::optional<std::uint64_t> experts;
    std::string controller;
    std::size_t starts = default_starts;
    validate_options options;  // the library's own struct: one home for the defaults
    device_option device;
    output_options output;
};

result_document document_of(const validation& v, result_heading heading) {
    auto agreement = agreement_of(v.overall);
    agreement.emplace_back("cusps_missed", static_cast<double>(v.overall.cusps_missed));
    std::vector<std::string> names;
    for (const auto& sweep : v.predicted.sweeps) names.push_back(sweep.name);
    heading.parameters = parameters_of(v.predicted.at);
    return {std::move(heading),
            {{"verdict", v.overall.sentence},
             {"agreement", std::move(agreement)},
             {"sweeps", names},
             {"sweep_plans", sweep_table(v)},
             {"steady", steady_table(v)},
             {"jumps", jump_table(v)},
             {"cusps", cusp_table(v)},
             {"equilibria", v.predicted.equilibria},
             {"folds", v.predicted.folds}}};
}

/// For a reader: steady states, jumps, cusps, and what they come to.
std::string report_of(const validation& v) {
    report_lines out;
    const auto name = [&](std::size_t sweep) { return v.predicted.sweeps.at(sweep).name; };
    out.add("{:<40} {:>9} {:>9} {:>10} {:>10} {:>8} {:>6}\n", "steady states", "feedback", "bias",
            "predicted", "measured", "error", "z");
    for (const auto& point : v.steady)
        out.add("{:<40} {:>9.4f} {:>9.4f} {:>10.5f} {:>10.5f} {:>8.5f} {:>6.2f}{}\n",
                name(point.sweep), point.feedback, point.bias, point.predicted.mean_gap(),
                point.measured.mean, point.error, point.z, not_judged(point.excuse));
    out.add("\n{:<40} {:>9} {:>9} {:>10} {:>10} {:>8} {:>6}\n", "jumps", "fold", "delay",
            "predicted", "measured", "sd", "z");
    for (const auto& jump : v.jumps)
        out.add("{:<40} {:>9.4f} {:>9.4f} {:>10.5f} {:>10.5f} {:>8.5f} {:>6.2f}\n",
                name(jump.sweep), jump.predicted.fold, jump.predicted.delay,
                jump.predicted.ensemble.mean, jump.measured.mean, jump.measured.sd, jump.z);
    out.add("\n{:<40} {:>9} {:>9} {:>10}\n", "cusps", "feedback", "bias", "x");
    for (const auto& cusp : v.predicted.cusps)
        out.add("{:<40} {:>9.4f} {:>9.4f} {:>10.5f}\n",
                cusp.located ? "also found by continuation" : "missed by continuation",
                cusp.exact.fold.feedback, cusp.exact.fold.bias, cusp.exact.fold.x);
    out.add("\n{}\n", v.overall.sentence);
    return out.take();
}

/// Feedback and bias are swept, and alike experts have no bias: only the other two can be chosen.
void check_sets(const std::vector<std::string>& sets) {
    for (const auto& [name, value] : parse_settings(sets))
        if (name == "feedback" || name == "bias")
            throw invalid_argument("--set", fmt::format("'{}' came", name),
                                   "validate takes beta and decay: it sweeps feedback and, of two "
                                   "experts, bias itself");
}

/// Another router than top-1: its threshold, and its jumps beside the noise-free rule's.
int run_router(const validate_arguments& args, const session& session) {
    refuse_unused(session, args.problem.router.name(), {"levels", "members", "starts"});
    check_noise(session, {args.problem.router.text});
    if (args.device.name != "auto" && args.device.name != "cpu")
        throw invalid_argument(
            "--device",
            fmt::format("'{}' came for {}", args.device.name, args.problem.router.name()),
            "validate sweeps it on the CPU; simulate runs its loops on devices");
    const auto& v = args.options;
    comparison_options options;
    options.beta = set_value(args.problem.sets, "beta", options.beta);
    options.decay = set_value(args.problem.sets, "decay", options.decay);
    options.tokens = v.tokens;
    options.step = v.step;
    options.seeds = v.seeds;
    options.settle = v.settle;
    options.average = v.average;
    options.ramp = v.ramp;
    options.chance = v.chance;
    options.seed = v.seed;
    options.threads = args.device.threads;
    options.response = response_at(options.beta);

    result_heading heading;
    heading.schema = compare_schema;
    heading.command = session.command;
    heading.seed = options.seed;
    auto tokens = args.problem.tokens;
    tokens.noise_without_tokens = true;
    describe(tokens, heading);
    describe_router(args.problem.router, heading);
    describe_comparison(options, heading);
    const auto& router = args.problem.router;
    const auto noise = noise_from_name(args.problem.tokens.noise);
    const auto compared = compare_routers(source_for(router, args.problem.tokens, 2),
                                          {{router.name(), router.make(options.beta, noise)}},
                                          options, session.watch("validate"));
    args.output.write(compare_document(compared, options, heading), compare_report(compared));
    return all_agree(compared) ? exit_code::found : exit_code::no_answer;
}

/// The experts that each token goes to.
/// @throws invalid_argument  for a router whose batches scatter in another way than its loads rise
std::size_t chosen_of(const router_choice& router) {
    if (router.is_top_1()) return 1;
    if (router.name() == "probmoe-exact-k") {
        (void)router.make(1, noise_law::gumbel);
        return parse_count("--router", setting_of(router.name(), "k", router.settings()));
    }
    throw invalid_argument("--router", fmt::format("{} came with --experts", router.name()),
                           "the loads of many experts are known with their scatter for top-1 and "
                           "probmoe-exact-k");
}

/// @throws invalid_argument  for another parameter than beta and decay
void check_own_sets(const std::vector<std::string>& sets, std::string_view who) {
    for (const auto& [name, value] : parse_settings(sets))
        if (name != "beta" && name != "decay")
            throw invalid_argument("--set", fmt::format("'{}' came", name),
                                   fmt::format("{} beta and decay", who));
}

/// Alike experts have no tokens, beta and decay alone, and loops that run on the CPU.
/// @param option  that asks for them
void check_alike(const validate_arguments& args, std::string_view option) {
    if (!args.problem.tokens.tokens.empty())
        throw invalid_argument("--tokens", fmt::format("they came with {}", option),
                               "tokens are validated without a controller");
    if (args.problem.tokens.noise != to_string(noise_law::gumbel))
        throw invalid_argument("--noise", fmt::format("{} came", args.problem.tokens.noise),
                               "the mean load of alike experts is a softmax: gumbel noise");
    if (args.device.name != "auto" && args.device.name != "cpu")
        throw invalid_argument("--device",
                               fmt::format("'{}' came with {}", args.device.name, option),
                               "loops of alike experts run on the CPU");
    check_own_sets(args.problem.sets, "alike experts have");
}

/// Under a controller: where oscillations begin, and what they are like.
int run_oscillation(const validate_arguments& args, const session& session) {
    check_alike(args, "--controller");
    refuse_unused(session, "validate with --controller", {"ramp", "members", "starts"});
    if (!args.problem.router.is_top_1())
        throw invalid_argument("--router",
                               fmt::format("{} came with --controller", args.problem.router.name()),
                               "it is measured for top-1");
    controlled_router of{checked_experts(args.experts.value_or(2))};
    of.beta = set_value(args.problem.sets, "beta", of.beta);
    of.decay = set_value(args.problem.sets, "decay", of.decay);
    of.controller = controller_from(args.controller);
    oscillation_options options;  // its own defaults, but for what was given
    const auto given = [&](std::string_view name, const auto& from, auto& to) {
        if (session.was_given(name)) to = from;
    };
    given("batch", args.options.tokens, options.tokens);
    given("step", args.options.step, options.step);
    given("seeds", args.options.seeds, options.seeds);
    given("levels", args.options.levels, options.levels);
    given("settle", args.options.settle, options.settle);
    given("average", args.options.average, options.average);
    options.chance = args.options.chance;
    options.seed = args.options.seed;
    options.threads = args.options.threads;

    result_heading heading;
    heading.schema = validate_oscillation_schema;
    heading.command = session.command;
    heading.router = default_router;
    heading.parameters = {{"beta", of.beta}, {"decay", of.decay}};
    heading.options.emplace_back("experts", static_cast<double>(of.experts));
    heading.options.emplace_back("controller", text_of(of.controller));
    describe(options, heading);
    heading.seed = options.seed;
    const auto v = until_interrupted(
        heading, [&] { return validate_oscillation(of, options, session.watch("validate")); });
    args.output.write(oscillation_document(v, heading), oscillation_report(v));
    return outcome_of(heading, v.overall.agrees ? exit_code::found : exit_code::no_answer);
}

/// More than two experts, without tokens.
int run_experts(const validate_arguments& args, const session& session) {
    check_alike(args, "--experts");
    refuse_unused(session, "validate without tokens", {"starts"});
    const auto& router = args.problem.router;
    expert_router of{*args.experts, chosen_of(router)};
    of.beta = set_value(args.problem.sets, "beta", of.beta);
    of.decay = set_value(args.problem.sets, "decay", of.decay);
    auto options = args.options;
    if (!session.was_given("batch")) options.tokens = tokens_for(of.experts);

    result_heading heading;
    heading.schema = validate_experts_schema;
    heading.command = session.command;
    heading.parameters = {{"beta", of.beta}, {"decay", of.decay}};
    heading.options.emplace_back("experts", static_cast<double>(of.experts));
    auto named = router;
    if (!named) named.text = default_router;
    describe_router(named, heading);
    describe(options, heading);
    heading.seed = options.seed;
    const auto v = until_interrupted(
        heading, [&] { return validate_experts(of, options, session.watch("validate")); });
    args.output.write(experts_document(v, heading), experts_report(v));
    return outcome_of(heading, v.overall.agrees ? exit_code::found : exit_code::no_answer);
}

/// Tokens are routed by top-1 with the noise of a softmax, in loops that run on the CPU.
void check_tokens(const validate_arguments& args, std::size_t experts) {
    const auto of = fmt::format("tokens of {} experts", experts);
    if (args.experts.value_or(experts) != experts)
        throw invalid_argument("--experts", fmt::format("{} came", *args.experts),
                               fmt::format("the tokens have {}", experts));
    if (!args.problem.router.is_top_1())
        throw invalid_argument("--router",
                               fmt::format("{} came with {}", args.problem.router.name(), of),
                               "their loads are known with their scatter for top-1");
    if (args.problem.tokens.noise != to_string(noise_law::gumbel))
        throw invalid_argument("--noise", fmt::format("{} came", args.problem.tokens.noise),
                               fmt::format("the mean load of {} is a softmax: gumbel noise", of));
    if (args.device.name != "auto" && args.device.name != "cpu")
        throw invalid_argument("--device", fmt::format("'{}' came with {}", args.device.name, of),
                               "their loops run on the CPU");
    check_own_sets(args.problem.sets, "validate takes");
}

/// More than two experts, on tokens.
int run_tokens(validate_arguments& args, const std::shared_ptr<const token_source>& source,
               const session& session) {
    check_tokens(args, source->experts());
    refuse_unused(session, "validate on tokens of many experts", {"ramp", "members"});
    args.problem.router = {};
    args.problem.model = "token-softmax";
    auto on = choose_problem(args.problem, 0, validate_tokens_schema, session);
    const auto value = [&](std::string_view name) {
        return on.problem.parameters[on.problem.index_of(name)];
    };
    auto options = args.options;
    if (!session.was_given("batch")) options.tokens = tokens_for(source->experts());
    describe(options, on.heading);
    on.heading.options.emplace_back("starts", static_cast<double>(args.starts));
    on.heading.seed = options.seed;
    on.heading.router = default_router;
    const auto v = until_interrupted(on.heading, [&] {
        return validate_on_tokens({source, value("beta"), value("decay")}, args.starts, options,
                                  session.watch("validate"));
    });
    args.output.write(tokens_document(v, on.heading), tokens_report(v));
    return outcome_of(on.heading, v.overall.agrees ? exit_code::found : exit_code::no_answer);
}

int run(validate_arguments& args, const session& session) {
    using models::token_response;
    args.output.check(args.problem.files_read());
    args.problem.tokens.check_gate(session);
    args.options.threads = args.device.threads;
    check_sets(args.problem.sets);
    const auto& router = args.problem.router;
    (void)router.settings();
    if (!args.controller.empty()) return run_oscillation(args, session);
    const bool tokens = !args.problem.tokens.tokens.empty();
    if (!tokens && args.experts.value_or(2) != 2) return run_experts(args, session);
    const auto source = args.problem.tokens.source();
    if (source->experts() != 2) return run_tokens(args, source, session);
    if (args.experts.value_or(2) != 2) check_tokens(args, 2);
    if (!router.is_top_1()) return run_router(args, session);
    refuse_unused(session, "validate on two experts", {"starts"});
    args.problem.router = {};
    if (tokens) args.problem.model = token_response::name;
    auto on = choose_problem(args.problem, 0, validate_schema, session);
    const auto& p = on.problem.parameters;
    describe(args.options, on.heading);
    on.heading.seed = args.options.seed;
    on.heading.router = default_router;

    const auto v = until_interrupted(on.heading, [&] {
        return validate(source, noise_from_name(args.problem.tokens.noise), p[token_response::beta],
                        p[token_response::decay], args.options, session.watch("validate"),
                        *args.device.open());
    });

    args.output.write(document_of(v, on.heading), report_of(v));
    return outcome_of(on.heading, v.overall.agrees ? exit_code::found : exit_code::no_answer);
}

}  // namespace

command validate_command() {
    command out{"validate",
                "Lay loads that were measured on tokens over the predicted bifurcation set",
                "moebius validate --tokens data/digits.csv --gate class-means:0,1 --set beta=8"};
    auto args = std::make_shared<validate_arguments>();
    auto trained = std::make_shared<bool>(false);  // if it came, another command ran
    out.options.add("trained", *trained,
                    "train first: 'moebius validate --trained --help' has its options");
    add_sets(out.options, args->problem);
    out.options.add("experts", args->experts,
                    "number of experts N without tokens; those of tokens are the gate's",
                    {.shown = "2"});
    out.options.add("starts", args->starts,
                    "on tokens of many experts: random starts at each feedback");
    out.options.add("controller", args->controller,
                    "load balancing, as of simulate: where oscillations begin, and their period",
                    {.shown = "none"});
    add_to(out.options, args->problem.router);
    add_to(out.options, args->problem.tokens);
    add_to(out.options, args->options);
    add_to(out.options, args->device);
    args->output.add_to(out.options);
    out.run = [args, trained](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
