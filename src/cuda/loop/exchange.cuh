// SPDX-License-Identifier: MIT
#pragma once

// How the blocks that share a run hand each other their counts, once a step. Both ways are double
// buffered: a block may be one step ahead of another, never two, since it needs all counts of a
// step to go on.

#include <cstdint>

#include "loop/cluster.cuh"
#include "loop/loops.hpp"

namespace moebius::gpu {

inline constexpr unsigned all_lanes = 0xffffffffU;
inline constexpr std::uint32_t most_blocks_of_cluster = 16;

/// The blocks of a cluster: a count travels through distributed shared memory and tells the
/// receiver's barrier of its arrival (sm_90). One warp of each block calls it.
class cluster_mail {
public:
    struct memory {
        std::uint64_t barriers[2];
        std::uint32_t slots[2][most_blocks_of_cluster];
    };

    __device__ static std::uint32_t blocks() { return cluster::blocks(); }
    __device__ static std::uint32_t rank() { return cluster::rank(); }
    __device__ static std::uint32_t run() { return blockIdx.x / blocks(); }

    /// All threads of all blocks.
    __device__ explicit cluster_mail(memory& mine, const loops&) : mine_(mine) {
#if __CUDA_ARCH__ >= 900
        if (threadIdx.x == 0)
            for (auto& barrier : mine.barriers)
                asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(address(&barrier)));
        asm volatile("fence.mbarrier_init.release.cluster;");
        cluster::sync();
#endif
    }

    /// No block may leave while another still writes to it.
    __device__ void leave() { cluster::sync(); }

    /// One warp: tells all blocks this block's count of a step.
    __device__ void send(std::uint32_t step, std::uint32_t count) {
        if (blocks() == 1) {  // the messages below need two blocks
            alone_ = count;
            return;
        }
#if __CUDA_ARCH__ >= 900
        const std::uint32_t buffer = step & 1, lane = threadIdx.x & 31;
        const std::uint32_t barrier = address(&mine_.barriers[buffer]);
        if (lane == 0)
            asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier),
                         "r"(static_cast<std::uint32_t>(4 * blocks())));
        if (lane < blocks()) {
            const std::uint32_t slot = address(&mine_.slots[buffer][rank()]);
            asm volatile(
                "{\n"
                ".reg .b32 there, bell;\n"
                "mapa.shared::cluster.u32 there, %0, %2;\n"
                "mapa.shared::cluster.u32 bell, %1, %2;\n"
                "st.async.shared::cluster.mbarrier::complete_tx::bytes.u32 [there], %3, [bell];\n"
                "}\n" ::"r"(slot),
                "r"(barrier), "r"(lane), "r"(count)
                : "memory");
        }
#endif
    }

    /// The same warp: waits for all and returns their sum, in every lane.
    __device__ std::uint32_t receive(std::uint32_t step) {
        if (blocks() == 1) return alone_;
#if __CUDA_ARCH__ >= 900
        const std::uint32_t buffer = step & 1, parity = (step >> 1) & 1, lane = threadIdx.x & 31;
        const std::uint32_t barrier = address(&mine_.barriers[buffer]);
        std::uint32_t done = 0;
        while (done == 0)
            asm volatile(
                "{\n"
                ".reg .pred p;\n"
                "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%1], %2;\n"
                "selp.u32 %0, 1, 0, p;\n"
                "}\n"
                : "=r"(done)
                : "r"(barrier), "r"(parity)
                : "memory");
        const volatile std::uint32_t* slots = mine_.slots[buffer];
        return __reduce_add_sync(all_lanes, lane < blocks() ? slots[lane] : 0);
#else
        return 0;
#endif
    }

private:
    __device__ static std::uint32_t address(const void* shared) {
        return static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
    }

    memory& mine_;
    std::uint32_t alone_ = 0;
};

/// All blocks of the grid: each leaves its count under the step's number in a mailbox that all
/// read.
class grid_mail {
public:
    struct memory {};

    __device__ static std::uint32_t blocks() { return gridDim.x; }
    __device__ static std::uint32_t rank() { return blockIdx.x; }
    __device__ static std::uint32_t run() { return 0; }

    __device__ explicit grid_mail(memory&, const loops& work) : mailbox_(work.mailbox) {}

    __device__ void leave() {}

    __device__ void send(std::uint32_t step, std::uint32_t count) {
        if ((threadIdx.x & 31) != 0) return;
        const std::uint64_t letter = static_cast<std::uint64_t>(step + 1) << 32 | count;
        asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" ::"l"(place(step) + blockIdx.x),
                     "l"(letter)
                     : "memory");  // one word: there is no order to keep
    }

    __device__ std::uint32_t receive(std::uint32_t step) {
        constexpr std::uint32_t at_once = 5;  // letters that a lane waits for at the same time
        std::uint32_t sum = 0;
        for (std::uint32_t first = threadIdx.x & 31; first < gridDim.x; first += 32 * at_once) {
            std::uint64_t letters[at_once];
            bool complete = false;
            while (!complete) {
                complete = true;
#pragma unroll
                for (std::uint32_t k = 0; k < at_once; ++k) letters[k] = read(step, first + 32 * k);
#pragma unroll
                for (std::uint32_t k = 0; k < at_once; ++k)
                    complete = complete && letters[k] >> 32 == step + 1;
            }
#pragma unroll
            for (const std::uint64_t letter : letters) sum += static_cast<std::uint32_t>(letter);
        }
        return __reduce_add_sync(all_lanes, sum);
    }

private:
    __device__ std::uint64_t* place(std::uint32_t step) const {
        return mailbox_ + (step & 1) * gridDim.x;
    }

    /// The letter of a block; an empty one of this step behind the last block.
    __device__ std::uint64_t read(std::uint32_t step, std::uint32_t block) const {
        std::uint64_t letter = static_cast<std::uint64_t>(step + 1) << 32;
        if (block < gridDim.x)
            asm volatile("ld.relaxed.gpu.global.u64 %0, [%1];"
                         : "=l"(letter)
                         : "l"(place(step) + block)
                         : "memory");
        return letter;
    }

    std::uint64_t* mailbox_;
};

}  // namespace moebius::gpu
