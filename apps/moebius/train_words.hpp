// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/tokens/labelled_data.hpp>
#include <string_view>

#include "experiment_arguments.hpp"

namespace moebius::cli {

/// Has all models held: gap=GAP is --set gap=GAP, loads=A,B,... are the loads of all experts.
/// @param text  of --hold; empty: they are free
/// @throws invalid_argument  for other words or numbers
void set_hold(std::string_view text, experiment_arguments& options);

/// noise=SPREAD,occlusion=PIXELS,shift=PIXELS
/// @throws invalid_argument  for other words or numbers
[[nodiscard]] corruption corruption_of(std::string_view text);

}  // namespace moebius::cli
