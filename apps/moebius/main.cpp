// SPDX-License-Identifier: MIT
#include "program.hpp"

int main(int argc, char** argv) {
    auto session = moebius::cli::begin_session(argc, argv);
    return moebius::cli::run_program(session, argc, argv);
}
