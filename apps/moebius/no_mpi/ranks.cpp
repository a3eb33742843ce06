// SPDX-License-Identifier: MIT
//
// Compiled in place of apps/moebius/mpi where MPI is not found.
#include "ranks.hpp"

namespace moebius::cli {

std::unique_ptr<rank_group> join_ranks() { return nullptr; }

}  // namespace moebius::cli
