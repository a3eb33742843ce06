// SPDX-License-Identifier: MIT
#include "route/route_tiles.cuh"

namespace moebius::gpu {

cudaError_t launch_tensor_fp32(const route_arguments& a, const CUtensorMap& tokens,
                               const CUtensorMap& gate, cudaStream_t stream) {
    return launch_tiles_of_width<true, false>(a, tokens, gate, stream);
}

}  // namespace moebius::gpu
