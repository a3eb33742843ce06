// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/plan/run.hpp>
#include <string>

namespace moebius::cli {

/// A shard, and who says it.
struct shard_choice {
    enum class said_by { nobody, person, task, rank };
    shard own;
    said_by by = said_by::nobody;
};

/// The shard that a person or a launcher means.
/// @param text  PART/PARTS; env or env/PARTS, which read what Slurm, HyperQueue or a launcher of
///              ranks says of this process; empty: all points
/// @throws invalid_argument  where it does not say which part of how many this is
[[nodiscard]] shard_choice shard_from(const std::string& text);

/// Where a launcher has started several processes that know nothing of one another, each would do
/// the whole shard.
/// @param joined  processes that share it
/// @throws invalid_argument  in that case
void require_joined(const shard_choice& choice, unsigned joined);

}  // namespace moebius::cli
