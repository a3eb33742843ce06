// SPDX-License-Identifier: MIT
#include <exception>
#include <moebius/base/error.hpp>
#include <new>

#include "command_line.hpp"
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
    "The terminal gets a summary; --out FILE keeps the result, --out - prints it.\n"
    "Exit codes: 0 found, 2 rejected input, 3 computed but no answer, 4 no device, 130 Ctrl-C,\n"
    "100 to 127 a command line that cannot be parsed.";

int fail(const char* sentence, int code) {
    cli::tell(sentence);
    return code;
}

int run(int argc, char** argv) {
    auto session = cli::begin_session(argc, argv);
    cli::command commands[] = {
        cli::diagram_command(),
        cli::locus_command(),
        cli::exact_command(),
        cli::sweep_command(),
        cli::simulate_command(),
        session.asks("--trained") ? cli::validate_trained_command() : cli::validate_command(),
        cli::compare_command(),
        cli::train_command(),
        cli::response_command(),
        cli::plot_command(),
        cli::models_command(),
        cli::routers_command(),
        cli::doctor_command(),
        cli::bench_command()};
    return cli::run_command_line(commands, examples, session, argc, argv);
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
