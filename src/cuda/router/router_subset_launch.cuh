// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include <algorithm>

#include "router/router_subset.hpp"

namespace moebius::gpu {

inline constexpr std::size_t most_subset_warps = 8;  // of a block

inline bool fits(const subset_batch& b) {
    return b.experts >= 1 && b.experts <= most_subset_experts && b.k_min >= 1 &&
           b.k_min <= b.k_max && b.k_max <= b.experts && b.k_max <= most_subset_members &&
           b.tokens < 1U << 31;
}

/// A kernel that takes tokens in turns, as many blocks as all multiprocessors hold at once.
/// @param bytes  of shared memory a block
template <typename Kernel, typename... Arguments>
cudaError_t launch_tokens(Kernel kernel, unsigned lanes, int warps, std::size_t bytes,
                          std::uint32_t tokens, cudaStream_t stream,
                          const Arguments&... arguments) {
    cudaError_t status = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                              static_cast<int>(bytes));
    if (status != cudaSuccess) return status;
    int device = 0, processors = 0, resident = 0;
    status = cudaGetDevice(&device);
    if (status != cudaSuccess) return status;
    status = cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
    if (status != cudaSuccess) return status;
    status = cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, kernel, 32 * warps, bytes);
    if (status != cudaSuccess) return status;
    if (resident < 1) return cudaErrorInvalidConfiguration;
    const std::uint64_t of_one = static_cast<std::uint64_t>(warps) * (32 / lanes);
    const std::uint64_t needed = (tokens + of_one - 1) / of_one;
    const auto most = static_cast<std::uint64_t>(processors) * resident;
    kernel<<<static_cast<unsigned>(std::min(needed, most)), 32 * warps, bytes, stream>>>(
        arguments...);
    return cudaGetLastError();
}

}  // namespace moebius::gpu
