// SPDX-License-Identifier: MIT
//
// Training of models of any size that fits: train_tiled.cu's steps in plain loops. Parameters and
// what a step makes of its batch stay in shared memory; inputs too, where there is room. Sums are
// short and their operands far: what counts is that a thread has several under way.
#include "train/train_plain_descent.cuh"
#include "train/train_plain_loss.cuh"

namespace moebius::gpu {
namespace {

constexpr std::size_t reserved = 1024;  ///< bytes of shared memory that the system keeps of a block

/// `advance` of simulate/training.hpp with moe_network::learn, in fp32 but for the scores.
template <bool InputsToo>
__global__ void __launch_bounds__(most_plain_threads)
    train_plain(const __grid_constant__ training work) {
    extern __shared__ __align__(16) unsigned char memory[];
    const std::uint32_t id = blockIdx.x;
    if (work.diverged[id] != 0) return;
    const plain_block<InputsToo> block(work, id, memory);
    float* const parameters = work.parameters + std::size_t{id} * work.parameter_count;
    for (std::uint32_t p = threadIdx.x; p < work.parameter_count; p += blockDim.x)
        block.parameters()[p] = parameters[p];
    double* const scores = work.scores + std::size_t{id} * work.experts;
    if (threadIdx.x < work.experts) block.scores()[threadIdx.x] = scores[threadIdx.x];
    block.clear_records();
    if (threadIdx.x == 0) block.descend() = descent(work, id);

    std::uint64_t t = work.steps[id];
    bool sound = true;
    for (; t < work.until; ++t) {
        block.draw(t);
        if (threadIdx.x == 0 && work.moment_count == 2)
            block.descend().rescale(work.each[id], t + 1);
        __syncthreads();
        block.gather();
        __syncthreads();
        block.multiply_gate();
        __syncthreads();
        block.route(t);
        __syncthreads();
        block.count();
        __syncthreads();
        block.sort();
        __syncthreads();
        block.multiply_w1();
        __syncthreads();
        block.multiply_w2();
        __syncthreads();
        block.compare();
        __syncthreads();
        block.sum_losses();
        block.back();
        __syncthreads();
        if (!(sound = isfinite(block.loss()) && block.routed() > 0)) break;  // all threads alike
        block.step();
        block.close(t);
        __syncthreads();
    }

    __syncthreads();
    for (std::uint32_t p = threadIdx.x; p < work.parameter_count; p += blockDim.x)
        parameters[p] = block.parameters()[p];
    if (threadIdx.x < work.experts) scores[threadIdx.x] = block.scores()[threadIdx.x];
    if (threadIdx.x == 0) {
        work.steps[id] = t;
        work.diverged[id] = sound ? 0 : 1;
    }
}

}  // namespace

std::size_t train_bytes(const training& work, bool inputs_too) {
    return plain_layout(work, inputs_too).bytes;
}

cudaError_t launch_train_plain(const training& work, cudaStream_t stream) {
    int device = 0, most = 0, room = 0;
    auto status = cudaGetDevice(&device);
    const auto ask = [&](int& value, cudaDeviceAttr what) {
        if (status == cudaSuccess) status = cudaDeviceGetAttribute(&value, what, device);
    };
    ask(most, cudaDevAttrMaxSharedMemoryPerBlockOptin);
    ask(room, cudaDevAttrMaxSharedMemoryPerMultiprocessor);
    if (status != cudaSuccess) return status;
    const bool inputs_too = train_bytes(work, true) <= static_cast<std::size_t>(most);
    const std::size_t bytes = train_bytes(work, inputs_too);
    if (bytes > static_cast<std::size_t>(most)) return cudaErrorInvalidValue;
    const auto kernel = inputs_too ? train_plain<true> : train_plain<false>;
    status = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  static_cast<int>(bytes));
    if (status != cudaSuccess) return status;
    const bool is_shared = 2 * (bytes + reserved) <= static_cast<std::size_t>(room);
    kernel<<<work.runs, is_shared ? plain_threads : most_plain_threads, bytes, stream>>>(work);
    return cudaGetLastError();
}

cudaError_t launch_train(const training& work, train_kernel kernel, cudaStream_t stream) {
    if (work.runs == 0) return cudaSuccess;  // an empty grid is a launch error
    if (kernel == train_kernel::tiled || (kernel == train_kernel::automatic && is_tiled(work)))
        return launch_train_tiled(work, stream);
    return launch_train_plain(work, stream);
}

}  // namespace moebius::gpu
