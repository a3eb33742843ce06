// SPDX-License-Identifier: MIT
#include "interrupt.hpp"
#include "program.hpp"
#include "ranks.hpp"

/// Before the constructors of libraries: UCX's, which Open MPI 5 loads, catches SIGHUP.
[[gnu::section(".preinit_array"),
  gnu::used]] static void (*const before_libraries)() = moebius::cli::keep_ignored_hangup;

int main(int argc, char** argv) {
    auto session = moebius::cli::begin_session(argc, argv);
    session.join_ranks = moebius::cli::join_ranks;
    return moebius::cli::run_program(session, argc, argv);
}
