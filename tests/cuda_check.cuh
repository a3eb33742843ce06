// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>

/// Ends a check or a benchmark with 4 and a sentence where a CUDA call fails.
#define CHECK_CUDA(call)                                                 \
    do {                                                                 \
        const cudaError_t status_ = (call);                              \
        if (status_ != cudaSuccess) {                                    \
            std::printf("%s: %s\n", #call, cudaGetErrorString(status_)); \
            std::exit(4);                                                \
        }                                                                \
    } while (false)
