// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

namespace moebius::cli {

/// From here on an allocation beyond the memory that the system has left fails, so that it can be
/// told in a sentence; on Linux the system would grant it, and kill the program when it is used.
///
/// Where not even the sentence finds memory, the program ends with a shorter one and
/// exit_code::rejected.
void stay_within_memory() noexcept;

/// Bytes that this process may still allocate, where that is known.
[[nodiscard]] std::optional<double> memory_left();

}  // namespace moebius::cli
