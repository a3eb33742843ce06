// SPDX-License-Identifier: MIT
//
// Any tokens, any number of experts: closed_loop::route_batch, step after step. A token is drawn,
// chooses its expert in double as router/top1.cpp does, and is counted in shared memory; then the
// blocks of a run exchange their counts and each follows the scores for itself.
#include <cooperative_groups.h>

#include "control.cuh"
#include "follow.cuh"
#include "loop/exchange.cuh"
#include "loop/loop_choose.cuh"
#include "loop/start.cuh"

namespace moebius::gpu {
namespace {

/// The counts of all blocks of a cluster, each in its place of every block's shared memory.
class cluster_counts {
public:
    __device__ static std::uint32_t blocks() { return cluster::blocks(); }
    __device__ static std::uint32_t rank() { return cluster::rank(); }
    __device__ static std::uint32_t run() { return blockIdx.x / blocks(); }
    static std::size_t shared_bytes(std::uint32_t blocks, std::uint32_t experts) {
        return std::size_t{2} * blocks * experts * sizeof(std::uint32_t);
    }

    __device__ cluster_counts(std::uint32_t* slots, const loops& work)
        : slots_(slots), experts_(work.experts) {
        cluster::sync();  // all blocks must have begun before one writes to another
    }

    /// All threads; `counts` is this block's.
    __device__ void exchange(std::uint32_t step, const std::uint32_t* counts) {
        for (std::uint32_t i = threadIdx.x; i < blocks() * experts_; i += blockDim.x) {
            const std::uint32_t to = i / experts_, e = i % experts_;
            cluster::shared_of(slots_, to)[place(step, rank(), e)] = counts[e];
        }
        cluster::sync();
    }

    __device__ std::uint32_t sum(std::uint32_t step, std::uint32_t e) const {
        std::uint32_t total = 0;
        for (std::uint32_t b = 0; b < blocks(); ++b) total += slots_[place(step, b, e)];
        return total;
    }

    __device__ void leave() { cluster::sync(); }

private:
    __device__ std::uint32_t place(std::uint32_t step, std::uint32_t block, std::uint32_t e) const {
        return ((step & 1) * blocks() + block) * experts_ + e;
    }

    std::uint32_t* slots_;
    std::uint32_t experts_;
};

/// All blocks of the grid add to counts in device memory, of which there are three: one is added
/// to, one may still be read by a slow block, and one is cleared for the next step.
class grid_counts {
public:
    __device__ static std::uint32_t blocks() { return gridDim.x; }
    __device__ static std::uint32_t rank() { return blockIdx.x; }
    __device__ static std::uint32_t run() { return 0; }
    static std::size_t shared_bytes(std::uint32_t, std::uint32_t) { return 0; }

    __device__ grid_counts(std::uint32_t*, const loops& work)
        : totals_(reinterpret_cast<std::uint32_t*>(work.mailbox)), experts_(work.experts) {}

    __device__ void exchange(std::uint32_t step, const std::uint32_t* counts) {
        for (std::uint32_t e = threadIdx.x; e < experts_; e += blockDim.x)
            if (counts[e] > 0) atomicAdd(totals_ + step % 3 * experts_ + e, counts[e]);
        cooperative_groups::this_grid().sync();
        if (blockIdx.x == 0)
            for (std::uint32_t e = threadIdx.x; e < experts_; e += blockDim.x)
                totals_[(step + 2) % 3 * experts_ + e] = 0;
    }

    __device__ std::uint32_t sum(std::uint32_t step, std::uint32_t e) const {
        return __ldcg(totals_ + step % 3 * experts_ + e);
    }

    __device__ void leave() {}

private:
    std::uint32_t* totals_;
    std::uint32_t experts_;
};

/// Scores are read in pairs.
__host__ __device__ std::uint32_t padded(std::uint32_t experts) { return (experts + 1) / 2 * 2; }

/// Doubles for the scores of the experts: those that tokens are routed by, and under a controller
/// beside them their two parts.
__host__ __device__ std::uint32_t score_room(const loops& work) {
    return (work.controls == nullptr ? 1 : 3) * padded(work.experts);
}

/// Dynamic shared memory: scores (score_room) double, counts (experts), then what Counts needs.
/// @tparam controlled  whether any run has a controller: what is not there takes no time
template <typename Counts, bool controlled>
__global__ void __launch_bounds__(route_threads) route(const loops work) {
    extern __shared__ double scores[];
    auto* counts = reinterpret_cast<std::uint32_t*>(scores + score_room(work));
    const std::uint32_t experts = work.experts, run = Counts::run();
    double* const of_rule = controlled ? scores + padded(experts) : scores;
    double* const of_control = of_rule + padded(experts);
    __shared__ int sides;
    const run_values values = work.values[run];
    const philox generator(values.seed);
    Counts all(counts + experts, work);
    for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x) {
        of_rule[e] = work.scores[std::size_t{run} * experts + e];
        if (!controlled) continue;
        of_control[e] = work.controls[std::size_t{run} * experts + e];
        scores[e] = __dadd_rn(of_rule[e], of_control[e]);
    }

