// SPDX-License-Identifier: MIT
#include "router/router_sinkhorn_results.cuh"
#include "router/router_sinkhorn_start.cuh"

namespace moebius::gpu {
namespace {

constexpr std::size_t shared_limit = 227 * 1024;  // of a block

/// bytes       4 T E read and 4 T E written for the plan, if the rows fit; else a reading a pass.
///             65,536 x 64 to 1e-4 on an H200: 53 us, 5 iterations; a reading a pass would be
///             34 us. An iteration takes 5.5 us, a reading 4.2: the meeting of the blocks and the
///             update of v are probably half of it. 2^20 x 64, which does not fit: 1.2 times the
///             readings
/// operations  an entry and iteration: an exponential and about 12 in single precision
template <int lanes, int chunks, bool resident, bool full>
__global__ void __launch_bounds__(scaling<lanes, chunks, resident, full>::threads, 1)
    scale_rows(const __grid_constant__ scaling_arguments a) {
    extern __shared__ __align__(16) char memory[];
    scaling<lanes, chunks, resident, full>(a, memory).run();
}

template <int lanes, int chunks, bool resident, bool full>
cudaError_t launch_shape(scaling_arguments a, std::uint32_t blocks, std::size_t bytes,
                         cudaStream_t stream) {
    const auto kernel = scale_rows<lanes, chunks, resident, full>;
    const cudaError_t status = cudaFuncSetAttribute(
        kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
    if (status != cudaSuccess) return status;
    void* arguments[] = {&a};
    return cudaLaunchCooperativeKernel(
        kernel, blocks, scaling<lanes, chunks, resident, full>::threads, arguments, bytes, stream);
}

template <int lanes, int chunks>
cudaError_t launch(const scaling_arguments& a, cudaStream_t stream) {
    using shape = scaling<lanes, chunks, true, false>;
    int device = 0, processors = 0;
    cudaError_t status = cudaGetDevice(&device);
    if (status != cudaSuccess) return status;
    status = cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
    if (status != cudaSuccess) return status;
    const std::uint32_t of_step = shape::warps * shape::rows_of_warp;
    const std::uint32_t needed = (a.problem.tokens + of_step - 1) / of_step;
    const auto most = static_cast<std::uint32_t>(processors);
    const std::uint32_t blocks = needed < 1 ? 1 : needed < most ? needed : most;
    const std::size_t rows = (a.problem.tokens + blocks - 1) / blocks;
    const std::size_t bytes = sizeof(typename shape::tables), kept = rows * a.problem.experts * 4;
    const bool full = a.vectors && a.problem.experts == shape::width;
    if (bytes + kept > shared_limit)
        return full ? launch_shape<lanes, chunks, false, true>(a, blocks, bytes, stream)
                    : launch_shape<lanes, chunks, false, false>(a, blocks, bytes, stream);
    return full ? launch_shape<lanes, chunks, true, true>(a, blocks, bytes + kept, stream)
                : launch_shape<lanes, chunks, true, false>(a, blocks, bytes + kept, stream);
}

constexpr std::size_t exchange_bytes = (sizeof(scaling_exchange) + 255) / 256 * 256;
constexpr std::uint32_t most_blocks = 1024;  // multiprocessors of any device

}  // namespace

std::size_t scaling_workspace_bytes(std::uint32_t experts) {
    return exchange_bytes + sizeof(max_and_sum) * most_blocks * experts;
}

cudaError_t launch_scaling(const scaling_problem& p, const scaling_result& r, void* workspace,
                           cudaStream_t stream) {
    if (p.experts < 1 || p.experts > most_sinkhorn_experts || p.tokens >= 1U << 31 ||
        r.gates > p.experts || r.gates > most_sinkhorn_gates || !(p.xi > 0) ||
        p.max_iterations < 1 || r.totals == nullptr)
        return cudaErrorInvalidValue;
    const cudaError_t status = cudaMemsetAsync(workspace, 0, sizeof(scaling_exchange), stream);
    if (status != cudaSuccess) return status;
    scaling_arguments a{p, r, static_cast<scaling_exchange*>(workspace), nullptr, false};
    a.columns = reinterpret_cast<max_and_sum*>(static_cast<char*>(workspace) + exchange_bytes);
    const auto aligned = [](const float* x) { return reinterpret_cast<std::size_t>(x) % 16 == 0; };
    a.vectors = p.experts % 4 == 0 && aligned(p.cost) && aligned(r.plan);
    if (p.experts <= 64) return launch<8, 2>(a, stream);
    if (p.experts <= 128) return launch<16, 2>(a, stream);
    if (p.experts <= 256) return launch<32, 2>(a, stream);
    return launch<32, 4>(a, stream);
}

}  // namespace moebius::gpu
