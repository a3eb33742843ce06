// SPDX-License-Identifier: MIT
#pragma once

/// Marks a function that kernels call, too; nothing to a compiler that knows no devices.
#ifdef __CUDACC__
#define MOEBIUS_HOST_DEVICE __host__ __device__
#else
#define MOEBIUS_HOST_DEVICE
#endif
