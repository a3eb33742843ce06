// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/dynamics/ensemble.hpp>

namespace moebius::gpu {

/// integrate_ensemble (dynamics/ensemble.hpp) on a CUDA device, an instance a thread; the same
/// stepper, but for the last bits of exponentials and quotients.
///
/// @param device  as CUDA counts them
/// @throws        as integrate_ensemble, and device_error if a call to the device fails
[[nodiscard]] ensemble_result integrate_ensemble(const ensemble_problem& work,
                                                 const ensemble_options& options, int device,
                                                 const watch& watched = {});

}  // namespace moebius::gpu
