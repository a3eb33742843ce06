// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/dynamics/detail/ensemble_lane.hpp>

#include "ensemble/ensemble_kernels.hpp"

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
/// A warp goes on until its slowest thread is done: on the grid of tests/bench/ensemble_bench.cu 32
/// neighbours try 64 steps where the mean is 48.5 (fp32), or 90 for 88.0 (fp64). Warps that stay
/// and take new instances once some threads wait were 8 to 18 % slower (H200): their loop costs
/// more than it fills.
///
/// A quarter of a multiprocessor of an H200 spends on a step of a warp at least, in cycles: fp32
/// 108, one for each instruction (96 for the 12 special functions among them), which bounds that
/// benchmark by 4.8e9 instances/s, of which 3.2e9 are reached; fp64 390, two for each of some 195
/// operations, 9.5e8 and 7.4e8. No memory traffic to speak of.
template <typename M, typename R, int threads, int blocks>
__global__ void __launch_bounds__(threads, blocks)
    integrate(const __grid_constant__ ensemble_arguments<R> work) {
    const unsigned i = blockIdx.x * threads + threadIdx.x;
    if (i >= work.instances) return;
    ensemble_instance<M, R> instance(work, i);
    while (instance.running(work)) instance.advance();
    instance.store(work, i);
}

}  // namespace moebius::gpu
