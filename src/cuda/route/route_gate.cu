// SPDX-License-Identifier: MIT
#include <cuda_fp16.h>

#include "route/hopper.cuh"
#include "route/route_kernels.hpp"

namespace moebius::gpu {
namespace {

__device__ const int compiled_for_sm90a = MOEBIUS_SM90A;
constexpr int threads = 128;

template <typename Value, typename Join>
__device__ Value join_block(Value value, Join join, Value* shared) {
    for (int s = 16; s > 0; s /= 2) value = join(value, __shfl_xor_sync(~0U, value, s));
    if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
    __syncthreads();
    value = shared[0];
    for (int w = 1; w < threads / 32; ++w) value = join(value, shared[w]);
    __syncthreads();
    return value;
}

/// One block an expert: h = half(2^s w) with max |2^s w| in [1, 2); scale = 2^-s; |w|; |w - 2^-s h|
__global__ void __launch_bounds__(threads)
    prepare_gate_rows(const float* gate, std::uint16_t* half_gate, float* gate_scale,
                      std::uint32_t width) {
    __shared__ double shared[threads / 32];
    const std::uint32_t e = blockIdx.x, padded = (width + 15) / 16 * 16;
    const float* w = gate + std::size_t{e} * width;
    double most = 0;
    for (std::uint32_t k = threadIdx.x; k < width; k += threads)
        most = fmax(most, static_cast<double>(fabsf(w[k])));
    most = join_block(
        most, [](double x, double y) { return fmax(x, y); }, shared);
    int exponent = 0;
    if (most > 0 && most < INFINITY) exponent = max(-100, min(100, ilogb(most)));

    double all = 0, lost = 0;
    for (std::uint32_t k = threadIdx.x; k < padded; k += threads) {
        const float x = k < width ? w[k] : 0;
        const __half h = __float2half_rn(scalbnf(x, -exponent));
        const double d = x - scalbn(static_cast<double>(__half2float(h)), exponent);
        all += static_cast<double>(x) * x;
        lost += d * d;
        const std::uint32_t c = k % 16;  // see half_fragments: 4 q + r -> 2 q + r % 2 + 8 (r / 2)
        const std::uint32_t place = k - c + c / 4 * 2 + c % 2 + c % 4 / 2 * 8;
        half_gate[std::size_t{e} * padded + place] = __half_as_ushort(h);
    }
    const auto plus = [](double x, double y) { return x + y; };
    all = join_block(all, plus, shared);
    lost = join_block(lost, plus, shared);
    if (threadIdx.x != 0) return;
    gate_scale[e] = scalbnf(1, exponent);
    gate_scale[256 + e] = __double2float_ru(sqrt(all) * (1 + 1e-9));
    gate_scale[512 + e] = __double2float_ru(sqrt(lost) * (1 + 1e-9));
}

}  // namespace

bool tensor_kernels_present() {
    static int known[64] = {};  // 0: not asked, 1: no, 2: yes; a race writes the same value twice
    int device = 0, major = 0, minor = 0, compiled = 0;
    if (cudaGetDevice(&device) != cudaSuccess || device >= 64) return false;
    if (known[device] != 0) return known[device] == 2;
    cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
    cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
    if (major == 9 && minor == 0)
        if (cudaMemcpyFromSymbol(&compiled, compiled_for_sm90a, sizeof compiled) != cudaSuccess)
            return false;
    known[device] = compiled != 0 ? 2 : 1;
    return compiled != 0;
}

cudaError_t launch_prepare_gate(const route_batch& batch, std::uint16_t* half_gate,
                                float* gate_scale, cudaStream_t stream) {
    prepare_gate_rows<<<batch.experts, threads, 0, stream>>>(
        static_cast<const float*>(batch.gate_data), half_gate, gate_scale, batch.width);
    return cudaGetLastError();
}

}  // namespace moebius::gpu
