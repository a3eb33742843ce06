// SPDX-License-Identifier: MIT
#pragma once

/// Marks a function that kernels call, too; nothing to a compiler that knows no devices.
#ifdef __CUDACC__
#define MOEBIUS_HOST_DEVICE __host__ __device__
#else
#define MOEBIUS_HOST_DEVICE
#endif

/// The same, and always a part of the function that calls it: on the CPU, of one that is compiled
/// for an instruction set of its own.
#ifdef __CUDACC__
#define MOEBIUS_HOST_DEVICE_INLINE __host__ __device__ __forceinline__
#else
#define MOEBIUS_HOST_DEVICE_INLINE [[gnu::always_inline]] inline
#endif
