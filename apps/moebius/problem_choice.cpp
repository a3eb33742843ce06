// SPDX-License-Identifier: MIT
#include "problem_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <moebius/base/error.hpp>
#include <moebius/base/worded_choice.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/model/token_response.hpp>
#include <tuple>

#include "command.hpp"
#include "file_parameters.hpp"
#include "standard_streams.hpp"
#include "start_groups.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

constexpr std::string_view default_model = models::two_expert::name;

/// Two experts without tokens whose router adds the noise: tokens of margin 0 to the equations.
bool is_noisy_pair(const problem_choice& options) {
    return !options.router && options.tokens.tokens.empty() &&
           (options.model.empty() || options.model == default_model) &&
           noise_from_name(options.tokens.noise) != noise_law::gumbel;
}

/// The model with its default parameters; each expert by itself.
problem make_problem(const problem_choice& options, result_heading& heading) {
    const auto& info = find_model(options.model);
    const auto& tokens = options.tokens;
    if (!info.needs_tokens) {
        if (!tokens.tokens.empty())
            throw invalid_argument(
                "--tokens", fmt::format("they came for {}", options.model),
                fmt::format("it takes none; --model {} does", models::token_response::name));
        const auto made = options.experts.apply(options.model, 0, heading);
        if (!is_noisy_pair(options)) return moebius::make_problem(options.model, made);
        const std::array<double, 1> alike{0};
        return problem_of(
            models::token_response(law_of_margins(alike, noise_from_name(options.tokens.noise))));
    }
    if (tokens.tokens.empty())
        throw invalid_argument("--model", fmt::format("{} came without --tokens", options.model),
                               "its response is a mean over tokens");
    const auto noise = noise_from_name(tokens.noise);
    if (!info.many_experts) {
        const auto made = options.experts.apply(options.model, 0, heading);
        return make_token_response(tokens.source()->law(noise), made.controlled);
    }
    if (noise != noise_law::gumbel)
        throw invalid_argument("--noise", fmt::format("{} came", tokens.noise),
                               "the mean load of many experts is a softmax: gumbel noise");
    auto gated = tokens.gated();
    const auto made = options.experts.apply(options.model, gated.experts, heading);
    return make_token_softmax(std::move(gated.logits), made);
}

/// Experts whose loads are those of a router.
void make_router_problem(const problem_choice& options, const session& session,
                         chosen_problem& result) {
    auto& heading = result.heading;
    if (!options.model.empty())
        throw invalid_argument("--model", fmt::format("{} came beside --router", options.model),
                               "the mean load of the router is the model");
    if (options.experts.top_k)
        throw invalid_argument("--top-k", "it came beside --router",
                               "what a router takes is its own: --router NAME,k=NUMBER");
    if (options.from.empty()) check_noise(session, {options.router.text});
    const double beta = set_value(options.sets, "beta", options.router_beta);
    const auto router = options.router.make(beta, noise_from_name(options.tokens.noise));
    const expert_options defaults;
    const auto source = source_for(options.router, options.tokens,
                                   options.experts.experts.value_or(defaults.experts));
    if (options.experts.experts.value_or(source->experts()) != source->experts())
        throw invalid_argument("--experts", fmt::format("{} came", *options.experts.experts),
                               fmt::format("the gate makes {}", source->experts()));
    describe_router(options.router, heading);
    if (options.tokens.tokens.empty())
        heading.options.emplace_back("experts", static_cast<double>(source->experts()));
    const bool controlled = options.experts.controlled();
    if (controlled)
        heading.options.emplace_back("controller",
                                     std::string(chosen_name(options.experts.controller)));
    auto tokens = options.tokens;
    tokens.noise_without_tokens = true;
    describe(tokens, heading);
    auto loads = mean_load_of(*router, source, beta, session.watch("response"), heading);
    result.one_beta = loads->knows_one_beta();
    result.problem = make_expert_problem(std::move(loads), controlled);
}

/// What a text says is a model.
void make_from_equations(const problem_choice& options, chosen_problem& result) {
    const auto made = make_equations(options.equations, options.model, result.heading);
    if (made.is_map) result.map = made.period.value_or(1);
    result.problem = with_defaults(made.model);
    if (const auto remark = remark_of(options.equations, made);
        options.from.empty() && !remark.empty())
        tell_once(remark);
}

