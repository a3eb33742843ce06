// SPDX-License-Identifier: MIT
#pragma once

#include <nccl.h>

#include <string_view>

namespace moebius::gpu {

/// NVIDIA's collectives, loaded when they are first asked for: the program runs without them.
struct nccl_library {
    decltype(&ncclCommInitAll) init_all;
    decltype(&ncclAllReduce) all_reduce;
    decltype(&ncclCommAbort) abort;
    decltype(&ncclCommDestroy) destroy;
    decltype(&ncclGetErrorString) message;

    /// @throws device_error  naming the call, unless it succeeded
    void check(ncclResult_t status, std::string_view call) const;
};

/// @throws device_error  if libnccl.so.2 is not where the loader looks
[[nodiscard]] const nccl_library& nccl();

}  // namespace moebius::gpu
