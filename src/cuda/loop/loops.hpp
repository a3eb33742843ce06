// SPDX-License-Identifier: MIT
#pragma once

#include <driver_types.h>

#include <cstddef>
#include <cstdint>

#include "controller.hpp"

namespace moebius::gpu {

/// What the kernels know of one run; the rest of its rule is in arrays of their own.
struct run_values {
    double feedback, decay, beta, step;
    std::uint64_t seed;
    gpu::controller controller;
};

/// router/noise.hpp, for the kernels.
enum class noise : int { none, softmax, gaussian };

enum class tokens : int { none, stored, mixture, fresh };

/// Many closed loops over some of their steps. All pointers are on the device.
struct loops {
    std::uint32_t runs, experts;
    std::uint64_t tokens;      ///< T, of a batch
    std::uint64_t first_step;  ///< batches before
    std::uint32_t steps;       ///< batches now

    const run_values* values;  ///< (runs)
    const double* biases;      ///< (runs, experts)
    double* scores;            ///< (runs, experts) of the rules, moved on
    double* controls;        ///< (runs, experts) of the controllers, moved on; null: there are none
    const double* feedback;  ///< (runs, steps), or null: that of the run in all
    const double* bias;      ///< (runs, steps) of two experts, or null: that of the run in all
    std::uint32_t* history;  ///< (runs, steps, experts)

    gpu::noise noise;
    gpu::tokens source;
    /// stored: (stored, experts) logits, of two experts (stored) margins; a row that starts with a
    /// NaN is not routed
    const double* logits;
    std::uint64_t stored;
    /// mixture: one number a node each; the last of cumulative is 1
    const double *cumulative, *center, *width;
    /// fresh: (experts, features) weights, and a bound of the error of a logit summed in fp32
    const float* gate;
    std::uint32_t features;
    float logit_error;

    std::uint64_t* mailbox;  ///< where the blocks of a grid meet; cleared by the launch
    std::size_t mailbox_bytes;
};

/// How blocks share runs out.
struct launch_shape {
    bool whole_grid;       ///< one run at a time on all blocks; else a cluster for each run
    std::uint32_t blocks;  ///< of a cluster, or of the grid
    std::uint32_t draws;   ///< random blocks that a thread keeps; 0: it draws when it needs them
};

inline constexpr std::uint32_t route_threads = 512;  ///< of a block of launch_route
inline constexpr std::uint32_t toss_threads = 256;   ///< of launch_toss, and a warp more

/// What the device can do.
struct loop_limits {
    std::uint32_t multiprocessors;
    std::uint32_t clusters[5];  ///< clusters of 1, 2, 4, 8 and 16 blocks that are resident at once
};
[[nodiscard]] std::uint32_t clusters_at_once(std::uint32_t blocks);
[[nodiscard]] loop_limits limits_of(int device);

/// The shape that costs least, by the model in loop_shape.cpp.
/// @param tossed  for two experts without tokens
[[nodiscard]] launch_shape shape_for(const loops& work, bool tossed, const loop_limits& limits);

/// Bytes of `mailbox` for any shape on such a device.
[[nodiscard]] std::size_t mailbox_bytes(std::uint32_t experts, const loop_limits& limits);

/// Start the kernels on the default stream.
[[nodiscard]] cudaError_t launch_toss(const loops& work, const launch_shape& shape);
[[nodiscard]] cudaError_t launch_route(const loops& work, const launch_shape& shape);
/// Fresh tokens without noise, on all blocks; up to 16 experts and 512 features.
[[nodiscard]] cudaError_t launch_fresh(const loops& work, std::uint32_t blocks);

}  // namespace moebius::gpu
