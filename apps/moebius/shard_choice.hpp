// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/plan/run.hpp>
#include <string>

namespace moebius::cli {

/// The shard that a person or a launcher means.
/// @param text  PART/PARTS; env or env/PARTS, which read what Slurm, HyperQueue or a launcher of
///              ranks says of this process; empty: all points
/// @throws invalid_argument  where it does not say which part of how many this is
[[nodiscard]] shard shard_from(const std::string& text);

}  // namespace moebius::cli
