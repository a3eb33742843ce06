// SPDX-License-Identifier: MIT
//
// Two experts, all logits 0: closed_loop::toss_batch, step after step. A token is one random word
// that is compared with a threshold, and the scores decide the threshold.
//
// The words do not depend on the scores. So while one warp of a block exchanges counts with the
// other blocks and follows the scores, the others draw the words of the next step; a step costs
// the longer of the two: T/4 random blocks of about 90 instructions, or one round of messages.
#include "exchange.cuh"
#include "follow.cuh"
#include "philox.cuh"
#include "start.cuh"

namespace moebius::cuda {
namespace {

constexpr std::uint32_t warps = loop_threads / 32;  // that draw; one more exchanges

/// Which words choose the first expert.
struct threshold {
    std::uint32_t last;  ///< the largest that does, unless
    bool none, all;      ///< no word does, or all do
};

/// words_below of base/random.hpp.
__device__ threshold threshold_at(double share) {
    const auto below = static_cast<std::uint64_t>(ceil(__dadd_rn(share * 0x1p32, -0.5)));
    return {static_cast<std::uint32_t>(below - 1), below == 0, below >> 32 == 1};
}

/// The scores of a run, in every lane of the warp that exchanges.
class two_scores {
public:
    __device__ two_scores(const loops& work, std::uint32_t run)
        : work_(work),
          run_(run),
          values_(work.values[run]),
          tokens_(static_cast<double>(work.tokens)),
          first_(work.scores[2 * run]),
          second_(work.scores[2 * run + 1]),
          first_bias_(work.biases[2 * run]),
          second_bias_(work.biases[2 * run + 1]) {}

    __device__ threshold at_threshold() const {
        return threshold_at(
            first_share(work_.noise, __dmul_rn(values_.beta, __dsub_rn(first_, second_))));
    }

    __device__ void follow(const step_rule& rule, std::uint32_t count) {
        const double h = rule.bias / 2;  // bias_of_two
        const bool swept = work_.bias != nullptr;
        const double others = tokens_ - count;  // exact: both are integers
        first_ = cuda::follow(first_, count, tokens_, rule.feedback, values_.decay, values_.step,
                              swept ? h : first_bias_);
        second_ = cuda::follow(second_, others, tokens_, rule.feedback, values_.decay,
                               values_.step, swept ? -h : second_bias_);
    }

    __device__ void store() const {
        work_.scores[2 * run_] = first_;
        work_.scores[2 * run_ + 1] = second_;
    }

private:
    const loops& work_;
    std::uint32_t run_;
    run_values values_;
    double tokens_, first_, second_, first_bias_, second_bias_;
};

/// How many words of block i of a step choose the first expert; words behind the last token do not
/// count unless all do.
__device__ std::uint32_t below(const uint4& words, std::uint32_t last) {
    return (words.x <= last) + (words.y <= last) + (words.z <= last) + (words.w <= last);
}

__device__ uint4 draw(const loops& work, std::uint64_t seed, std::uint64_t step, std::uint64_t i) {
    uint4 words = {~0U, ~0U, ~0U, ~0U};
    if (4 * i >= work.tokens) return words;
    words = random_words(seed, coin_stream, step, static_cast<std::uint32_t>(i));
    const std::uint64_t left = work.tokens - 4 * i;
    if (left < 2) words.y = ~0U;
    if (left < 3) words.z = ~0U;
    if (left < 4) words.w = ~0U;
    return words;
}

/// @tparam draws  random blocks of a thread that it keeps in registers; 0: any number, drawn late
template <typename Mail, int draws>
__global__ void __launch_bounds__(loop_threads + 32) toss(const loops work) {
    __shared__ typename Mail::memory memory;
    __shared__ std::uint32_t partial[warps];
    __shared__ threshold now;
    Mail mail(memory, work);
    const std::uint32_t run = Mail::run(), warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const bool exchanges = warp == warps;
    const std::uint64_t seed = work.values[run].seed;
    const std::uint64_t first = Mail::rank() * loop_threads + threadIdx.x;
    const std::uint64_t stride = static_cast<std::uint64_t>(Mail::blocks()) * loop_threads;

    two_scores scores(work, run);
    uint4 words[draws == 0 ? 1 : draws];
    const auto draw_all = [&](std::uint32_t step) {
#pragma unroll
        for (int k = 0; k < draws; ++k)
            words[k] = draw(work, seed, work.first_step + step, first + k * stride);
    };
    if (exchanges && lane == 0) now = scores.at_threshold();
    if (!exchanges) draw_all(0);

    for (std::uint32_t step = 0; step < work.steps; ++step) {
        __syncthreads();  // the threshold is there
        const threshold limit = now;
        step_rule rule{};
        if (exchanges) {
            rule = rule_at(work, run, step);
        } else {
            std::uint32_t count = 0;
            if constexpr (draws > 0) {
#pragma unroll
                for (int k = 0; k < draws; ++k) count += below(words[k], limit.last);
            } else {
                for (std::uint64_t i = first; 4 * i < work.tokens; i += stride)
                    count += below(draw(work, seed, work.first_step + step, i), limit.last);
            }
            count = __reduce_add_sync(all_lanes, count);
            if (lane == 0) partial[warp] = count;
        }
        __syncthreads();  // the partial counts are there
        if (!exchanges) {
            draw_all(step + 1);
            continue;
        }
        mail.send(step, __reduce_add_sync(all_lanes, lane < warps ? partial[lane] : 0));
        std::uint32_t count = mail.receive(step);
        if (limit.none) count = 0;
        if (limit.all) count = static_cast<std::uint32_t>(work.tokens);
        scores.follow(rule, count);
        if (lane == 0) now = scores.at_threshold();
        if (Mail::rank() == 0 && lane < 2)
            work.history[2 * (static_cast<std::uint64_t>(run) * work.steps + step) + lane] =
                lane == 0 ? count : static_cast<std::uint32_t>(work.tokens - count);
    }
    if (exchanges && lane == 0 && Mail::rank() == 0) scores.store();
    mail.leave();
}

template <int draws>
cudaError_t start_toss(const loops& work, const launch_shape& shape) {
    if (shape.whole_grid) return start_on_grid(toss<grid_mail, draws>, work, shape, loop_threads + 32);
    return start_on_clusters(toss<cluster_mail, draws>, work, shape, loop_threads + 32);
}

}  // namespace

cudaError_t launch_toss(const loops& work, const launch_shape& shape) {
    switch (shape.draws) {
        case 1: return start_toss<1>(work, shape);
        case 2: return start_toss<2>(work, shape);
        case 4: return start_toss<4>(work, shape);
        default: return start_toss<0>(work, shape);
    }
}

}  // namespace moebius::cuda
