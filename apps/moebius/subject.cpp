// SPDX-License-Identifier: MIT
#include "subject.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/model/token_response.hpp>
#include <tuple>

#include "words.hpp"

namespace moebius::cli {
namespace {

constexpr std::string_view default_model = models::two_expert::name;

/// The model with its default parameters; each expert by itself.
problem make_problem(const subject_options& options, result_heading& heading) {
    const auto& info = find_model(options.model);
    const auto& tokens = options.tokens;
    if (!info.needs_tokens) {
        if (!tokens.tokens.empty())
            throw invalid_argument(
                "--tokens", fmt::format("they came for {}", options.model),
                fmt::format("it takes none; --model {} does", models::token_response::name));
        return moebius::make_problem(options.model,
                                     options.experts.apply(options.model, 0, heading));
    }
    if (tokens.tokens.empty())
        throw invalid_argument("--model", fmt::format("{} came without --tokens", options.model),
                               "its response is a mean over tokens");
    const auto noise = noise_from_name(tokens.noise);
    if (!info.many_experts) {
        std::ignore = options.experts.apply(options.model, 0, heading);
        return problem_of(models::token_response(tokens.source()->law(noise)));
    }
    if (noise != noise_law::gumbel)
        throw invalid_argument("--noise", fmt::format("{} came", tokens.noise),
                               "the mean load of many experts is a softmax: gumbel noise");
    auto gated = tokens.gated();
    const auto made = options.experts.apply(options.model, gated.experts, heading);
    return make_token_softmax(std::move(gated.logits), made);
}

/// Experts whose loads are those of a router.
problem make_router_problem(const subject_options& options, const session& session,
                            result_heading& heading) {
    if (!options.model.empty())
        throw invalid_argument("--model", fmt::format("{} came beside --router", options.model),
                               "the mean load of the router is the model");
    const double beta = set_value(options.sets, "beta", options.router_beta);
    const auto noise = noise_from_name(options.tokens.noise);
    const auto router = options.router.make(beta, noise);
    const expert_options defaults;
    const auto source = source_for(options.router, options.tokens,
                                   options.experts.experts.value_or(defaults.experts));
    if (options.experts.experts.value_or(source->experts()) != source->experts())
        throw invalid_argument("--experts", fmt::format("{} came", *options.experts.experts),
                               fmt::format("the gate makes {}", source->experts()));
    options.router.describe(heading);
    if (options.tokens.tokens.empty())
        heading.options.emplace_back("experts", static_cast<double>(source->experts()));
    const bool controlled = options.experts.controller == "integral";
    if (controlled) heading.options.emplace_back("controller", options.experts.controller);
    options.tokens.describe(heading, true);
    return make_expert_problem(
        mean_load_of(*router, source, beta, noise, session.watch("response"), heading), controlled);
}

/// What a file was made with is not changed beside --from.
void check_same(const subject_options& options, const result_heading& heading,
                const std::string& file) {
    const auto& router = options.router;
    if (!router.sets.empty())
        throw invalid_argument("--router-set", "it came beside --from",
                               fmt::format("the router is that of {}", file));
    if (!router.name.empty() && router.name != heading.router)
        throw invalid_argument(
            "--router", fmt::format("{} came", router.name),
            fmt::format("{} is about {}", file,
                        heading.router.empty() ? heading.model : heading.router));
    const auto tokens = word_of(heading, "tokens", "");
    if (!options.tokens.tokens.empty() && options.tokens.tokens != tokens)
        throw invalid_argument("--tokens", fmt::format("'{}' came", options.tokens.tokens),
                               fmt::format("{} has '{}'", file, tokens));
}

/// The point that --from names, and the model and tokens of its file where none were given.
special_point read_start(subject_options& options) {
    const auto [file, label] = parse_source(options.from);
    const auto document = read_diagram(file);
    check_same(options, document.heading, file);
    options.router.inherit(document.heading);
    if (options.model.empty()) options.model = document.heading.model;
    if (options.model != document.heading.model)
        throw invalid_argument("--from",
                               fmt::format("{} is about {}", file, document.heading.model),
                               fmt::format("--model is {}", options.model));
    if (!options.sets.empty())
        throw invalid_argument("--set",
                               fmt::format("'{}' came beside --from", options.sets.front()),
                               "the point has its own parameters");
    options.tokens.inherit(document.heading);
    options.experts.inherit(document.heading);
    for (const auto& [name, value] : document.heading.parameters)
        if (name == "beta") options.router_beta = value;
    return document.data.at(label);
}

std::string times(std::size_t count) {
    if (count == 1) return "once";
    return count == 2 ? "twice" : fmt::format("{} times", count);
}

/// The point of a file becomes where a problem starts.
void start_from(special_point& start, std::string_view name, problem& at) {
    const auto dimension = at.model->dimension();
    if (start.state.size() != dimension)
        throw invalid_argument(
            "--from", fmt::format("{} has a state of {} numbers", start.label, start.state.size()),
            fmt::format("that of {} has {}", name, dimension));
    for (std::size_t i = 0; i < start.parameters.size(); ++i)
        at.set(start.parameter_names[i], start.parameters[i]);
    start.parameters = at.parameters;
}

/// Experts that nothing tells apart become one group, or the groups of the point to start from.
void group_experts(const subject_options& options, subject& result) {
    if (!result.problem.model->cells()) return;
    if (result.start) {
        result.problem = regrouped(result.problem, result.start->groups);
        return;
    }
    std::vector<std::size_t> apart;
    for (const auto& text : options.varies)
        apart.push_back(result.problem.index_of(parse_range(text).name));
    const auto groups = coarsest_groups(result.problem, apart);
    // experts without tokens may still not be alike: where ties go to the lowest
    if (result.problem.model->cells()->regrouped(groups))
        result.problem = regrouped(result.problem, groups);
}

/// A response that was measured, or has a transport plan's load in it.
bool knows_one_beta(const result_heading& heading) {
    return !word_of(heading, "response", "").empty() ||
           (heading.router == "selective-sinkhorn" && !word_of(heading, "tokens", "").empty());
}

void apply_ranges(const subject_options& options, std::size_t count, subject& result) {
    if (options.varies.size() != count)
        throw invalid_argument("--vary", fmt::format("it came {}", times(options.varies.size())),
                               fmt::format("it is needed {}", times(count)));
    for (const auto& text : options.varies) {
        const auto range = parse_range(text);
        check_range(range);
        if (range.name == "beta" && knows_one_beta(result.heading))
            throw invalid_argument("--vary", "beta came",
                                   "this router's response is known at one beta alone");
        auto probe = result.problem;  // both ends must be values that the model allows
        probe.set(range.name, range.from);
        probe.set(range.name, range.to);
        result.ranges.push_back(range);
    }
}

}  // namespace

std::vector<std::string> subject_options::files_read() const {
    auto files = tokens.files_read();
    files.push_back(from.substr(0, from.rfind(':')));
    return files;
}

void subject_options::add_to(CLI::App& sub) {
    sub.add_option("--model", model, fmt::format("see 'moebius models' [{}]", default_model));
    add_sets_to(sub);
    experts.add_to(sub);
    router.add_to(sub);
    tokens.add_to(sub);
}

void subject_options::add_sets_to(CLI::App& sub) {
    sub.add_option("--set", sets, "name=value of a parameter; may be repeated")
        ->allow_extra_args(false);
}

void subject_options::add_vary_to(CLI::App& sub) {
    sub.add_option("--vary", varies, "name=from:to of a parameter that varies")
        ->allow_extra_args(false);
}

void subject_options::add_from_to(CLI::App& sub) {
    sub.add_option("--from", from, "FILE:LABEL of a special point to start from");
}

named_numbers parameters_of(const problem& at) {
    named_numbers out;
    const auto known = at.model->parameters();
    for (std::size_t i = 0; i < known.size(); ++i)
        out.emplace_back(known[i].name, at.parameters[i]);
    return out;
}

std::vector<double> led_state(const field& model, double lead) {
    std::vector<double> state(model.dimension());
    state.front() = lead;
    const std::size_t experts = model.experts();
    if (experts > state.size()) return state;  // the one state of two experts is their difference
    for (std::size_t e = 0; e < experts; ++e) state[e] -= lead / static_cast<double>(experts);
    return state;
}

subject make_subject(subject_options options, std::size_t ranges, std::string_view schema,
                     const session& session, alike_experts alike) {
    subject result;
    if (!options.from.empty()) result.start = read_start(options);
    const bool of_router = !options.router.name.empty();
    if (options.model.empty() && !of_router) options.model = default_model;
    result.heading.schema = schema;
    result.heading.command = session.command;
    result.heading.model = options.model;
    result.problem = of_router ? make_router_problem(options, session, result.heading)
                               : make_problem(options, result.heading);
    for (const auto& text : options.sets) {
        const auto [name, value] = parse_setting(text);
        result.problem.set(name, value);
    }
    if (alike == alike_experts::grouped) group_experts(options, result);
    if (result.start) start_from(*result.start, options.model, result.problem);
    apply_ranges(options, ranges, result);

    result.heading.parameters = parameters_of(result.problem);
    if (!options.varies.empty()) result.heading.options.emplace_back("vary", options.varies);
    if (!options.from.empty()) result.heading.options.emplace_back("from", options.from);
    if (!of_router && find_model(options.model).needs_tokens)
        options.tokens.describe(result.heading);
    return result;
}

}  // namespace moebius::cli
