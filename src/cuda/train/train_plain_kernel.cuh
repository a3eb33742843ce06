// SPDX-License-Identifier: MIT
#pragma once

// Training of models of any size that fits: train_tiled.cu's steps in plain loops. Parameters and
// what a step makes of its batch stay in shared memory; inputs too, where there is room. Sums are
// short and their operands far: what counts is that a thread has several under way
// (train_plain_products.cuh).

#include <utility>

#include "train/train_plain_descent.cuh"
#include "train/train_plain_forward.cuh"
#include "train/train_plain_loss.cuh"
#include "train/train_plain_route.cuh"
#include "train/train_plain_two.cuh"

namespace moebius::gpu {
namespace {

/// Brings all that a layer of a block's model starts from; the block's parameters are 0.
template <typename Of>
__device__ void bring(const training& work, const plain_block<Of>& layer, std::uint32_t id,
                      std::uint32_t number) {
    const float* const parameters = work.parameters + std::size_t{id} * work.parameter_count;
    layer.each_parameter([&](float& here, int at) { here = parameters[at]; });
    const std::size_t first = (std::size_t{id} * work.layers + number) * work.experts;
    if (threadIdx.x < work.experts) layer.scores()[threadIdx.x] = work.scores[first + threadIdx.x];
    layer.clear_records();
}
template <typename Of>
__device__ void take_back(const training& work, const plain_block<Of>& layer, std::uint32_t id,
                          std::uint32_t number) {
    float* const parameters = work.parameters + std::size_t{id} * work.parameter_count;
    layer.each_parameter([&](float& here, int at) { parameters[at] = here; });
    const std::size_t first = (std::size_t{id} * work.layers + number) * work.experts;
    if (threadIdx.x < work.experts) work.scores[first + threadIdx.x] = layer.scores()[threadIdx.x];
}

/// The batch, and how far the optimiser goes.
template <typename Of>
__device__ void open(const training& work, const plain_block<Of>& layer, std::uint32_t id,
                     std::uint64_t t) {
    layer.draw(t);
    if (threadIdx.x == 0 && work.moment_count == 2)
        rescale(layer.descend(), work.each[id * work.layers], t + 1);
    __syncthreads();
    layer.gather();
    __syncthreads();
}

/// Up to what each expert gives.
template <typename Of>
__device__ void route_and_enter(const plain_block<Of>& layer, std::uint64_t t) {
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
template <typename Of>
__device__ void compare(const plain_block<Of>& layer) {
    layer.compare();
    __syncthreads();
    layer.sum_losses();
    __syncthreads();
}

/// Gradients of a layer's units, and each step of its parameters when none needs them any more.
template <typename Of>
__device__ void descend(const plain_block<Of>& layer, bool last, std::uint64_t t) {
    using weights = plain_block<Of>::weights;
    const descent& how = layer.descend();
    if (!last) layer.gather();
    layer.back();
    __syncthreads();
    if (Of::layers > 1 && !last) {
        layer.weigh_units();
        __syncthreads();
    }
    layer.template step<weights::w2>(how);
    if constexpr (Of::layers > 1) {
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

/// Calls act(l) for each layer, Back: the last one first. Layers of known sizes have code of their
/// own; others share it, as copies would not fit the cache of instructions.
template <typename Of, bool Back = false, typename Act>
__device__ void for_layers(const Act& act) {
    if constexpr (Of::is_known) {
        [&]<std::uint32_t... L>(std::integer_sequence<std::uint32_t, L...>) {
            (act(std::integral_constant < std::uint32_t, Back ? Of::layers - 1 - L : L > ()), ...);
        }
        (std::make_integer_sequence<std::uint32_t, Of::layers>());
    } else {
#pragma unroll 1
        for (std::uint32_t l = 0; l < Of::layers; ++l) act(Back ? Of::layers - 1 - l : l);
    }
}

/// `advance` of simulate/training.hpp with moe_network::learn, in fp32 but for the scores.
template <typename Of>
__global__ void __launch_bounds__(most_plain_threads)
    train_plain(const __grid_constant__ plain_work all) {
    extern __shared__ __align__(16) unsigned char memory[];
    const training& work = all.of;
    const std::uint32_t id = blockIdx.x;
    if (work.diverged[id] != 0) return;
    const auto layer = [&](auto l) { return plain_block<Of>(all, id, l, memory); };
    const auto base = layer(std::integral_constant<std::uint32_t, 0>());
    base.clear_parameters();
    clear_moments(work, id);
    if (threadIdx.x == 0) base.descend() = descent(work, id);
    __syncthreads();
    for_layers<Of>([&](auto l) { bring(work, layer(l), id, l); });
    std::uint64_t t = work.steps[id];
    bool sound = true;
    for (; t < work.until; ++t) {
        bool routed = false;
        for_layers<Of>([&](auto l) {
            const auto block = layer(l);
            if (l == 0) open(work, block, id, t);
            route_and_enter(block, t);
            routed = routed || block.routed() > 0;
            if (l + 1 == Of::layers) compare(block);
        });
        if (!(sound = routed && isfinite(base.loss()))) break;  // all threads alike
        for_layers<Of, true>([&](auto l) { descend(layer(l), l + 1 == Of::layers, t); });
    }
    __syncthreads();
    for_layers<Of>([&](auto l) { take_back(work, layer(l), id, l); });
    if (threadIdx.x == 0) {
        work.steps[id] = t;
        work.diverged[id] = sound ? 0 : 1;
    }
}

}  // namespace
}  // namespace moebius::gpu
