// SPDX-License-Identifier: MIT
//
// Training of models of any size that fits: train_tiled.cu's steps in plain loops. Parameters and
// what a step makes of its batch stay in shared memory; inputs too, where there is room. Sums are
// short and their operands far: what counts is that a thread has several under way.
#include "train/train_plain_descent.cuh"
#include "train/train_plain_forward.cuh"
#include "train/train_plain_loss.cuh"
#include "train/train_plain_two.cuh"

namespace moebius::gpu {
namespace {

constexpr std::size_t reserved = 1024;  ///< bytes of shared memory that the system keeps of a block

/// What the layers of a block's model start from, and go back to.
template <bool InputsToo>
__device__ void bring(const training& work, const plain_block<InputsToo>& layer, std::uint32_t id,
                      std::uint32_t number) {
    const float* const parameters = work.parameters + std::size_t{id} * work.parameter_count;
    if (number == 0)
        for (std::uint32_t p = threadIdx.x; p < work.parameter_count; p += blockDim.x)
            layer.parameters()[p] = parameters[p];
    const std::size_t first = (std::size_t{id} * work.layers + number) * work.experts;
    if (threadIdx.x < work.experts) layer.scores()[threadIdx.x] = work.scores[first + threadIdx.x];
    layer.clear_records();
    if (number != 0) return;
    if (threadIdx.x == 0) layer.descend() = descent(work, id);
    clear_moments(work, id);
}
template <bool InputsToo>
__device__ void take_back(const training& work, const plain_block<InputsToo>& layer,
                          std::uint32_t id, std::uint32_t number) {
    float* const parameters = work.parameters + std::size_t{id} * work.parameter_count;
    if (number == 0)
        for (std::uint32_t p = threadIdx.x; p < work.parameter_count; p += blockDim.x)
            parameters[p] = layer.parameters()[p];
    const std::size_t first = (std::size_t{id} * work.layers + number) * work.experts;
    if (threadIdx.x < work.experts) work.scores[first + threadIdx.x] = layer.scores()[threadIdx.x];
}

/// The batch, and how far the optimiser goes.
template <bool InputsToo>
__device__ void open(const training& work, const plain_block<InputsToo>& layer, std::uint32_t id,
                     std::uint64_t t) {
    layer.draw(t);
    if (threadIdx.x == 0 && work.moment_count == 2)
        layer.descend().rescale(work.each[id * work.layers], t + 1);
    __syncthreads();
    layer.gather();
    __syncthreads();
}

/// Up to the units of each expert.
template <bool InputsToo>
__device__ void route_and_enter(const plain_block<InputsToo>& layer, std::uint64_t t) {
    layer.multiply_gate();
    __syncthreads();
    layer.route(t);
    __syncthreads();
    layer.count();
    __syncthreads();
    layer.sort();
    __syncthreads();
    layer.multiply_w1();
    __syncthreads();
}

/// From the units of the last layer to the loss and back to them.
template <bool InputsToo>
__device__ void compare(const plain_block<InputsToo>& layer) {
    layer.multiply_w2();
    __syncthreads();
    layer.compare();
    __syncthreads();
    layer.sum_losses();
    layer.back();
    __syncthreads();
}

/// `advance` of simulate/training.hpp with moe_network::learn, in fp32 but for the scores.
template <bool InputsToo>
__global__ void __launch_bounds__(most_plain_threads)
    train_plain(const __grid_constant__ plain_work all) {
    extern __shared__ __align__(16) unsigned char memory[];
    const training& work = all.of;
    const std::uint32_t id = blockIdx.x;
    if (work.diverged[id] != 0) return;
    const plain_block<InputsToo> block(all, id, 0, memory);
    bring(work, block, id, 0);
    std::uint64_t t = work.steps[id];
    bool sound = true;
    for (; t < work.until; ++t) {
        open(work, block, id, t);
        route_and_enter(block, t);
        compare(block);
        if (!(sound = isfinite(block.loss()) && block.routed() > 0)) break;  // all threads alike
        const descent& how = block.descend();
        block.step_w1(how);
        block.step_w2(how);
        block.step_rest(how, block.outputs());
        block.close(t);
        __syncthreads();
    }
    __syncthreads();
    take_back(work, block, id, 0);
    if (threadIdx.x == 0) {
        work.steps[id] = t;
        work.diverged[id] = sound ? 0 : 1;
    }
}

/// Of two layers the last one's step: what its inputs ask for needs the maps as they were, and the
/// place of its units.
__device__ void step_second(const plain_block<true>& second, const descent& how) {
    second.step_w2(how);
    for (int at = threadIdx.x; at < second.experts() * second.outputs(); at += blockDim.x)
        second.step_b2(how, at / second.outputs(), at % second.outputs());
    __syncthreads();
    second.back_to_inputs();
    __syncthreads();
}

__device__ void step_first(const plain_block<true>& first, const descent& how) {
    first.gather();
    first.back_from_inputs();
    __syncthreads();
    first.weigh_units();
    __syncthreads();
    first.step_w2_from_inputs(how);
    __syncthreads();
    first.differentiate_gates();
    __syncthreads();
}

/// The same for two layers, of one code: two copies would not fit the cache of instructions.
__global__ void __launch_bounds__(most_plain_threads)
    train_plain_two(const __grid_constant__ plain_work all) {
    extern __shared__ __align__(16) unsigned char memory[];
    const training& work = all.of;
    const std::uint32_t id = blockIdx.x;
    if (work.diverged[id] != 0) return;
    const auto layer = [&](std::uint32_t l) { return plain_block<true>(all, id, l, memory); };
#pragma unroll 1
    for (std::uint32_t l = 0; l < 2; ++l) bring(work, layer(l), id, l);
    std::uint64_t t = work.steps[id];
    bool sound = true;
    for (; t < work.until; ++t) {
        bool routed = false;
#pragma unroll 1
        for (std::uint32_t l = 0; l < 2; ++l) {
            const auto block = layer(l);
            if (l == 0) open(work, block, id, t);
            route_and_enter(block, t);
            routed = routed || block.routed() > 0;
            if (l == 0) {
                block.mix();
                __syncthreads();
            } else {
                compare(block);
                sound = routed && isfinite(block.loss());
            }
        }
        if (!sound) break;  // all threads alike
#pragma unroll 1
        for (std::uint32_t l = 2; l-- > 0;) {
            const auto block = layer(l);
            const descent& how = block.descend();
            if (l == 1)
                step_second(block, how);
            else
                step_first(block, how);
            block.step_w1(how);
            block.step_rest(how, 0);
            block.close(t);
            __syncthreads();
        }
    }
    __syncthreads();
#pragma unroll 1
    for (std::uint32_t l = 0; l < 2; ++l) take_back(work, layer(l), id, l);
    if (threadIdx.x == 0) {
        work.steps[id] = t;
        work.diverged[id] = sound ? 0 : 1;
    }
}

}  // namespace

std::size_t train_bytes(const training& work, bool inputs_too) {
    return plain_layout(work, inputs_too || work.layers > 1, 0).bytes;
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
    const auto kernel = work.layers > 1 ? train_plain_two
                        : inputs_too    ? train_plain<true>
                                        : train_plain<false>;
    status = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  static_cast<int>(bytes));
    if (status != cudaSuccess) return status;
    const bool is_shared = 2 * (bytes + reserved) <= static_cast<std::size_t>(room);
    kernel<<<work.runs, is_shared ? plain_threads : most_plain_threads, bytes, stream>>>(
        {work, {{work, inputs_too, 0}, {work, inputs_too, work.layers - 1}}});
    return cudaGetLastError();
}

cudaError_t launch_train(const training& work, train_kernel kernel, cudaStream_t stream) {
    if (work.runs == 0) return cudaSuccess;  // an empty grid is a launch error
    if (kernel == train_kernel::tiled || (kernel == train_kernel::automatic && is_tiled(work)))
        return launch_train_tiled(work, stream);
    return launch_train_plain(work, stream);
}

}  // namespace moebius::gpu
