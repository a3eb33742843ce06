// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <limits>

#include "device.hpp"
#include "loop/loops.hpp"

namespace moebius::gpu {
namespace {

// What a step costs on an H200, in microseconds (data/results/h200-loops.txt).
constexpr double cluster_round = 0.6;  // counts exchanged inside a cluster
constexpr double grid_round = 1.1;     // and between all blocks
constexpr double toss_draw = 0.14;     // a random block for each thread of a block
constexpr double token_draw = 0.5;     // a token for each thread of a block

constexpr std::size_t shared_bytes = std::size_t{160} * 1024;  // of a block, with clusters

std::uint32_t ceil_div(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint32_t>((a + b - 1) / b);
}

}  // namespace

loop_limits limits_of(int device) {
    cudaDeviceProp about{};
    check(cudaGetDeviceProperties(&about, device), "cudaGetDeviceProperties");
    loop_limits limits{};
    limits.multiprocessors = limits.clusters[0] =
        static_cast<std::uint32_t>(about.multiProcessorCount);
    for (std::uint32_t size = 1; about.major >= 9 && size < 5; ++size)
        limits.clusters[size] = clusters_at_once(1U << size);
    return limits;
}

launch_shape shape_for(const loops& work, bool tossed, const loop_limits& limits) {
    const std::uint64_t parts = tossed ? ceil_div(work.tokens, 4) : work.tokens;
    const auto draws_of = [&](std::uint32_t blocks) {
        return ceil_div(parts, std::uint64_t{blocks} * (tossed ? toss_threads : route_threads));
    };
    const double draw =
        tossed ? toss_draw : token_draw * std::max(1.0, static_cast<double>(work.experts) / 2);
    // A step of a block costs its draws; where a round of messages takes longer, a toss waits for
    // it.
    const auto step = [&](std::uint32_t blocks, double round) {
        const double drawn = draw * draws_of(blocks);
        return tossed ? std::max(drawn, round) + round / 4 : drawn + round;
    };

    launch_shape best{true, limits.multiprocessors, draws_of(limits.multiprocessors)};
    double least = work.runs * step(best.blocks, grid_round);
    for (std::uint32_t size = 0; size < 5; ++size) {
        const std::uint32_t blocks = 1U << size, at_once = limits.clusters[size];
        const std::size_t own = work.controls == nullptr ? 12 : 28;  // loop_route.cu
        const std::size_t shared = std::size_t{work.experts} * (own + 8 * blocks);
        if (at_once == 0 || (!tossed && shared > shared_bytes)) continue;
        const double cost = ceil_div(work.runs, at_once) * step(blocks, cluster_round);
        if (cost < least) {
            least = cost;
            best = {false, blocks, draws_of(blocks)};
        }
    }
    best.draws = best.draws > 8 ? 0 : std::bit_ceil(best.draws);
    return best;
}

std::size_t mailbox_bytes(std::uint32_t experts, const loop_limits& limits) {
    return std::max<std::size_t>(2 * sizeof(std::uint64_t) * limits.multiprocessors,
                                 3 * sizeof(std::uint32_t) * experts);
}

}  // namespace moebius::gpu
