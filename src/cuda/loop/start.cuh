// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include "loop/loops.hpp"

namespace moebius::gpu {

/// One run after the other on all blocks, which must be resident at once.
template <typename Kernel>
cudaError_t start_on_grid(Kernel kernel, loops work, const launch_shape& shape,
                          std::uint32_t threads, std::size_t shared = 0) {
    const auto all = work;
    for (std::uint32_t run = 0; run < all.runs; ++run) {
        work.values = all.values + run;
        work.biases = all.biases + run * all.experts;
        work.scores = all.scores + run * all.experts;
        if (all.controls != nullptr) work.controls = all.controls + run * all.experts;
        if (all.feedback != nullptr) work.feedback = all.feedback + std::size_t{run} * all.steps;
        if (all.bias != nullptr) work.bias = all.bias + std::size_t{run} * all.steps;
        work.history = all.history + std::size_t{run} * all.steps * all.experts;
        if (const auto e = cudaMemsetAsync(all.mailbox, 0, all.mailbox_bytes); e != cudaSuccess)
            return e;
        void* arguments[] = {&work};
        const auto e =
            cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(kernel), dim3(shape.blocks),
                                        dim3(threads), arguments, shared, nullptr);
        if (e != cudaSuccess) return e;
    }
    return cudaSuccess;
}

/// A cluster of blocks for each run.
template <typename Kernel>
cudaError_t start_on_clusters(Kernel kernel, const loops& work, const launch_shape& shape,
                              std::uint32_t threads, std::size_t shared = 0) {
    if (shape.blocks > 8) {  // more than every device promises
        const auto e = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                            cudaFuncAttributeNonPortableClusterSizeAllowed, 1);
        if (e != cudaSuccess) return e;
    }
    cudaLaunchAttribute attribute{};
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {shape.blocks, 1, 1};
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(work.runs * shape.blocks);
    config.blockDim = dim3(threads);
    config.dynamicSmemBytes = shared;
    config.attrs = &attribute;
    config.numAttrs = shape.blocks > 1 ? 1 : 0;
    return cudaLaunchKernelEx(&config, kernel, work);
}

}  // namespace moebius::gpu
