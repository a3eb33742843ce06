// SPDX-License-Identifier: MIT
//
// Two experts, all logits 0: closed_loop::toss_batch, step after step. A token is one random word
// that is compared with a threshold, and the scores decide the threshold.
//
// The words do not depend on the scores. So while one warp of a block exchanges counts with the
// other blocks and follows the scores, the others draw the words of the next step; a step costs
// the longer of the two: T/4 random blocks of about 90 instructions, or one round of messages.
#include "control.cuh"
#include "follow.cuh"
#include "loop/exchange.cuh"
#include "loop/meeting.cuh"
#include "loop/share_series.cuh"
#include "loop/start.cuh"
#include "philox.cuh"

namespace moebius::gpu {
namespace {

constexpr std::uint32_t warps = toss_threads / 32;  // that draw; one more exchanges

/// Which words choose the first expert.
struct threshold {
    std::uint32_t last;  ///< the largest that does, unless
    bool none, all;      ///< no word does, or all do
};

/// words_below of base/random.hpp, of a share times 2^32. Rounding up in the addition leaves the
/// integer in the low bits, in a tenth of the time of ceil and a conversion.
__device__ threshold threshold_at(double scaled) {
    constexpr double carrier = 0x1p52 + 1;
    const auto bits = static_cast<std::uint64_t>(
        __double_as_longlong(__dadd_ru(__dadd_rn(scaled, -0.5), carrier)));
    const std::uint64_t below = (bits & 0x1ffffffffULL) - 1;
    return {static_cast<std::uint32_t>(below - 1), below == 0, below >> 32 == 1};
}

/// A count as a double.
__device__ double real(std::uint32_t count) {
    return __hiloint2double(0x43300000, static_cast<int>(count)) - 0x1p52;
}

/// The scores of a run, in every lane of the warp that exchanges.
/// @tparam controlled  whether any run has a controller: what is not there takes no time
template <bool controlled>
class two_scores {
public:
    __device__ two_scores(const loops& work, std::uint32_t run)
        : work_(work),
          run_(run),
          values_(work.values[run]),
          tokens_(static_cast<double>(work.tokens)),
          inverse_(1 / tokens_),
          power_((work.tokens & (work.tokens - 1)) == 0),
          share_(work.noise),
          first_(work.scores[2 * run]),
          second_(work.scores[2 * run + 1]),
          first_control_(controlled ? work.controls[2 * run] : 0),
          second_control_(controlled ? work.controls[2 * run + 1] : 0),
          first_bias_(work.biases[2 * run]),
          second_bias_(work.biases[2 * run + 1]) {}

    __device__ threshold at_threshold() {
        double apart = __dsub_rn(first_, second_);
        if constexpr (controlled)
            apart =
                __dsub_rn(__dadd_rn(first_, first_control_), __dadd_rn(second_, second_control_));
        return threshold_at(share_.at(__dmul_rn(values_.beta, apart)));
    }

    __device__ void follow(const step_rule& rule, std::uint32_t tokens_of_first) {
        const double count = real(tokens_of_first);
        const double h = rule.bias / 2;  // bias_of_two
        const bool swept = work_.bias != nullptr;
        const double others = tokens_ - count;  // exact: both are integers
        const double load = share_of(count), other = share_of(others);
        first_ = gpu::follow(first_, load, rule.feedback, values_.decay, values_.step,
                             swept ? h : first_bias_);
        second_ = gpu::follow(second_, other, rule.feedback, values_.decay, values_.step,
                              swept ? -h : second_bias_);
        if constexpr (controlled) {
            const int sides = side_of(load, 2) + side_of(other, 2);
            first_control_ =
                control(values_.controller, values_.step, first_control_, load, 2, sides);
            second_control_ =
                control(values_.controller, values_.step, second_control_, other, 2, sides);
        }
    }

    __device__ void store() const {
        work_.scores[2 * run_] = first_;
        work_.scores[2 * run_ + 1] = second_;
        if constexpr (controlled) {
            work_.controls[2 * run_] = first_control_;
            work_.controls[2 * run_ + 1] = second_control_;
        }
    }

private:
    /// Division by a power of two is a multiplication.
    __device__ double share_of(double count) const {
        return power_ ? __dmul_rn(count, inverse_) : gpu::share_of(count, tokens_, inverse_);
    }

