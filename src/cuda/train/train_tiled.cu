// SPDX-License-Identifier: MIT
//
// A block trains a model for all steps: parameters stay in shared memory, a batch's inputs come
// from the L2 cache, nothing else moves. Two blocks of 320 threads share a multiprocessor.
//
// The floor of a step with d = 64, H = 32, C = 10, E = 4, B = 128: 711 thousand multiply-adds, 5560
// cycles of a multiprocessor's 128 lanes, and 10 thousand of its 128-byte accesses to shared memory
// (a multiply-add's operands come from registers in tiles of 4 x 4 and 8 x 4); 32 KiB of inputs are
// 0.3 us of its share of the L2 cache. An H200 takes 18.5 thousand cycles, 9.4 us: 47 thousand
// instructions, 25 of them multiply-adds with those of filled-up tiles, at 2.6 a cycle.
#include "train/train_tiled_descent.cuh"
#include "train/train_tiled_experts.cuh"
#include "train/train_tiled_gate.cuh"

namespace moebius::gpu {
namespace {

/// Bytes of shared memory of a block where two share an H200's multiprocessor, and where one has
/// it.
constexpr std::size_t two_blocks = 115712, one_block = 232448;

/// Calls move(float& here, flat index) for every parameter of the block's model.
template <typename S, typename Move>
__device__ void each_parameter(tiled_memory<S>& m, Move move) {
    constexpr int maps = S::d * S::H + S::H + S::H * S::C + S::C, gate = S::d * S::E + S::E;
    for (int at = static_cast<int>(threadIdx.x); at < gate + S::E * maps; at += S::threads) {
        if (at < S::d * S::E) {
            move(m.gate[at], at);
            continue;
        }
        if (at < gate) {
            move(m.gate_bias[at - S::d * S::E], at);
            continue;
        }
        auto& expert = m.experts[(at - gate) / maps];
        int i = (at - gate) % maps;
        if (i < S::d * S::H) {
            move(expert.w1[m.w1_at(i / S::H, i % S::H)], at);
        } else if ((i -= S::d * S::H) < S::H) {
            move(expert.b1[i], at);
        } else if ((i -= S::H) < S::H * S::C) {
            move(expert.w2[m.w2_at(i % S::C, i / S::C)], at);
        } else {
            move(expert.b2[i - S::H * S::C], at);
        }
    }
}

/// What follows a batch's losses, as tasks for whichever warp is free, the largest first.
template <typename S>
__device__ void descend_all(tiled_memory<S>& m, const training& work, std::uint32_t id,
                            std::uint64_t t, const expert_rows<S>& rows, const batch_result& batch,
                            const descent& descend) {
    const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
    for (int task = warp; task < S::tasks; task = next_task(m, lane)) {
        const int expert = m.order[max(task - 2, 0) / (1 + S::strips)];
        const int part = (task - 2) % (1 + S::strips);
        if (task == 0) {
            descend_gate(m, descend, lane);
            if (lane < S::E)
                m.records[lane].close(
                    work, id, t, static_cast<std::uint32_t>(lane),
                    [&rows](int e) { return rows.count(e); }, rows.routed(), batch.loss,
                    batch.right, m.scores);
        } else if (task == 1) {
            draw_batch(m, work, work.each[id], t + 1);
        } else if (part == 0) {
            descend_rest(m, expert, rows, descend, lane);
        } else {
            descend_w1(m, expert, rows, descend, part - 1, lane);
        }
    }
}

/// `advance` of simulate/training.hpp with moe_network::learn, in fp32 but for the scores.
/// Usual: relu, cross-entropy, no noise, an optimiser of that kind; else what `work` says.
template <typename S, bool Usual, train_optimiser Kind>
__global__ void __launch_bounds__(S::threads, sizeof(tiled_memory<S>) <= two_blocks ? 2 : 1)
    train_tiled(const __grid_constant__ training work) {
    extern __shared__ __align__(256) unsigned char raw[];
    auto& m = *reinterpret_cast<tiled_memory<S>*>(raw);
    const std::uint32_t id = blockIdx.x;
    if (work.diverged[id] != 0) return;
    const train_run& run = work.each[id];
    const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
    float* const parameters = work.parameters + std::size_t{id} * work.parameter_count;
    clear_moments(work, id);
    move_moments<S>(work, id, reinterpret_cast<float*>(raw), false);
    each_parameter(m, [&](float& here, int at) { here = parameters[at]; });
    if (threadIdx.x < S::E) m.scores[threadIdx.x] = work.scores[id * S::E + threadIdx.x];
    for (int i = static_cast<int>(threadIdx.x); i < S::B; i += S::threads) m.input[i] = 0;
    if (threadIdx.x < S::E) m.records[threadIdx.x] = {};
    if (threadIdx.x == 0) m.descend = descent(work, id);
    std::uint64_t t = work.steps[id];
    bool sound = true;
    if (warp == 0) draw_batch(m, work, run, t);
    for (; t < work.until; ++t) {
        __syncthreads();  // the last batch is done with, this one's rows are known
        gather(m, work);
        __pipeline_wait_prior(0);
        __syncthreads();
        const sorting mine = route_example<S, Usual>(m, work, run, t);
        if (warp == S::warps - 1 && lane == 0) {
            m.ticket = S::warps;  // the first tasks are dealt out
            if (work.moment_count == 2) m.descend.rescale(run, t + 1);
        }
        __syncthreads();
        sort_example(m, mine);
        __syncthreads();
        there_and_back<S, Usual>(m, work, run, t);
        __syncthreads();

        const expert_rows<S> rows{m.total};
        const batch_result result = batch_loss(m, rows, !Usual && work.squared);
        if (!(sound = isfinite(result.loss) && rows.routed() > 0)) break;  // all threads alike
        if constexpr (Usual) {
            descent simply = m.descend;
            simply.kind = Kind;
            descend_all(m, work, id, t, rows, result, simply);
        } else {
            descend_all(m, work, id, t, rows, result, m.descend);
        }
    }

    __syncthreads();
    each_parameter(m, [&](float& here, int at) { parameters[at] = here; });
    if (threadIdx.x < S::E) work.scores[id * S::E + threadIdx.x] = m.scores[threadIdx.x];
    move_moments<S>(work, id, reinterpret_cast<float*>(raw), true);
    if (threadIdx.x == 0) {
        work.steps[id] = t;
        work.diverged[id] = sound ? 0 : 1;
    }
}

template <typename S, bool Usual, train_optimiser Kind>
cudaError_t launch(const training& work, cudaStream_t stream) {
    constexpr std::size_t bytes = sizeof(tiled_memory<S>);
    static_assert(bytes <= one_block);
    const auto kernel = train_tiled<S, Usual, Kind>;
    if (const auto e = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                            static_cast<int>(bytes));
        e != cudaSuccess)
        return e;
    kernel<<<work.runs, S::threads, bytes, stream>>>(work);
    return cudaGetLastError();
}

template <typename S>
cudaError_t launch_for(const training& work, cudaStream_t stream) {
    using enum train_optimiser;
    const bool usual = !work.gumbel && !work.gelu && !work.squared;
    if (usual && work.optimiser == sgd) return launch<S, true, sgd>(work, stream);
    if (usual && work.optimiser == momentum) return launch<S, true, momentum>(work, stream);
    if (usual && work.optimiser == adam) return launch<S, true, adam>(work, stream);
    return launch<S, false, sgd>(work, stream);
}

template <typename S>
bool fits(const training& work) {
    return work.width == S::d && work.hidden == S::H && work.classes == S::C &&
           work.experts == S::E && work.k == 1 && work.layers == 1 && work.batch == S::B &&
           work.input_stride == S::d;
}

template <typename... S>
struct shapes {
    static bool has(const training& work) { return (fits<S>(work) || ...); }
    static cudaError_t launch(const training& work, cudaStream_t stream) {
        auto status = cudaErrorInvalidValue;
        (void)((fits<S>(work) && (status = launch_for<S>(work, stream), true)) || ...);
        return status;
    }
};

template <int Experts>
using digits = train_tiles<64, 32, 10, Experts, 128>;
static_assert(sizeof(tiled_memory<digits<4>>) <= two_blocks);

using tiled = shapes<digits<2>, digits<4>, digits<8>>;

}  // namespace

bool is_tiled(const training& work) { return tiled::has(work); }

cudaError_t launch_train_tiled(const training& work, cudaStream_t stream) {
    return tiled::launch(work, stream);
}

}  // namespace moebius::gpu
