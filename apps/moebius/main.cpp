// SPDX-License-Identifier: MIT
#include "program.hpp"
#include "ranks.hpp"

int main(int argc, char** argv) {
    auto session = moebius::cli::begin_session(argc, argv);
    session.join_ranks = moebius::cli::join_ranks;
    return moebius::cli::run_program(session, argc, argv);
}
