// SPDX-License-Identifier: MIT
//
// Training of models of any size that fits: train_tiled.cu's steps in plain loops. Parameters and
// what a step makes of its batch stay in shared memory; inputs too, where there is room. Sums are
// short and their operands far: what counts is that a thread has several under way
// (train_plain_products.cuh).
#include "train/train_plain_descent.cuh"
#include "train/train_plain_forward.cuh"
#include "train/train_plain_loss.cuh"
#include "train/train_plain_route.cuh"
#include "train/train_plain_two.cuh"

namespace moebius::gpu {
namespace {

constexpr std::size_t reserved = 1024;  ///< bytes of shared memory that the system keeps of a block

/// Brings all that a layer of a block's model starts from; the block's parameters are 0.
template <bool InputsToo>
__device__ void bring(const training& work, const plain_block<InputsToo>& layer, std::uint32_t id,
                      std::uint32_t number) {
    const float* const parameters = work.parameters + std::size_t{id} * work.parameter_count;
    layer.each_parameter([&](float& here, int at) { here = parameters[at]; });
    const std::size_t first = (std::size_t{id} * work.layers + number) * work.experts;
    if (threadIdx.x < work.experts) layer.scores()[threadIdx.x] = work.scores[first + threadIdx.x];
    layer.clear_records();
}
template <bool InputsToo>
__device__ void take_back(const training& work, const plain_block<InputsToo>& layer,
                          std::uint32_t id, std::uint32_t number) {
    float* const parameters = work.parameters + std::size_t{id} * work.parameter_count;
    layer.each_parameter([&](float& here, int at) { parameters[at] = here; });
    const std::size_t first = (std::size_t{id} * work.layers + number) * work.experts;
    if (threadIdx.x < work.experts) work.scores[first + threadIdx.x] = layer.scores()[threadIdx.x];
}

/// The batch, and how far the optimiser goes.
template <bool InputsToo>
__device__ void open(const training& work, const plain_block<InputsToo>& layer, std::uint32_t id,
                     std::uint64_t t) {
    layer.draw(t);
    if (threadIdx.x == 0 && work.moment_count == 2)
        rescale(layer.descend(), work.each[id * work.layers], t + 1);
    __syncthreads();
    layer.gather();
    __syncthreads();
}

/// Up to what each expert gives.
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
    layer.multiply_w2();
    __syncthreads();
}

/// From what the last layer's experts give to the loss.
template <bool InputsToo>
__device__ void compare(const plain_block<InputsToo>& layer) {
    layer.compare();
    __syncthreads();
    layer.sum_losses();
    __syncthreads();
}

/// Gradients of a layer's units, and each step of its parameters when none needs them any more.
template <bool InputsToo, std::uint32_t Layers>
__device__ void descend(const plain_block<InputsToo>& layer, bool last, std::uint64_t t) {
    using weights = plain_block<InputsToo>::weights;
    const descent& how = layer.descend();
    if (!last) layer.gather();
    layer.back();
    __syncthreads();
    if (Layers > 1 && !last) {
        layer.weigh_units();
        __syncthreads();
    }
    layer.template step<weights::w2>(how);
    if constexpr (Layers > 1) {
        if (!last) layer.step_b2(how);
        __syncthreads();
        if (last)
            layer.back_to_inputs();  // where its units were, by W1 as it was
        else
            layer.differentiate_gates();
        __syncthreads();
    }
    layer.template step<weights::w1>(how);
    layer.template step<weights::gate>(how);
    layer.step_rest(how);
    layer.close(t);
    __syncthreads();
}

/// `advance` of simulate/training.hpp with moe_network::learn, in fp32 but for the scores. Layers
/// share their code: copies would not fit the cache of instructions.
template <bool InputsToo, std::uint32_t Layers>
__global__ void __launch_bounds__(most_plain_threads)
    train_plain(const __grid_constant__ plain_work all) {
    extern __shared__ __align__(16) unsigned char memory[];
    const training& work = all.of;
    const std::uint32_t id = blockIdx.x;
    if (work.diverged[id] != 0) return;
    const auto layer = [&](std::uint32_t l) { return plain_block<InputsToo>(all, id, l, memory); };
    layer(0).clear_parameters();
    clear_moments(work, id);
    if (threadIdx.x == 0) layer(0).descend() = descent(work, id);
    __syncthreads();
#pragma unroll 1
    for (std::uint32_t l = 0; l < Layers; ++l) bring(work, layer(l), id, l);
    std::uint64_t t = work.steps[id];
    bool sound = true;
    for (; t < work.until; ++t) {
        bool routed = false;
#pragma unroll 1
        for (std::uint32_t l = 0; l < Layers; ++l) {
            const auto block = layer(l);
            if (l == 0) open(work, block, id, t);
            route_and_enter(block, t);
            routed = routed || block.routed() > 0;
            if (l + 1 == Layers) compare(block);
        }
        if (!(sound = routed && isfinite(layer(0).loss()))) break;  // all threads alike
#pragma unroll 1
        for (std::uint32_t l = Layers; l-- > 0;)
            descend<InputsToo, Layers>(layer(l), l + 1 == Layers, t);
    }
    __syncthreads();
#pragma unroll 1
    for (std::uint32_t l = 0; l < Layers; ++l) take_back(work, layer(l), id, l);
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
    const auto kernel = work.layers > 1 ? train_plain<true, 2>
                        : inputs_too    ? train_plain<true, 1>
                                        : train_plain<false, 1>;
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
