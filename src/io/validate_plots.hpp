// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/plots.hpp>
#include <vector>

namespace moebius {

/// `diagram` of a validation: its steady states over the predicted diagram; and `cusp`: its jumps
/// over the predicted fold set.
[[nodiscard]] std::vector<named_figure> validate_figures(const result_document& result);

}  // namespace moebius
