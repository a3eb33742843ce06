// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/options.hpp>
#include <optional>

#include "commands.hpp"
#include "compare_document.hpp"
#include "device.hpp"
#include "incomplete.hpp"
#include "output.hpp"
#include "router_choice.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

struct compare_arguments {
    std::vector<std::string> routers;
    std::vector<std::string> sets;
    token_options tokens;
    std::optional<std::size_t> experts;
    comparison_options options;  // the library's own struct: one home for the defaults
    output_options output;
};

void apply_sets(compare_arguments& args) {
    for (const auto& [name, value] : parse_settings(args.sets)) {
        if (name == "beta")
            args.options.beta = value;
        else if (name == "decay")
            args.options.decay = value;
        else
            throw invalid_argument("--set", fmt::format("'{}' came", name),
                                   "compare takes beta and decay, and sweeps the others itself");
    }
}

compared_router compare_one(const compare_arguments& args, std::size_t i, const session& session) {
    const router_choice choice{args.routers[i]};
    auto own = args.options;
    own.seed = derived_seed(args.options.seed, i);
    const auto source = source_for(choice, args.tokens, args.experts.value_or(2));
    if (args.experts.value_or(source->experts()) != source->experts())
        throw invalid_argument("--experts", fmt::format("{} came", *args.experts),
                               fmt::format("the gate makes {}", source->experts()));
    const auto noise = noise_from_name(args.tokens.noise);
    return compare_routers(source, {{args.routers[i], choice.make(own.beta, noise)}}, own,
                           session.watch(args.routers[i]))
        .front();
}

int run(compare_arguments& args, const session& session) {
    args.output.check(args.tokens.files_read());
    args.tokens.check_gate(session);
    check_noise(session, args.routers);
    if (args.experts) (void)checked_experts(*args.experts);
    apply_sets(args);
    args.options.response = response_at(args.options.beta);
    result_heading heading;
    heading.schema = compare_schema;
    heading.command = session.command;
    heading.seed = args.options.seed;
    describe(args.tokens, heading);
    if (args.tokens.tokens.empty())
        heading.options.emplace_back("experts", static_cast<double>(args.experts.value_or(2)));
    describe_comparison(args.options, heading);

    const bool all = args.routers.empty();
    if (all)
        for (const auto& info : known_routers()) args.routers.emplace_back(info.name);
    std::vector<compared_router> compared;
    for (std::size_t i = 0; i < args.routers.size(); ++i) {
        try {
            compared.push_back(compare_one(args, i, session));
        } catch (const invalid_argument& e) {
            if (!all) throw;
            tell(for_users(e, session));  // the other routers are still worth a row
        } catch (const interrupted&) {
            if (compared.empty()) throw;
            mark_incomplete(heading);
            break;
        }
    }
    args.output.write(compare_document(compared, args.options, heading), compare_report(compared));
    return outcome_of(heading, all_agree(compared) ? exit_code::found : exit_code::no_answer);
}

}  // namespace

command compare_command() {
    command out{"compare",
                "Lay routers beside each other: threshold, cusp, folds, predicted and measured",
                "moebius compare --router top-1 --router selective-sinkhorn,frequency=0.3"};
    auto args = std::make_shared<compare_arguments>();
    args->tokens.noise_without_tokens = true;
    auto& options = out.options;
    options.add("router", args->routers,
                "NAME or NAME,key=value,...; may be repeated; all if none came");
    options.add("set", args->sets, "beta=... or decay=...");
    add_to(options, args->tokens);
    options.add("experts", args->experts, "of routers without tokens", {.shown = "2"});
    add_to(options, args->options);
    add_threads(options, args->options.threads);
    args->output.add_to(options);
    out.run = [args](const session& session) { return run(*args, session); };
    return out;
}

}  // namespace moebius::cli
