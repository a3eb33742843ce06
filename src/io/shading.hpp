// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/io/figure.hpp>
#include <optional>

namespace moebius {

/// Where more than one stable state was counted: the parts of a locus' window whose places say so,
/// as one region; none where nothing was counted. Within a part with different counts the nearest
/// place decides. The work is that of a fixed number of cells, and of reading what came.
[[nodiscard]] std::optional<figure_layer> shading_of(const diagram& locus);

}  // namespace moebius
