// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include "session.hpp"

namespace moebius::cli {

// One <name>_command.cpp each. The session must outlive the parsing.
void add_diagram(CLI::App& app, const session& session);
void add_locus(CLI::App& app, const session& session);
void add_exact(CLI::App& app, const session& session);
void add_sweep(CLI::App& app, const session& session);
void add_simulate(CLI::App& app, const session& session);
void add_validate(CLI::App& app, const session& session);
void add_compare(CLI::App& app, const session& session);
void add_response(CLI::App& app, const session& session);
void add_train(CLI::App& app, const session& session);
void add_plot(CLI::App& app, const session& session);
void add_models(CLI::App& app, const session& session);
void add_routers(CLI::App& app, const session& session);
void add_doctor(CLI::App& app, const session& session);
void add_bench(CLI::App& app, const session& session);

}  // namespace moebius::cli
