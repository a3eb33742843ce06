// SPDX-License-Identifier: MIT
#include "controller.hpp"

#include <moebius/simulate/load_controller.hpp>

namespace moebius::gpu {
namespace {

gpu::law device_law(control_law law) {
    switch (law) {
        case control_law::integral:
            return gpu::law::integral;
        case control_law::sign:
            return gpu::law::sign;
        case control_law::centred_sign:
            return gpu::law::centred_sign;
        default:
            return gpu::law::none;
    }
}

}  // namespace

controller device_controller(const load_controller& host) {
    return {device_law(host.law), host.gain, host.leak};
}

}  // namespace moebius::gpu
