// SPDX-License-Identifier: MIT
#include <moebius/dynamics/detail/ensemble_models.hpp>

#include "ensemble/ensemble.cuh"

namespace moebius::gpu {
namespace {

template <typename M, typename R>
cudaError_t launch(const ensemble_arguments<R>& work, cudaStream_t stream) {
    constexpr bool single = sizeof(R) == 4;
    constexpr int threads = single ? 256 : 64;
    const unsigned blocks = (work.instances + threads - 1) / threads;
    integrate<M, R, threads, single ? 8 : 16><<<blocks, threads, 0, stream>>>(work);
    return cudaGetLastError();
}

}  // namespace

template <typename R>
cudaError_t launch_ensemble(std::string_view model, const ensemble_arguments<R>& work,
                            cudaStream_t stream) {
    cudaError_t result = cudaErrorInvalidValue;
    if (work.instances == 0) return cudaSuccess;  // an empty grid is a launch error
    detail::ensemble_models::with(model, [&]<typename M>(M) { result = launch<M>(work, stream); });
    return result;
}

template cudaError_t launch_ensemble<float>(std::string_view, const ensemble_arguments<float>&,
                                            cudaStream_t);
template cudaError_t launch_ensemble<double>(std::string_view, const ensemble_arguments<double>&,
                                             cudaStream_t);

}  // namespace moebius::gpu
