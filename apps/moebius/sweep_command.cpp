// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/dynamics/grid_sweep.hpp>
#include <moebius/dynamics/slow_sweep.hpp>
#include <moebius/io/report.hpp>

#include "commands.hpp"
#include "device.hpp"
#include "incomplete.hpp"
#include "led_state.hpp"
#include "output.hpp"
#include "problem_choice.hpp"

namespace moebius::cli {
namespace {

struct sweep_arguments {
    problem_choice problem;
    slow_sweep_options slow;
    std::string direction{to_string(slow_sweep_options{}.direction)};
    double x0 = 0;
    bool grid = false, basins = false;
    device_option device;
    std::size_t points = grid_axis{}.points;
    grid_sweep_options settling;
    output_options output;
};

/// Columns from, at and to of a model with one state, else from_s_1, ...
table jumps_of(const std::vector<sweep_jump>& jumps, std::string_view parameter,
               const field& model) {
    table out{{"direction", std::string(parameter), "entry"}, {}};
    const auto states = model.state_names();
    for (const std::string_view when : {"from", "at", "to"})
        for (const auto state : states)
            out.names.push_back(states.size() == 1 ? std::string(when)
                                                   : fmt::format("{}_{}", when, state));
    out.columns.resize(out.names.size());
    for (const auto& jump : jumps) {
        std::vector<double> row{static_cast<double>(jump.direction), jump.parameter, jump.entry};
        for (const auto& state : {jump.from, jump.at, jump.to})
            row.insert(row.end(), state.begin(), state.end());
        for (std::size_t c = 0; c < row.size(); ++c) out.columns[c].push_back(row[c]);
    }
    return out;
}

/// The share of the most loaded expert.
double largest_load(const problem& at, const std::vector<double>& state) {
    std::vector<double> loads(at.model->experts());
    at.model->loads(state, at.parameters, loads);
    return *std::max_element(loads.begin(), loads.end());
}

/// "largest load 0.5 -> 0.9", or the first state where there are no loads.
std::string change_of(const problem& at, const sweep_jump& jump) {
    if (at.model->experts() == 0)
        return fmt::format("{} {:.6g} -> {:.6g}", at.model->state_names()[0], jump.from[0],
                           jump.to[0]);
    return fmt::format("largest load {:.6g} -> {:.6g}", largest_load(at, jump.from),
                       largest_load(at, jump.to));
}

std::string summary_of(problem at, const slow_sweep_result& sweep, std::string_view parameter) {
    auto out =
        fmt::format("{} {}\n", sweep.jumps.size(), sweep.jumps.size() == 1 ? "jump" : "jumps");
    for (const auto& jump : sweep.jumps) {
        at.set(parameter, jump.parameter);
        out += fmt::format("  {:4}  {} = {:.10g}  {}\n", jump.direction > 0 ? "up" : "down",
                           parameter, jump.parameter, change_of(at, jump));
    }
    const auto stretches = [&](const std::vector<sweep_stretch>& all, std::string_view what) {
        for (const auto& [direction, from, to] : all)
            out += fmt::format("  {:4}  {} from {} = {:.6g} to {:.6g}\n",
                               direction > 0 ? "up" : "down", what, parameter, from, to);
    };
    stretches(sweep.unstable, "stayed on an unstable state (there is no noise to leave it)");
    stretches(sweep.oscillations, "oscillated");
    return out;
}

/// Why a sweep did not come to its end; empty if it did.
std::string failure_of(const slow_sweep_result& sweep, std::string_view parameter) {
    std::string why;
    switch (sweep.status) {
        case flow_status::converged:
            return why;
        case flow_status::left_domain:
            why = fmt::format("the state grew beyond {:g} times its scale", flow_options{}.limit);
            break;
        case flow_status::not_finite:
            why = "the model gave NaN or infinity";
            break;
        case flow_status::stalled:
            why = "the time step became too small, or too many were needed";
            break;
    }
    return fmt::format("sweep: it ended at {} = {:.6g} on the way {}: {} ({})", parameter,
                       sweep.reached, sweep.direction > 0 ? "up" : "down", why,
                       to_string(sweep.status));
}

/// Columns direction, from, to.
table table_of(const std::vector<sweep_stretch>& stretches) {
    table out{{"direction", "from", "to"}, std::vector<std::vector<double>>(3)};
    for (const auto& [direction, from, to] : stretches) {
        const double row[] = {static_cast<double>(direction), from, to};
        for (std::size_t c = 0; c < 3; ++c) out.columns[c].push_back(row[c]);
    }
    return out;
}

void add_slow(option_table& table, sweep_arguments& args) {
    table.add("rate", args.slow.rate, "parameter units a unit of time");
    table.add("direction", args.direction, "up, down or both");
    table.add("samples", args.slow.samples, "rows a direction", {.kept = option_kept::never});
    table.add("x0", args.x0, "lead of the first score to settle from");
}

void add_grid(option_table& table, sweep_arguments& args) {
    table.add("points", args.points, "grid points an axis");
    table.add("grid", args.grid, "settle every point of a grid over two parameters",
              {.kept = option_kept::never});
    table.add("basins", args.basins,
              "settle a grid by an ensemble, on a device if there is one: which of the stable "
              "states each start reaches (two-expert)",
              {.kept = option_kept::if_set});
}

int run_slow(sweep_arguments& args, const session& session) {
    auto [problem, ranges, start, origin, one_beta, map, heading] =
        choose_problem(args.problem, 1, sweep_schema, session, alike_experts::apart);
    args.slow.direction = sweep_direction_from_name(args.direction);
    option_table how;
    add_slow(how, args);
    how.write_to(heading);
    const auto& range = ranges[0];

    const auto sweep = until_interrupted(heading, [&, &on = problem] {
        return slow_sweep(on, range.name, range.from, range.to, led_state(*on.model, args.x0),
                          args.slow, session.watch("sweep"));
    });

    const auto jumps = jumps_of(sweep.jumps, range.name, *problem.model);
    const result_document result{heading,
                                 {{"status", std::string(to_string(sweep.status))},
                                  {"samples", sweep.samples},
                                  {"jumps", jumps},
                                  {"unstable", table_of(sweep.unstable)},
                                  {"oscillations", table_of(sweep.oscillations)}}};
    args.output.write(result, summary_of(problem, sweep, range.name));
    if (const auto why = failure_of(sweep, range.name); !why.empty()) tell(why);
    return outcome_of(
        heading, sweep.status == flow_status::converged ? exit_code::found : exit_code::no_answer);
}

int run_grid(sweep_arguments& args, const session& session) {
    auto [problem, ranges, start, origin, one_beta, map, heading] =
        choose_problem(args.problem, 2, grid_schema, session, alike_experts::apart);
    option_table how;
    add_grid(how, args);
    how.write_to(heading);
    const auto axis = [&](const parameter_range& range) {
        return grid_axis{range.name, range.from, range.to, args.points};
    };

    const auto grid = until_interrupted(heading, [&, &on = problem, &over = ranges] {
        return grid_sweep(on, axis(over[0]), axis(over[1]), args.settling, session.watch("sweep"));
    });

    const result_document result{heading, {{"grid", grid}}};
    args.output.write(result, report_of(result));
    return outcome_of(heading, exit_code::found);
}

/// The default in units of the slowest decay's time.
basin_options settling(const problem& at, const std::vector<parameter_range>& ranges) {
    basin_options options;
    double decay = at.parameters[at.index_of("decay")];
    for (const auto& range : ranges)
        if (range.name == "decay") decay = std::min(range.from, range.to);
    options.t_end /= decay;
    return options;
}

/// Two starts for every point, integrated as one ensemble: which state each reaches.
int run_basins(sweep_arguments& args, const session& session) {
    auto [problem, ranges, start, origin, one_beta, map, heading] =
        choose_problem(args.problem, 2, grid_schema, session, alike_experts::apart);
    option_table how;
    add_grid(how, args);
    how.write_to(heading);
    const auto axis = [&](const parameter_range& range) {
        return grid_axis{range.name, range.from, range.to, args.points};
    };
    const auto on = args.device.open();
    const auto integrate = [&](const ensemble_problem& work, const ensemble_options& options,
                               const watch& watched) {
        return on->integrate(work, options, watched);
    };

    const auto grid = until_interrupted(heading, [&, &at = problem, &over = ranges] {
        return basin_map(at, axis(over[0]), axis(over[1]), {}, settling(at, over),
                         session.watch("sweep"), integrate);
    });

    const result_document result{heading, {{"grid", grid}}};
    args.output.write(result, report_of(result));
    return outcome_of(heading, exit_code::found);
}

int run(sweep_arguments& args, const session& session) {
    args.output.check(args.problem.files_read());
    args.problem.check_tokens(session);
    args.settling.threads = args.device.threads;
    if (args.grid && args.basins)
        throw invalid_argument("--grid", "it came beside --basins", "each settles a grid its way");
    if (args.grid || args.basins)
        refuse_unused(session, "a grid", {"rate", "direction", "samples", "x0"});
    else
        refuse_unused(session, "a slow sweep", {"points"});
    if (args.basins) return run_basins(args, session);
    if (args.device.name != "auto")
        throw invalid_argument("--device", fmt::format("{} came", args.device.name),
                               "only --basins runs on one");
    return args.grid ? run_grid(args, session) : run_slow(args, session);
}

}  // namespace

command sweep_command() {
    command out{"sweep",
                "Follow the state while one parameter moves slowly, or settle a grid over two",
                "moebius sweep --set feedback=4 --vary bias=-3:3 --rate 0.01"};
    auto args = std::make_shared<sweep_arguments>();
    add_to(out.options, args->problem);
    add_to(out.options, args->problem.equations);
    add_vary(out.options, args->problem);
    add_slow(out.options, *args);
    add_grid(out.options, *args);
    add_to(out.options, args->device);
    args->output.add_to(out.options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
