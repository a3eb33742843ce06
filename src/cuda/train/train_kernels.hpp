// SPDX-License-Identifier: MIT
#pragma once

#include <driver_types.h>

#include <cstddef>
#include <cstdint>

#include "controller.hpp"

namespace moebius::gpu {

/// What the kernels know of one run of simulate/training.hpp.
struct train_run {
    double feedback, decay, beta, step;  ///< of its rule
    std::uint64_t seed;         ///< of the layer's noise; the first layer's draws batches, too
    const std::uint32_t* rows;  ///< (row_count): examples that are trained on
    std::uint32_t row_count;
    float switch_loss;         ///< weight
    float rate, weight_decay;  ///< of the optimiser, as are the next four
    float momentum, eps;
    double beta1, beta2;
    gpu::controller controller;
};

/// simulate/optimiser.hpp, sgd without momentum by itself.
enum class train_optimiser : int { sgd, momentum, adam, adamw };

/// Small top-1 or top-k MoEs over some of their steps, a block each. All pointers are on the
/// device.
///
/// Parameters of a run are flat and row-major as in moe_network.hpp: gate (d, E) and (E), then for
/// each expert (d, H), (H), (H, C), (C); of the first of two layers d in place of C.
struct training {
    std::uint32_t runs;
    std::uint32_t width, hidden, classes, experts;  ///< d, H, C, E
    std::uint32_t batch;                            ///< B
    std::uint32_t k;                                ///< experts of an example
    std::uint32_t layers;                           ///< L: 1 or 2
    std::uint32_t parameter_count;                  ///< P
    std::uint32_t input_stride;  ///< floats from one example to the next, a multiple of 4
    std::uint32_t moment_count;  ///< arrays of P beside the parameters
    bool gumbel, gelu, squared;  ///< noise; activation; loss: else none, relu, cross-entropy
    train_optimiser optimiser;

    const float* inputs;         ///< (n, input_stride), the last ones of a row 0
    const std::uint8_t* labels;  ///< (n)
    const train_run* each;       ///< (runs, L): alike but for the seed
    const double* biases;        ///< (runs, E)
    std::uint64_t* steps;        ///< (runs) batches so far, moved on
    std::uint32_t* diverged;     ///< (runs) 1: the loss of batch steps[run] is not finite
    float* parameters;           ///< (runs, P), moved on, as are the next two
    float* moments;              ///< (runs, moment_count, P): of a run without steps set to 0 first
    double* scores;              ///< (runs, L, E)
    double* controls;            ///< (runs, L, E) the controllers' part of the scores; null: none

    std::uint64_t from, until;   ///< batches: steps before `from` do not come
    std::uint32_t record_every;  ///< from and until are multiples
    const double* feedback;      ///< (runs, until - from), or null: that of the run in all
    double* records;             ///< (runs, (until - from) / record_every, 2 + 2 L E)
};

/// Bytes of shared memory that a block needs; any sizes, and with inputs read from global memory.
[[nodiscard]] std::size_t train_bytes(const training& work, bool inputs_too);

/// How a launch is made: `tiled` is written for some shapes of top-1, `plain` takes any that fits.
enum class train_kernel : int { automatic, tiled, plain };

/// Starts the kernel; cudaErrorInvalidValue if the one asked for does not take these sizes.
[[nodiscard]] cudaError_t launch_train(const training& work, train_kernel kernel,
                                       cudaStream_t stream);

/// The parts of launch_train. Whether the tiled kernel is written for these sizes.
[[nodiscard]] bool is_tiled(const training& work);
[[nodiscard]] cudaError_t launch_train_tiled(const training& work, cudaStream_t stream);
[[nodiscard]] cudaError_t launch_train_plain(const training& work, cudaStream_t stream);

}  // namespace moebius::gpu
