// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/compare/known_response.hpp>
#include <moebius/compare/response_points.hpp>
#include <moebius/io/options.hpp>

#include "commands.hpp"
#include "device.hpp"
#include "incomplete.hpp"
#include "output.hpp"
#include "router_choice.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

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

/// The closed form, where noise gives one.
std::shared_ptr<const load_response> known_of(const router& router, const token_source& source) {
    try {
        return known_response(router, source);
    } catch (const invalid_argument&) {  // a step: there is nothing to lay beside it
        return nullptr;
    }
}

/// An open loop has beta alone.
double beta_of(const std::vector<std::string>& sets) {
    for (const auto& [name, value] : parse_settings(sets))
        if (name != "beta")
            throw invalid_argument("--set", fmt::format("'{}' came", name),
                                   "an open loop has beta alone");
    return set_value(sets, "beta", 1);
}

result_heading heading_of(const response_arguments& args, double beta, const session& session) {
    result_heading heading;
    heading.schema = response_schema;
    heading.command = session.command;
    heading.seed = args.options.seed;
    heading.parameters = {{"beta", beta}};
    describe(args.tokens, heading);
    describe_router(args.router, heading);
    auto copy = args;
    option_table how;
    add_measurement(how, copy);
    how.write_to(heading);
    return heading;
}

int run(response_arguments& args, const session& session) {
    args.output.check(args.tokens.files_read());
    args.tokens.check_gate(session);
    check_noise(session, {args.router.text});
    const double beta = beta_of(args.sets);
    const auto router = args.router.make(beta, noise_from_name(args.tokens.noise));
    const auto source = source_for(args.router, args.tokens, 2);
    if (source->experts() != 2)
        throw invalid_argument(args.tokens.tokens,
                               fmt::format("{} experts came", source->experts()),
                               "response is about two");
    const auto known = known_of(*router, *source);
    args.options.reach = args.reach == 0 ? response_at(beta).reach : args.reach;
    auto heading = heading_of(args, beta, session);
    const auto points = until_interrupted(heading, [&] {
        return response_points(*source, *router, beta, known.get(), args.options, args.seeds,
                               session.watch("response"));
    });

    const auto tokens = static_cast<double>(args.options.tokens) *
                        static_cast<double>(args.options.batches * args.seeds);
    const auto verdict = judge(points, known != nullptr, tokens);
    double squares = 0, known_z = 0;
    for (const auto& at : points)
        if (!std::isnan(at.z)) {
            squares += at.z * at.z;
            ++known_z;
        }
    args.output.write({heading,
                       {{"response", response_table(points)},
                        {"agreement", named_numbers{{"points", known_z},
                                                    {"sum_of_z_squared", squares},
                                                    {"judged", static_cast<double>(verdict.points)},
                                                    {"chi_square", verdict.chi_square},
                                                    {"chi_square_p", verdict.chi_square_p},
                                                    {"agrees", verdict.agrees ? 1.0 : 0.0}}},
                        {"verdict", verdict.sentence}}},
                      fmt::format("{} seeds; {}\n", args.seeds, verdict.sentence));
    return outcome_of(heading, verdict.agrees ? exit_code::found : exit_code::no_answer);
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
