// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/simulate/detail/ensemble_lane.hpp>

#include "ensemble_kernels.hpp"

namespace moebius::gpu {

/// Instance i of an ensemble in the registers of a thread.
template <typename M, typename R>
class ensemble_instance {
public:
    using number = detail::lane<R>;
    static constexpr std::size_t n = M::dimension;
    static constexpr std::size_t m = parameter_count<M>;
    static_assert(m <= max_ensemble_parameters);

    __device__ ensemble_instance(const ensemble_arguments<R>& work, unsigned i)
        : stepper_(work.limits, start(work, i), parameters(work, i)) {}

    __device__ bool running(const ensemble_arguments<R>& work) const {
        return stepper_.running() && steps_ < work.limits.max_steps;
    }
    __device__ void advance() {
        stepper_.advance();
        ++steps_;
    }
    __device__ void store(const ensemble_arguments<R>& work, unsigned i) const {
        bool finite = true;
        for (std::size_t k = 0; k < n; ++k) {
            work.states[std::size_t{i} * n + k] = stepper_.state()[k].v;
            finite = finite && isfinite(stepper_.state()[k].v) && isfinite(stepper_.slope()[k].v);
        }
        work.steps[i] = static_cast<std::uint32_t>(steps_);
        work.status[i] = stepper_.finished() ? 0 : finite ? 1 : 2;  // in the order of the enum
    }

private:
    __device__ static vec<number, n> start(const ensemble_arguments<R>& work, unsigned i) {
        const R* from = work.shared_start ? work.starts : work.starts + std::size_t{i} * n;
        vec<number, n> x;
        for (std::size_t k = 0; k < n; ++k) x[k] = from[k];
        return x;
    }
    __device__ static vec<number, m> parameters(const ensemble_arguments<R>& work, unsigned i) {
        vec<number, m> p;
        for (std::size_t k = 0; k < m; ++k)
            p[k] = work.varied[k] != nullptr ? work.varied[k][i] : work.common[k];
        return p;
    }

    detail::ensemble_stepper<M, number> stepper_;
    int steps_ = 0;
};

/// An instance a thread: for i: for (s = start(i); s.running();) s.advance();
/// A warp goes on until its slowest thread is done.
template <typename M, typename R, int threads, int blocks>
__global__ void __launch_bounds__(threads, blocks)
    integrate_plain(const __grid_constant__ ensemble_arguments<R> work) {
    const unsigned i = blockIdx.x * threads + threadIdx.x;
    if (i >= work.instances) return;
    ensemble_instance<M, R> instance(work, i);
    while (instance.running(work)) instance.advance();
    instance.store(work, i);
}

/// The same loop with warps that stay: as soon as `refill` threads of a warp wait, they store what
/// they have and take the next instances.
template <typename M, typename R, int threads, int blocks, int refill>
__global__ void __launch_bounds__(threads, blocks)
    integrate_refilled(const __grid_constant__ ensemble_arguments<R> work) {
    const unsigned lane = threadIdx.x % 32;
    unsigned i = blockIdx.x * threads + threadIdx.x;
    bool holds = i < work.instances;
    ensemble_instance<M, R> instance(work, holds ? i : 0);
    bool busy = holds && instance.running(work);
    const unsigned first = gridDim.x * threads;  // what every thread took without asking
    bool more = first < work.instances;
    for (;;) {
        if (busy) {
            instance.advance();
            busy = instance.running(work);
        }
        const unsigned waiting = __ballot_sync(~0u, !busy);
        if (more ? __popc(waiting) < refill : waiting != ~0u) continue;
        if (!busy && holds) instance.store(work, i);
        if (!more) return;
        unsigned taken = 0;
        if (lane == 0) taken = first + atomicAdd(work.next, __popc(waiting));
        taken = __shfl_sync(~0u, taken, 0);
        more = taken + __popc(waiting) < work.instances;
        if (!busy) {
            i = taken + __popc(waiting & ((1u << lane) - 1));
            holds = i < work.instances;
            if (holds) {
                instance = ensemble_instance<M, R>(work, i);
                busy = instance.running(work);
            }
        }
    }
}

}  // namespace moebius::gpu
