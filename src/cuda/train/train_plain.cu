// SPDX-License-Identifier: MIT
//
// Training of models of any size that fits: train_tiled.cu's steps in plain loops. Parameters and
// what a step makes of its batch stay in shared memory; inputs too, where there is room. A
// multiply-add costs about one load of four bytes, and index arithmetic: an eleventh of the tiled
// kernel's pace at its sizes.
#include "train/train_plain_descent.cuh"
#include "train/train_plain_loss.cuh"

namespace moebius::gpu {
namespace {

/// `advance` of simulate/training.hpp with moe_network::learn, in fp32 but for the scores.
template <bool InputsToo>
__global__ void __launch_bounds__(plain_threads, 2)
    train_plain(const __grid_constant__ training work) {
    extern __shared__ __align__(16) unsigned char memory[];
    const std::uint32_t id = blockIdx.x;
    if (work.diverged[id] != 0) return;
    const plain_block<InputsToo> block(work, id, memory);
    float* const parameters = work.parameters + std::size_t{id} * work.parameter_count;
    for (std::uint32_t p = threadIdx.x; p < work.parameter_count; p += plain_threads)
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
    for (std::uint32_t p = threadIdx.x; p < work.parameter_count; p += plain_threads)
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
    int device = 0, most = 0;
    if (const auto e = cudaGetDevice(&device); e != cudaSuccess) return e;
    if (const auto e =
            cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
        e != cudaSuccess)
        return e;
    const bool inputs_too = train_bytes(work, true) <= static_cast<std::size_t>(most);
    const std::size_t bytes = train_bytes(work, inputs_too);
    if (bytes > static_cast<std::size_t>(most)) return cudaErrorInvalidValue;
    const auto kernel = inputs_too ? train_plain<true> : train_plain<false>;
    if (const auto e = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                            static_cast<int>(bytes));
        e != cudaSuccess)
        return e;
    kernel<<<work.runs, plain_threads, bytes, stream>>>(work);
    return cudaGetLastError();
}

cudaError_t launch_train(const training& work, train_kernel kernel, cudaStream_t stream) {
    if (work.runs == 0) return cudaSuccess;  // an empty grid is a launch error
    if (kernel == train_kernel::tiled || (kernel == train_kernel::automatic && is_tiled(work)))
        return launch_train_tiled(work, stream);
    return launch_train_plain(work, stream);
}

}  // namespace moebius::gpu