/// The model, experts and tokens of a file.
void take_origin(problem_choice& options, const result_heading& origin, const std::string& file,
                 const session& session) {
    inherit(options.router, origin, file);
    options.equations.inherit(origin, file);
    if (options.model.empty()) options.model = origin.model;
    if (options.model != origin.model)
        throw invalid_argument("--from",
                               fmt::format("{} is about {}", file,
                                           options.router ? options.router.text : origin.model),
                               fmt::format("--model is {}", options.model));
    option_table made_with;
    add_to(made_with, options.tokens);
    add_to(made_with, options.experts);
    made_with.read_from(origin, session.given, file);
    for (const auto& name : files_named_by(origin)) {
        std::error_code none;
        if (std::filesystem::exists(name, none) && !std::filesystem::is_regular_file(name, none))
            throw io_error(file, fmt::format("/options: {} is no regular file", name));
    }
    for (const auto& [name, value] : origin.parameters)
        if (name == "beta") options.router_beta = value;
}

/// The point that --from names, and the model and tokens of its file where none were given.
special_point read_start(problem_choice& options, const session& session,
                         std::optional<result_heading>& origin) {
    const auto [file, label] = parse_source(options.from);
    const auto document = read_diagram(file);
    if (!options.sets.empty())
        throw invalid_argument("--set",
                               fmt::format("'{}' came beside --from", options.sets.front()),
                               "the point has its own parameters");
    take_origin(options, document.heading, file, session);
    origin = document.heading;
    return document.data.at(label);
}

void make_of_kind(const problem_choice& options, const session& session, chosen_problem& made) {
    if (options.equations)
        make_from_equations(options, made);
    else if (options.router)
        make_router_problem(options, session, made);
    else
        made.problem = make_problem(options, made.heading);
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
            "/special_points",
            fmt::format("{} has a state of {} numbers", start.label, start.state.size()),
            fmt::format("that of {} has {}", name, dimension));
    for (std::size_t i = 0; i < start.parameters.size(); ++i)
        at.set(start.parameter_names[i], start.parameters[i]);
    start.parameters = at.parameters;
}

/// Experts that nothing tells apart become one group, or the groups of the point to start from.
void group_experts(const problem_choice& options, chosen_problem& result) {
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

void apply_ranges(const problem_choice& options, std::size_t count, chosen_problem& result) {
    if (options.varies.size() != count)
        throw invalid_argument("--vary", fmt::format("it came {}", times(options.varies.size())),
                               fmt::format("it is needed {}", times(count)));
    for (const auto& text : options.varies) {
        const auto range = parse_range(text);
        check_range(range);
        const auto settings = parse_settings(options.sets);
        const bool sampled = result.heading.schema == exact_schema;  // what is set is another point
        if (!sampled && std::any_of(settings.begin(), settings.end(), [&](const auto& setting) {
                return setting.first == range.name;
            }))
            throw invalid_argument("--vary", fmt::format("{} is varied", range.name),
                                   "--set sets it, too");
        if (range.name == "beta" && result.one_beta)
            throw invalid_argument("--vary", "beta came",
                                   "this router's response is known at one beta alone");
        auto probe = result.problem;  // both ends must be values that the model allows
        probe.set(range.name, range.from);
        probe.set(range.name, range.to);
        result.ranges.push_back(range);
    }
}

}  // namespace

problem problem_of_file(const std::string& file, const result_heading& heading,
                        const session& session) {
    problem_choice options;
    options.from = file;
    take_origin(options, heading, file, session);
    chosen_problem made;
    make_of_kind(options, session, made);
    return made.problem;
}

problem problem_of_file(const std::string& file, const diagram_document& document,
                        const session& session) {
    auto made = problem_of_file(file, document.heading, session);
    const auto& points = document.data.special_points;
    if (points.empty()) {
        take_parameters(made, document);
        return made;
    }
    named_numbers values;
    for (std::size_t i = 0; i < points.front().parameters.size(); ++i)
        values.emplace_back(points.front().parameter_names[i], points.front().parameters[i]);
    take_parameters(made, points.front().groups, values);
    return made;
}