    for (std::uint32_t step = 0; step < work.steps; ++step) {
        for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x) counts[e] = 0;
        if (controlled && threadIdx.x == 0) sides = 0;
        __syncthreads();
        const std::uint64_t now = work.first_step + step;
        const std::uint64_t stride = std::uint64_t{Counts::blocks()} * blockDim.x;
        std::uint32_t first = 0, second = 0;
        for (std::uint64_t t = std::uint64_t{Counts::rank()} * blockDim.x + threadIdx.x;
             t < work.tokens; t += stride) {
            const auto token = static_cast<std::uint32_t>(t);
            if (experts == 2) {
                const auto choice = choose_of_two(work, generator, values.beta, scores, now, token);
                first += choice == 0;
                second += choice == 1;
            } else {
                const auto choice =
                    choose_of_many(work, generator, values.beta, scores, now, token);
                if (choice != nowhere) atomicAdd(counts + choice, 1U);
            }
        }
        if (experts == 2) {
            first = __reduce_add_sync(all_lanes, first);
            second = __reduce_add_sync(all_lanes, second);
            if (threadIdx.x % 32 == 0) {
                atomicAdd(counts, first);
                atomicAdd(counts + 1, second);
            }
        }
        __syncthreads();
        all.exchange(step, counts);
        if (controlled && values.controller.law == gpu::law::centred_sign) {
            int own = 0;
            for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x)
                own +=
                    side_of(__ddiv_rn(all.sum(step, e), static_cast<double>(work.tokens)), experts);
            if (own != 0) atomicAdd(&sides, own);
            __syncthreads();
        }
        const step_rule rule = rule_at(work, run, step);
        for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x) {
            const std::uint32_t count = all.sum(step, e);
            double bias = work.biases[std::size_t{run} * experts + e];
            if (work.bias != nullptr) bias = e == 0 ? rule.bias / 2 : -(rule.bias / 2);
            const double load = __ddiv_rn(count, static_cast<double>(work.tokens));
            of_rule[e] = follow(of_rule[e], load, rule.feedback, values.decay, values.step, bias);
            if (controlled) {
                of_control[e] =
                    control(values.controller, values.step, of_control[e], load, experts, sides);
                scores[e] = __dadd_rn(of_rule[e], of_control[e]);
            }
            if (Counts::rank() == 0)
                work.history[(std::uint64_t{run} * work.steps + step) * experts + e] = count;
        }
        __syncthreads();  // scores are used, counts cleared by other threads
    }
    if (Counts::rank() == 0)
        for (std::uint32_t e = threadIdx.x; e < experts; e += blockDim.x) {
            work.scores[std::size_t{run} * experts + e] = of_rule[e];
            if (controlled) work.controls[std::size_t{run} * experts + e] = of_control[e];
        }
    all.leave();
}

template <typename Counts, typename Start>
cudaError_t start_route(const loops& work, const launch_shape& shape, Start start) {
    const std::size_t bytes = score_room(work) * sizeof(double) +
                              work.experts * sizeof(std::uint32_t) +
                              Counts::shared_bytes(shape.blocks, work.experts);
    const auto kernel = work.controls == nullptr ? route<Counts, false> : route<Counts, true>;
    const auto e =
        cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                             cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
    return e != cudaSuccess ? e : start(kernel, bytes);
}

}  // namespace

cudaError_t launch_route(const loops& work, const launch_shape& shape) {
    if (shape.whole_grid)
        return start_route<grid_counts>(work, shape, [&](auto kernel, std::size_t bytes) {
            return start_on_grid(kernel, work, shape, route_threads, bytes);
        });
    return start_route<cluster_counts>(work, shape, [&](auto kernel, std::size_t bytes) {
        return start_on_clusters(kernel, work, shape, route_threads, bytes);
    });
}

}  // namespace moebius::gpu
