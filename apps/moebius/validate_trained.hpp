// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include "session.hpp"

namespace moebius::cli {

/// `validate --trained`: the loads of trained ensembles against what the response of their own
/// gates predicts. Its options are those of `train`, not those of `validate` on a fixed gate.
void add_validate_trained(CLI::App& sub, const session& session);

}  // namespace moebius::cli
