// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

namespace moebius {

/// The rank that a file's name says, or, where it says none, its folder's whole name, as of
/// "rank_3/loads.npy", "dp3/loads.npy" or "ep_rank_3/loads.npy"; else empty.
/// @param reads_r  whether a folder "r3" is a rank's: are_ranks_by_r
[[nodiscard]] std::string rank_of_file(const std::string& path, bool reads_r = false);

/// Whether files are in folders "r0" and "r1", or of other such numbers. One alone may be of a run.
[[nodiscard]] bool are_ranks_by_r(std::span<const std::string> paths);

}  // namespace moebius
