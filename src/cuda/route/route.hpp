// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/simulate/route_step.hpp>

namespace moebius::gpu {

/// backend::route on a CUDA device, from and to the host's memory.
/// @throws invalid_argument  as moebius::route_step
/// @throws device_error      if a call to the device fails
[[nodiscard]] routed_batch route(const gated_batch& batch, const std::vector<double>& scores,
                                 const route_step_options& options, int device);

}  // namespace moebius::gpu
