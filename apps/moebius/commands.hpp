// SPDX-License-Identifier: MIT
#pragma once

#include "command.hpp"

namespace moebius::cli {

// One <name>_command.cpp each.
[[nodiscard]] command diagram_command();
[[nodiscard]] command locus_command();
[[nodiscard]] command exact_command();
[[nodiscard]] command check_command();
[[nodiscard]] command sweep_command();
[[nodiscard]] command simulate_command();
[[nodiscard]] command validate_command();
[[nodiscard]] command validate_trained_command();  ///< what --trained makes of validate
[[nodiscard]] command compare_command();
[[nodiscard]] command response_command();
[[nodiscard]] command follow_command();
[[nodiscard]] command train_command();
[[nodiscard]] command diagnose_command();
[[nodiscard]] command plan_command();
[[nodiscard]] command run_command();
[[nodiscard]] command merge_command();
[[nodiscard]] command plot_command();
[[nodiscard]] command explore_command();
[[nodiscard]] command models_command();
[[nodiscard]] command routers_command();
[[nodiscard]] command doctor_command();
[[nodiscard]] command bench_command();
[[nodiscard]] command completion_command();
[[nodiscard]] command man_command();

}  // namespace moebius::cli
