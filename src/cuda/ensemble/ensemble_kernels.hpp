// SPDX-License-Identifier: MIT
#pragma once

#include <driver_types.h>

#include <cstddef>
#include <cstdint>
#include <moebius/dynamics/detail/ensemble_stepper.hpp>
#include <string_view>

namespace moebius::gpu {

inline constexpr std::size_t max_ensemble_parameters = 8;

/// An ensemble of a model with n states and m parameters; all pointers are on the device.
template <typename R>
struct ensemble_arguments {
    detail::ensemble_limits<R> limits;
    R common[max_ensemble_parameters];         ///< (m) the same for all instances
    const R* varied[max_ensemble_parameters];  ///< (m) null, or (instances) in place of common
    const R* starts;                           ///< (instances, n), or (n) if shared_start
    bool shared_start;
    unsigned instances;    ///< below 2^31
    R* states;             ///< (instances, n) at the end
    std::uint32_t* steps;  ///< (instances) tried
    std::uint8_t* status;  ///< (instances) ensemble_status
};

/// Starts the kernel of the model of that name; cudaErrorInvalidValue if there is none.
template <typename R>
[[nodiscard]] cudaError_t launch_ensemble(std::string_view model, const ensemble_arguments<R>& work,
                                          cudaStream_t stream);
extern template cudaError_t launch_ensemble<float>(std::string_view,
                                                   const ensemble_arguments<float>&, cudaStream_t);
extern template cudaError_t launch_ensemble<double>(std::string_view,
                                                    const ensemble_arguments<double>&,
                                                    cudaStream_t);

}  // namespace moebius::gpu
