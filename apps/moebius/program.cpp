// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <moebius/base/error.hpp>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <variant>

#include "command_line.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "program.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

constexpr const char* examples =
    "Examples:\n"
    "  moebius diagram --model two-expert --vary feedback=0.5:20 --out run.json --plot run.svg\n"
    "  moebius locus --vary feedback=1.5:20 --vary bias=-9:9 --plot cusp.png\n"
    "  moebius exact --set feedback=4 --vary feedback=2:20\n"
    "  moebius check run.json\n"
    "  moebius sweep --set feedback=4 --vary bias=-3:3 --rate 0.01\n"
    "  moebius simulate --set feedback=1 --batch 1024 --steps 4000 --seed 1\n"
    "  moebius validate --tokens data/digits.csv --gate class-means:0,1 --set beta=8\n"
    "  moebius compare --router top-1 --router selective-sinkhorn,frequency=0.3\n"
    "  moebius response --tokens data/digits.csv --gate class-means:0,1 --set beta=4\n"
    "  moebius train --data data/digits.csv --experts 2 --vary feedback=0:4 --seeds 8\n"
    "  moebius diagnose loads.npz --out report.json\n"
    "  moebius plan check sweep.json, moebius run sweep.json, moebius merge sweep.json.journal\n"
    "  moebius plot run.json --out run.pdf\n"
    "  moebius explore --out explore.html\n"
    "  moebius models, moebius routers, moebius doctor, moebius bench, moebius completion\n"
    "The terminal gets a summary; --out FILE keeps the result, --out - prints it.\n"
    "Exit codes: 0 found, 2 rejected input, 3 computed but no answer, 4 no device, 130 Ctrl-C,\n"
    "143 SIGTERM, 129 SIGHUP (all three keep what was computed), 141 nobody reads the standard\n"
    "output, 100 to 127 a command line that cannot be parsed.";

int fail(std::string_view sentence, int code) {
    tell(sentence);
    return code;
}

}  // namespace

std::string_view program_notes() { return examples; }

std::vector<command> all_commands(bool of_trained) {
    return {diagram_command(),
            locus_command(),
            exact_command(),
            check_command(),
            sweep_command(),
            simulate_command(),
            of_trained ? validate_trained_command() : validate_command(),
            compare_command(),
            train_command(),
            diagnose_command(),
            response_command(),
            plan_command(),
            run_command(),
            merge_command(),
            follow_command(),
            plot_command(),
            explore_command(),
            models_command(),
            routers_command(),
            doctor_command(),
            completion_command(),
            man_command(),
            bench_command()};
}

std::vector<command> documented_commands() {
    auto all = all_commands(false);
    auto& validate = *std::find_if(all.begin(), all.end(),
                                   [](const command& one) { return one.name == "validate"; });
    auto trained = validate_trained_command();
    for (const auto& one : trained.options.all()) {
        const auto& known = validate.options.all();
        if (std::any_of(known.begin(), known.end(),
                        [&](const option& other) { return other.name == one.name; }))
            continue;
        const auto add = [&](auto* value) {
            validate.options.add(one.name, *value, "with --trained: " + one.meaning, one.traits);
        };
        std::visit(add, one.target);
    }
    validate.run = [run = validate.run, kept = std::move(trained)](const session& session) {
        return run(session);  // `kept` has the fields that the added options are bound to
    };
    return all;
}

int run_program(session& session, int argc, const char* const* argv) {
    try {
        auto commands = all_commands(session.asks("--trained"));
        if (session.is_part)  // to bind all options of all takes a millisecond
            std::erase_if(commands, [&](const command& one) { return one.name != argv[1]; });
        return run_command_line(commands, examples, session, argc, argv);
    } catch (const work_begins&) {
        return exit_code::found;
    } catch (const interrupted&) {
        return fail(fmt::format("{}: interrupted by {} before there was anything to keep",
                                session.name, interrupt_name()),
                    interrupt_code());
    } catch (const drawing_interrupted& e) {
        return fail(fmt::format("{}: interrupted by {} while a figure was drawn: {} has the result",
                                session.name, interrupt_name(), e.what()),
                    interrupt_code());
    } catch (const closed_pipe&) {
        return exit_code::closed_pipe;
    } catch (const device_error& e) {
        return fail(e.what(), exit_code::device);
    } catch (const std::bad_alloc&) {
        return fail("there is not enough memory: fewer points, batches or runs are needed",
                    exit_code::rejected);
    } catch (const not_compiled& e) {
        return fail(e.what(), exit_code::device);
    } catch (const invalid_argument& e) {
        return fail(for_users(e, session), exit_code::rejected);
    } catch (const error& e) {
        return fail(e.what(), exit_code::rejected);
    } catch (const std::length_error&) {
        return fail("there is not enough memory: fewer points, batches or runs are needed",
                    exit_code::rejected);
    } catch (const std::system_error& e) {
        return fail(e.what(), exit_code::rejected);
    } catch (const std::exception&) {  // of Boost's solvers, where a number overflowed
        return fail(fmt::format("{}: with these values a number left the range of double precision",
                                session.name),
                    exit_code::rejected);
    }
}

}  // namespace moebius::cli
