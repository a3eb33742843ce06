// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

namespace moebius {

/// Reserves room for a table that will be filled from its front. Large ones get large pages where
/// the system has them: most of the time of filling fresh memory goes into making its pages.
void reserve_table(std::vector<double>& values, std::size_t count);
void reserve_table(std::vector<float>& values, std::size_t count);

}  // namespace moebius
