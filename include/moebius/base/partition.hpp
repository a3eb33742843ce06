// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/base/grouping.hpp>

namespace moebius {

/// Whether each of so many members is in exactly one group, as what comes from a file need not be.
[[nodiscard]] bool is_partition(const grouping& of, std::size_t members);

}  // namespace moebius
