// SPDX-License-Identifier: MIT
#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/result.hpp>
#include <new>
#include <string_view>
#include <vector>

#include "commands.hpp"

namespace {

using namespace moebius;

constexpr const char* examples =
    "Examples:\n"
    "  moebius diagram --model two-expert --vary feedback=0.5:20 --out run.json --plot run.svg\n"
    "  moebius locus --vary feedback=1.5:20 --vary bias=-9:9 --plot cusp.png\n"
    "  moebius exact --set feedback=4 --vary feedback=2:20\n"
    "  moebius sweep --set feedback=4 --vary bias=-3:3 --rate 0.01\n"
    "  moebius simulate --set feedback=1 --batch 1024 --steps 4000 --seed 1\n"
    "  moebius validate --tokens data/digits.csv --gate class-means:0,1 --set beta=8\n"
    "  moebius compare --router top-1 --router selective-sinkhorn,frequency=0.3\n"
    "  moebius response --tokens data/digits.csv --gate class-means:0,1 --set beta=4\n"
    "  moebius train --data data/digits.csv --experts 2 --vary feedback=0:4 --seeds 8\n"
    "  moebius plot run.json --out run.pdf\n"
    "  moebius models, moebius routers, moebius doctor, moebius bench\n"
    "Answers go to the standard output unless --out names a file; all else to standard error.\n"
    "Exit codes: 0 found, 2 rejected input, 3 computed but no answer, 4 no device, 130 Ctrl-C,\n"
    "100 to 127 a command line that cannot be parsed.";

int fail(const char* sentence, int code) {
    cli::tell(sentence);
    return code;
}

/// CLI11 would only say that a subcommand is missing.
void check_subcommand(const CLI::App& app, std::string_view word) {
    std::vector<std::string_view> names;
    for (const auto* sub : app.get_subcommands({})) names.push_back(sub->get_name());
    if (word.starts_with('-') || std::find(names.begin(), names.end(), word) != names.end()) return;
    throw invalid_argument("subcommand", fmt::format("'{}' came", word),
                           fmt::format("a known one is needed{}", did_you_mean(word, names)));
}

/// An option that nobody knows, with the nearest one that is known.
std::string unknown_option(const CLI::App* at) {
    const auto* asked = at;
    for (const auto* sub : at->get_subcommands()) asked = sub;
    std::vector<std::string> known;
    for (const auto* option : asked->get_options())
        for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    const std::vector<std::string_view> names(known.begin(), known.end());
    for (const auto& word : at->remaining(true))
        if (word.starts_with("--"))
            return fmt::format("moebius: {}: '{}' came, but it is no option{}\n", asked->get_name(),
                               word, did_you_mean(word.substr(0, word.find('=')), names));
    return {};
}

int run(int argc, char** argv) {
    const auto session = cli::begin_session(argc, argv);
    CLI::App app{"How far a Mixture-of-Experts router is from collapse, and what it will do there.",
                 "moebius"};
    app.set_version_flag("--version", fmt::format("moebius {}", version()));
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);
    for (const auto add :
         {cli::add_diagram, cli::add_locus, cli::add_exact, cli::add_sweep, cli::add_simulate,
          cli::add_validate, cli::add_compare, cli::add_train, cli::add_response, cli::add_plot,
          cli::add_models, cli::add_routers, cli::add_doctor, cli::add_bench})
        add(app, session);
    app.footer(examples);
    app.failure_message([](const CLI::App* at, const CLI::Error& e) {
        if (e.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError))
            if (auto sentence = unknown_option(at); !sentence.empty()) return sentence;
        return fmt::format("moebius: {}", CLI::FailureMessage::simple(at, e));
    });
    if (argc > 1) check_subcommand(app, argv[1]);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& end) {  // also how a subcommand returns its exit code
        return app.exit(end);
    }
    return cli::exit_code::found;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const interrupted& e) {
        return fail(e.what(), cli::exit_code::interrupted);
    } catch (const device_error& e) {
        return fail(e.what(), cli::exit_code::device);
    } catch (const std::bad_alloc&) {
        return fail("there is not enough memory: fewer points, batches or runs are needed",
                    cli::exit_code::rejected);
    } catch (const not_compiled& e) {
        return fail(e.what(), cli::exit_code::device);
    } catch (const error& e) {
        return fail(e.what(), cli::exit_code::rejected);
    } catch (const std::exception& e) {
        return fail(e.what(), cli::exit_code::rejected);
    }
}