std::vector<std::string> problem_choice::files_read() const {
    auto files = tokens.files_read();
    if (!equations.file.empty()) files.push_back(equations.file);
    files.push_back(from.substr(0, from.rfind(':')));
    return files;
}

void problem_choice::check_tokens(const session& session) const {
    if (!from.empty()) return;  // they are the file's
    if (equations) {
        refuse_unused(session, "--equations",
                      {"model", "router", "tokens", "noise", "experts", "top_k", "controller"});
        return;
    }
    tokens.check_gate(session);
    const bool pair = model.empty() || model == default_model;  // its gap is the noise's law
    if (tokens.tokens.empty() && !router && !pair)
        refuse_unused(session, "a model without --tokens", {"noise"});
}

void add_sets(option_table& table, problem_choice& choice) {
    table.add("set", choice.sets, "name=value of a parameter; may be repeated",
              {.kept = option_kept::never});
}

void add_model(option_table& table, problem_choice& choice) {
    table.add("model", choice.model, "see 'moebius models'",
              {.kept = option_kept::never, .shown = std::string(default_model)});
    add_sets(table, choice);
    add_to(table, choice.experts);
}

void add_to(option_table& table, problem_choice& choice) {
    add_model(table, choice);
    add_to(table, choice.router);
    add_to(table, choice.tokens);
}

void add_vary(option_table& table, problem_choice& choice) {
    table.add("vary", choice.varies, "name=from:to of a parameter that varies",
              {.kept = option_kept::if_set});
}

void add_from(option_table& table, problem_choice& choice) {
    table.add("from", choice.from, "FILE:LABEL of a special point to start from",
              {.kept = option_kept::if_set});
}

namespace {

/// What the words, or the file to start from, make of a problem but for its ranges.
void make_chosen(problem_choice& options, const session& session, alike_experts alike,
                 chosen_problem& result) {
    make_of_kind(options, session, result);
    if (options.equations) {
        spell_as(*result.problem.model, options.sets);
        spell_as(*result.problem.model, options.varies);
    }
    for (const auto& [name, value] : parse_settings(options.sets)) result.problem.set(name, value);
    if (alike == alike_experts::grouped) group_experts(options, result);
    if (!result.start) return;
    start_from(*result.start, options.model, result.problem);
    std::vector<std::string> varied;
    for (const auto& text : options.varies) varied.push_back(parse_range(text).name);
    if (alike == alike_experts::grouped) leave_groups(varied, result.problem, *result.start);
}

}  // namespace

chosen_problem choose_problem(problem_choice options, std::size_t ranges, std::string_view schema,
                              const session& session, alike_experts alike) {
    chosen_problem result;
    if (!options.from.empty())
        result.start = read_start(options, session, result.origin);
    else if (options.equations) {
        options.equations.read();
        options.model = options.equations.name();
    }
    const bool shipped = !options.router && !options.equations;
    if (options.model.empty() && shipped) options.model = default_model;
    for (auto& set : options.experts.controller_sets()) options.sets.push_back(std::move(set));
    result.heading.schema = schema;
    result.heading.command = session.command;
    result.heading.model = options.model;
    const auto make = [&] { make_chosen(options, session, alike, result); };
    if (options.from.empty())
        make();
    else
        of_file(parse_source(options.from).first, make);
    apply_ranges(options, ranges, result);
    if (result.map && schema != diagram_schema && schema != locus_schema)
        throw invalid_argument("--equations", fmt::format("{} came, a map", options.model),
                               "maps have diagrams and loci");

    result.heading.parameters = parameters_of(result.problem);
    option_table origin;
    add_vary(origin, options);
    add_from(origin, options);
    options.tokens.noise_without_tokens = shipped && is_noisy_pair(options);
    if (shipped && (find_model(options.model).needs_tokens || is_noisy_pair(options)))
        add_to(origin, options.tokens);
    origin.write_to(result.heading);
    return result;
}

}  // namespace moebius::cli
