// SPDX-License-Identifier: MIT
#pragma once

namespace moebius {
struct load_controller;
}

namespace moebius::gpu {

/// control_law of simulate/load_controller.hpp, for the kernels.
enum class law : int { none, integral, sign, centred_sign };

/// load_controller of the same header.
struct controller {
    gpu::law law;
    double gain, leak;
};

[[nodiscard]] controller device_controller(const load_controller& host);

}  // namespace moebius::gpu
