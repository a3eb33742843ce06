// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <memory>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/exact/two_expert.hpp>
#include <moebius/io/report.hpp>
#include <moebius/model/two_expert_equation.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <optional>

#include "commands.hpp"
#include "exact_experts.hpp"
#include "incomplete.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "problem_choice.hpp"

namespace moebius::cli {
namespace {

struct exact_arguments {
    problem_choice problem;
    std::size_t points = 201;
    std::optional<double> sign;
    std::size_t batch = loop_options{}.tokens;
    double step = feedback_rule{}.step;
    output_options output;
};

table equilibria_of(const exact::two_expert& at) {
    table out{{"x", "load_1", "load_2", "eigenvalue", "stable"},
              std::vector<std::vector<double>>(5)};
    for (const auto& point : exact::equilibria(at)) {
        const double row[] = {point.x, point.loads[0], point.loads[1], point.eigenvalue,
                              point.stable ? 1.0 : 0.0};
        for (std::size_t c = 0; c < out.columns.size(); ++c) out.columns[c].push_back(row[c]);
    }
    return out;
}

/// Both arms up to the largest feedback, evenly spaced in u (exact::fold).
table folds_of(const exact::two_expert& at, double most, std::size_t points, const watch& watched) {
    table out{{"feedback", "bias", "x"}, std::vector<std::vector<double>>(3)};
    const double mu = exact::reduced({most, at.decay, at.beta, 0}).mu;
    const double end = exact::fold_place(mu, at.noise);
    if (!(end > 0)) return out;
    for (std::size_t i = 0; i < points; ++i) {
        if (watched.stopping()) throw cut_short<table>("exact", std::move(out));
        if (watched.report) watched.report(i, points);
        const double u = end * (2 * static_cast<double>(i) / static_cast<double>(points - 1) - 1);
        const auto fold = exact::fold(u, at.decay, at.beta, at.noise);
        const double row[] = {fold.feedback, fold.bias, fold.x};
        for (std::size_t c = 0; c < out.columns.size(); ++c) out.columns[c].push_back(row[c]);
    }
    return out;
}

result_document answer(const exact_arguments& args, chosen_problem on, const watch& watched) {
    using models::two_expert;
    const auto& p = on.problem.parameters;
    const exact::two_expert at{p[two_expert::feedback], p[two_expert::decay], p[two_expert::beta],
                               p[two_expert::bias], noise_from_name(args.problem.tokens.noise)};
    const auto [mu, eta] = exact::reduced(at);
    const auto fork = exact::pitchfork(at.decay, at.beta, at.noise);
    const auto cusp = exact::cusp(at.decay, at.beta, at.noise);
    result_document out{std::move(on.heading), {}};
    out.sections.push_back({"dimensionless", named_numbers{{"mu", mu}, {"eta", eta}}});
    out.sections.push_back(
        {"pitchfork", named_numbers{{"feedback", fork.feedback},
                                    {"bias", fork.bias},
                                    {"cubic", exact::expansion(fork).cubic},
                                    {"quintic", exact::expansion(fork).quintic}}});
    out.sections.push_back({"cusp", named_numbers{{"feedback", cusp.fold.feedback},
                                                  {"bias", cusp.fold.bias},
                                                  {"x", cusp.fold.x},
                                                  {"cubic", cusp.cubic}}});
    if (exact::fold_place(mu, at.noise) >= 0) {
        const double width = exact::half_width(mu, at.noise);
        const double drive = exact::scales_of(at.decay, at.beta).drive;
        out.sections.push_back(
            {"half_width", named_numbers{{"eta", width}, {"bias", width * drive}}});
    }
    out.sections.push_back({"equilibria", equilibria_of(at)});
    if (!on.ranges.empty())
        add_section(out, "fold_set",
                    [&] { return folds_of(at, on.ranges[0].to, args.points, watched); });
    return out;
}

bool has_closed_forms(std::string_view model) {
    return model == models::two_expert::name || model == "softmax" || model == "exact-k";
}

/// The fold set is what is sampled and drawn, and two experts and softmax have one.
void check_fold_set(const exact_arguments& args, const chosen_problem& on, const session& session) {
    const bool none = on.heading.model == "exact-k";
    if (none && !on.ranges.empty())
        throw invalid_argument("--vary", "it came for exact-k", "no fold set of it is known");
    if (!on.ranges.empty() && on.ranges[0].name != "feedback")
        throw invalid_argument("exact", fmt::format("--vary names {}", on.ranges[0].name),
                               "the fold set is sampled over feedback");
    if (!on.ranges.empty()) return;
    refuse_unused(session, "exact without --vary", {"points"});
    if (!args.output.plots.empty())
        throw invalid_argument("--plot", "it came for exact without --vary",
                               none ? "exact-k has no fold set to draw"
                                    : "the figure is the fold set: --vary feedback=FROM:TO");
}

std::optional<sign_steps> rule_of(const exact_arguments& args) {
    if (!args.sign) return std::nullopt;
    require("exact").positive_and_finite("--sign", *args.sign);
    require("exact").positive_and_finite("--step", args.step);
    require("exact").at_least("--batch", args.batch, 1);
    return sign_steps{*args.sign, args.batch, args.step};
}

int run(const exact_arguments& args, const session& session) {
    args.output.check(args.problem.files_read());
    if (args.points < 2)
        throw invalid_argument("--points", fmt::format("{} came", args.points), "it must be >= 2");
    check_result_size("--points", "samples", args.points, 3);
    if (noise_from_name(args.problem.tokens.noise) == noise_law::none)
        throw invalid_argument("--noise", "none came",
                               "closed forms are known for gumbel, logistic and gaussian noise");
    auto on =
        choose_problem(args.problem, args.problem.varies.empty() ? 0 : 1, exact_schema, session);
    const std::string& model = on.heading.model;
    if (!has_closed_forms(model))
        throw invalid_argument("exact", fmt::format("--model is {}", model),
                               "closed forms are known for two-expert, softmax and exact-k");
    if (model != models::two_expert::name)
        refuse_unused(session, fmt::format("exact --model {}", model), {"noise"});
    else
        refuse_unused(session, "exact --model two-expert", {"sign"});
    if (!args.sign) refuse_unused(session, "exact without --sign", {"batch", "step"});
    check_fold_set(args, on, session);
    const bool on_range = !on.ranges.empty();
    const auto watched = session.watch("exact");
    const auto result = model == models::two_expert::name
                            ? answer(args, std::move(on), watched)
                            : exact_experts(std::move(on), args.points, watched, rule_of(args));
    args.output.write(result, report_of(result));
    if (incomplete_because(result.heading)) return interrupt_code();
    if (on_range && result.table_of("fold_set").rows() == 0) {
        tell("exact: there is no fold at any feedback of the range");
        return exit_code::no_answer;
    }
    return exit_code::found;
}

}  // namespace

command exact_command() {
    command out{"exact", "Closed forms of two experts, softmax and exact-k",
                "moebius exact --set feedback=4 --vary feedback=2:20"};
    auto args = std::make_shared<exact_arguments>();
    args->problem.experts.controllable = false;  // no closed form has one
    add_model(out.options, args->problem);
    add_vary(out.options, args->problem);
    out.options.add("noise", args->problem.tokens.noise,
                    "of two experts: gumbel, logistic or gaussian", {.kept = option_kept::never});
    out.options.add("points", args->points, "samples of the fold set");
    out.options.add("sign", args->sign,
                    "many experts under a sign rule: a step of its biases, a batch; says up to "
                    "which deviation it holds equal loads",
                    {.kept = option_kept::if_set});
    out.options.add("batch", args->batch, "tokens of a batch, for --sign",
                    {.kept = option_kept::if_set});
    out.options.add("step", args->step, "time of a batch, for --sign",
                    {.kept = option_kept::if_set});
    args->output.add_to(out.options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
