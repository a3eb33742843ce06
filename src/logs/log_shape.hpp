// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace moebius {

/// [steps, layers, experts] of an array; fewer axes are the last ones.
struct log_shape {
    std::size_t steps = 1, layers = 1, experts = 1;
    bool has_layers = false;  ///< whether there is an axis of layers
};

}  // namespace moebius