    const loops& work_;
    std::uint32_t run_;
    run_values values_;
    double tokens_, inverse_;
    bool power_;
    share_series share_;
    double first_, second_, first_control_, second_control_, first_bias_, second_bias_;
};

/// How many of four words choose the first expert.
__device__ std::uint32_t below(const uint4& words, std::uint32_t last) {
    return (words.x <= last) + (words.y <= last) + (words.z <= last) + (words.w <= last);
}

/// Words behind the last token of a batch become the largest, which does not count unless all do.
__device__ void cut(uint4& words, std::uint64_t i, std::uint64_t tokens) {
    const std::uint64_t left = 4 * i < tokens ? tokens - 4 * i : 0;
    if (left < 1) words.x = ~0U;
    if (left < 2) words.y = ~0U;
    if (left < 3) words.z = ~0U;
    if (left < 4) words.w = ~0U;
}

/// Makes the compiler draw here, not behind the next barrier, where the words are used.
__device__ void keep(uint4& words) {
    asm volatile("" : "+r"(words.x), "+r"(words.y), "+r"(words.z), "+r"(words.w));
}

using toss_meeting = meeting<toss_threads + 32>;

/// What the two kinds of warps of a block tell each other.
struct desk {
    std::uint32_t partial[warps];
    threshold now;
};

/// The warp that exchanges: sums the block's counts and those of all blocks, follows the scores.
template <typename Mail, bool controlled>
__device__ void follow_scores(const loops& work, Mail& mail, desk& between) {
    const std::uint32_t run = Mail::run(), lane = threadIdx.x % 32;
    two_scores<controlled> scores(work, run);
    for (std::uint32_t step = 0; step < work.steps; ++step) {
        const threshold limit = scores.at_threshold();
        if (lane == 0) between.now = limit;
        __syncwarp();
        toss_meeting::at_scores();
        const step_rule rule = rule_at(work, run, step);  // fetched while the others count
        toss_meeting::at_counts();
        mail.send(step, __reduce_add_sync(all_lanes, lane < warps ? between.partial[lane] : 0));
        std::uint32_t count = mail.receive(step);
        if (limit.none) count = 0;
        if (limit.all) count = static_cast<std::uint32_t>(work.tokens);
        scores.follow(rule, count);
        if (Mail::rank() == 0 && lane < 2)
            work.history[2 * (static_cast<std::uint64_t>(run) * work.steps + step) + lane] =
                lane == 0 ? count : static_cast<std::uint32_t>(work.tokens - count);
    }
    if (lane == 0 && Mail::rank() == 0) scores.store();
}

/// The other warps: draw words, wait for the threshold, count.
template <typename Mail, int draws>
__device__ void count_words(const loops& work, desk& between) {
    const philox generator(work.values[Mail::run()].seed);
    const std::uint64_t first = std::uint64_t{Mail::rank()} * toss_threads + threadIdx.x;
    const std::uint64_t stride = std::uint64_t{Mail::blocks()} * toss_threads;
    const auto draw = [&](std::uint64_t step, std::uint64_t i) {
        return generator.words(coin_stream, step, static_cast<std::uint32_t>(i));
    };
    const bool whole = 4 * stride * draws == work.tokens;  // no words behind the last token
    uint4 words[draws == 0 ? 1 : draws];
    for (std::uint32_t step = 0; step < work.steps; ++step) {
        const std::uint64_t now = work.first_step + step;
#pragma unroll
        for (int k = 0; k < draws; ++k) words[k] = draw(now, first + k * stride);
        if (!whole) {
#pragma unroll
            for (int k = 0; k < draws; ++k) cut(words[k], first + k * stride, work.tokens);
        }
#pragma unroll
        for (int k = 0; k < draws; ++k) keep(words[k]);
        toss_meeting::at_scores();
        const std::uint32_t last = between.now.last;
        std::uint32_t count = 0;
        if constexpr (draws > 0) {
#pragma unroll
            for (int k = 0; k < draws; ++k) count += below(words[k], last);
        } else {
            for (std::uint64_t i = first; 4 * i < work.tokens; i += stride) {
                uint4 late = draw(now, i);
                cut(late, i, work.tokens);
                count += below(late, last);
            }
        }
        count = __reduce_add_sync(all_lanes, count);
        if (threadIdx.x % 32 == 0) between.partial[threadIdx.x / 32] = count;
        __syncwarp();
        toss_meeting::at_counts();
    }
}

/// @tparam draws  random blocks of a thread that it keeps in registers; 0: any number, drawn late
template <typename Mail, int draws, bool controlled = false>
__global__ void __launch_bounds__(toss_threads + 32) toss(const loops work) {
    __shared__ typename Mail::memory memory;
    __shared__ desk between;
    Mail mail(memory, work);
    if (threadIdx.x >= toss_threads)
        follow_scores<Mail, controlled>(work, mail, between);
    else
        count_words<Mail, draws>(work, between);
    mail.leave();
}

template <int draws, bool controlled = false>
cudaError_t start_toss(const loops& work, const launch_shape& shape) {
    if (shape.whole_grid)
        return start_on_grid(toss<grid_mail, draws, controlled>, work, shape, toss_threads + 32);
    return start_on_clusters(toss<cluster_mail, draws, controlled>, work, shape, toss_threads + 32);
}

}  // namespace

std::uint32_t clusters_at_once(std::uint32_t blocks) {
    const auto kernel = toss<cluster_mail, 4>;
    cudaLaunchAttribute attribute{};
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {blocks, 1, 1};
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(blocks);
    config.blockDim = dim3(toss_threads + 32);
    config.attrs = &attribute;
    config.numAttrs = 1;
    int count = 0;
    if (cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                             cudaFuncAttributeNonPortableClusterSizeAllowed, 1) != cudaSuccess ||
        cudaOccupancyMaxActiveClusters(&count, kernel, &config) != cudaSuccess)
        cudaGetLastError();  // a size that this device does not have
    return static_cast<std::uint32_t>(count);
}

cudaError_t launch_toss(const loops& work, const launch_shape& shape) {
    if (work.controls != nullptr) return start_toss<0, true>(work, shape);
    switch (shape.draws) {
        case 1:
            return start_toss<1>(work, shape);
        case 2:
            return start_toss<2>(work, shape);
        case 4:
            return start_toss<4>(work, shape);
        case 8:
            return start_toss<8>(work, shape);
        default:
            return start_toss<0>(work, shape);
    }
}

}  // namespace moebius::gpu
