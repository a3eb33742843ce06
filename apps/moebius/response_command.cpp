// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/mean_interval.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/compare/known_response.hpp>
#include <moebius/compare/measured_response.hpp>
#include <moebius/io/options.hpp>

#include "commands.hpp"
#include "device.hpp"
#include "output.hpp"
#include "router_choice.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

struct response_arguments {
    router_choice router{std::string(default_router)};
    std::vector<std::string> sets;
    token_options tokens;
    response_options options;
    double reach = 0;
    std::size_t seeds = 8;
    output_options output;
};

void add_measurement(option_table& table, response_arguments& args) {
    add_to(table, args.options);
    table.add("seeds", args.seeds, "independent measurements");
}

/// The load gap of the closed form at x; NaN if there is none.
double known_gap(const load_response* known, double x, double beta) {
    if (known == nullptr) return none;
    const double s[] = {x / 2, -x / 2};
    double p[2];
    known->loads(s, beta, p);
    return p[0] - p[1];
}

/// The closed form, where noise gives one.
std::shared_ptr<const load_response> known_of(const router& router, const token_source& source) {
    try {
        return known_response(router, source);
    } catch (const invalid_argument&) {  // a step: there is nothing to lay beside it
        return nullptr;
    }
}

int run(response_arguments& args, const session& session) {
    args.output.check(args.tokens.files_read());
    args.tokens.check_gate(session);
    if (args.seeds == 0) throw invalid_argument("--seeds", "0 came", "it must be >= 1");
    if (args.options.points < 12 || args.options.points > 100'000)
        throw invalid_argument("--points", fmt::format("{} came", args.options.points),
                               "it must be 12 to 100000");
    if (!(args.reach >= 0 && std::isfinite(args.reach)))
        throw invalid_argument("--reach", fmt::format("{} came", args.reach),
                               "it must be > 0, or 0 for 12/beta");
    const double beta = set_value(args.sets, "beta", 1);
    for (const auto& text : args.sets)
        if (parse_setting(text).first != "beta")
            throw invalid_argument("--set", fmt::format("'{}' came", text),
                                   "an open loop has beta alone");
    const auto noise = noise_from_name(args.tokens.noise);
    const auto router = args.router.make(beta, noise);
    const auto source = source_for(args.router, args.tokens, 2);
    const auto known = known_of(*router, *source);

    const double reach = args.reach > 0 ? args.reach : response_at(beta).reach;
    const std::size_t points = args.options.points, seeds = args.seeds;
    std::vector<double> x(points), gaps(points * seeds);
    for (std::size_t i = 0; i < points; ++i)
        x[i] = reach * (2 * static_cast<double>(i) / static_cast<double>(points - 1) - 1);
    const auto one = [&](std::size_t i) {  // seeds run fastest
        const auto seed = derived_seed(args.options.seed, i);
        gaps[i] = open_loop_gap(x[i / seeds], *source, *router, args.options, seed).value;
    };
    parallel_for(gaps.size(), args.options.threads, one, session.watch("response"), "response");
    table out{{"x", "gap_predicted", "gap", "gap_low", "gap_high", "z"},
              std::vector<std::vector<double>>(6)};
    double squares = 0, judged = 0;
    for (std::size_t i = 0; i < points; ++i) {
        const auto over = interval_of_mean(std::span(gaps).subspan(i * seeds, seeds));
        const double predicted = known_gap(known.get(), x[i], beta);
        const double error = over.deviation / std::sqrt(static_cast<double>(over.count));
        const double z = error > 0 ? (over.mean - predicted) / error : none;
        if (!std::isnan(z)) {
            squares += z * z;
            ++judged;
        }
        const double row[] = {x[i], predicted, over.mean, over.low, over.high, z};
        for (std::size_t c = 0; c < out.columns.size(); ++c) out.columns[c].push_back(row[c]);
    }
    result_heading heading;
    heading.schema = response_schema;
    heading.command = session.command;
    heading.seed = args.options.seed;
    heading.parameters = {{"beta", beta}};
    describe(args.tokens, heading);
    describe_router(args.router, heading);
    option_table how;
    add_measurement(how, args);
    how.write_to(heading);
    const auto summary = known != nullptr
                             ? fmt::format(
                                   "{} seeds; sum of z^2 {:.1f} over {} score differences, each "
                                   "z with {} degrees of freedom\n",
                                   seeds, squares, judged, seeds - 1)
                             : fmt::format("{} seeds; no closed form is known\n", seeds);
    args.output.write(
        {heading,
         {{"response", out},
          {"agreement", named_numbers{{"points", judged}, {"sum_of_z_squared", squares}}}}},
        summary);
    return exit_code::found;
}

}  // namespace

command response_command() {
    command out{"response", "Open loop: the load gap of two experts at fixed score differences",
                "moebius response --tokens data/digits.csv --gate class-means:0,1 --set beta=4"};
    auto args = std::make_shared<response_arguments>();
    args->options.points = 25;
    args->tokens.noise_without_tokens = true;
    add_to(out.options, args->router);
    out.options.add("set", args->sets, "beta=...");
    add_to(out.options, args->tokens);
    out.options.add("reach", args->reach, "largest score difference; 0: 12/beta");
    add_measurement(out.options, *args);
    add_threads(out.options, args->options.threads);
    args->output.add_to(out.options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
