// SPDX-License-Identifier: MIT
#pragma once

// What both training kernels do alike: draws, choices, activation, optimiser, scores and records.

#include "follow.cuh"
#include "philox.cuh"
#include "train_kernels.hpp"

namespace moebius::gpu {

/// Row of the data that is example i of batch t: batch order of simulate/training.hpp.
__device__ inline std::uint32_t example(const train_run& run, std::uint64_t t, std::uint32_t i) {
    const std::uint64_t word = random_words(run.seed, token_stream, t, i).w;
    return run.rows[(word * run.row_count) >> 32];
}

/// routable of router/rows.hpp, from the largest logit and whether one is NaN or infinite.
struct row_range {
    float top = -INFINITY;
    bool sound = true;
    __device__ void take(float logit) {
        sound = sound && logit < INFINITY;  // false for NaN
        top = fmaxf(top, logit);
    }
    __device__ bool routable() const { return sound && top > -INFINITY; }
};

/// choose_of_two and choose_of_many of router/top1.cpp with Gumbel noise, in double.
/// @param logit  (E), of a routable token
/// @param count  E; a constant unrolls
template <typename Logits>
__device__ inline int noisy_choice(const train_run& run, const double* scores, std::uint64_t t,
                                   std::uint32_t token, int count, Logits logit) {
    uint4 words = random_words(run.seed, token_stream, t, token);
    if (count == 2) {
        const double margin = static_cast<double>(logit(0)) - static_cast<double>(logit(1));
        const double z = __dmul_rn(run.beta, __dadd_rn(margin, __dsub_rn(scores[0], scores[1])));
        return uniform(words.x) < first_share(noise::softmax, z) ? 0 : 1;
    }
    double best = -INFINITY;
    int choice = 0;
#pragma unroll 2
    for (int e = 0; e < count; ++e) {
        const int word = e < 2 ? e : (e - 2) % 4;
        if (e >= 2 && word == 0)
            words = random_words(
                run.seed, noise_stream + (static_cast<std::uint32_t>(e - 2) / 4 << 8), t, token);
        const std::uint32_t drawn = word == 0   ? words.x
                                    : word == 1 ? words.y
                                    : word == 2 ? words.z
                                                : words.w;
        const double z = __dmul_rn(run.beta, __dadd_rn(static_cast<double>(logit(e)), scores[e]));
        const double value = __dadd_rn(z, gumbel(uniform(drawn)));
        if (value > best) {
            best = value;
            choice = e;
        }
    }
    return choice;
}

/// The activation and its slope. gelu: x Phi(x).
struct activated {
    float value, slope;
};
__device__ inline activated activate(bool gelu, float x) {
    if (!gelu) return {fmaxf(x, 0), x > 0 ? 1.0F : 0.0F};
    const float phi = normcdff(x);
    return {x * phi, phi + x * 0.3989422804F * expf(-0.5F * x * x)};
}

/// `descend` of simulate/optimiser.hpp, one batch at a time.
struct descent {
    train_optimiser kind;
    float rate, decay, momentum, eps;
    float beta1, rest1, beta2, rest2;  ///< rest: 1 - beta
    float scale1, scale2;   ///< of adam's batch: rate / (1 - beta1^n), (1 - beta2^n)^-1/2
    float *first, *second;  ///< (P) the run's moments

    __device__ descent(const training& work, std::uint32_t run)
        : kind(work.optimiser),
          rate(work.each[run].rate),
          decay(work.each[run].weight_decay),
          momentum(work.each[run].momentum),
          eps(work.each[run].eps),
          beta1(static_cast<float>(work.each[run].beta1)),
          rest1(static_cast<float>(1 - work.each[run].beta1)),
          beta2(static_cast<float>(work.each[run].beta2)),
          rest2(static_cast<float>(1 - work.each[run].beta2)),
          scale1(0),
          scale2(0),
          first(work.moments + std::size_t{run} * work.moment_count * work.parameter_count),
          second(first + work.parameter_count) {}

    /// Of batch n, counted from 1: two numbers that one thread finds for all.
    __device__ static float2 scales(const train_run& run, std::uint64_t n) {
        const auto count = static_cast<double>(n);
        return {static_cast<float>(static_cast<double>(run.rate) / (1 - pow(run.beta1, count))),
                static_cast<float>(1 / sqrt(1 - pow(run.beta2, count)))};
    }

    /// Parameter `at` (of P) after one step along gradient g.
    __device__ float operator()(float p, float g, std::uint32_t at) const {
        if (kind == train_optimiser::adamw)
            p -= rate * decay * p;
        else
            g += decay * p;
        if (kind == train_optimiser::sgd) return p - rate * g;
        if (kind == train_optimiser::momentum)
            return p - rate * (first[at] = momentum * first[at] + g);
        const float m = first[at] = beta1 * first[at] + rest1 * g;
        const float v = second[at] = beta2 * second[at] + rest2 * g * g;
        return p - scale1 * m / (sqrtf(v) * scale2 + eps);
    }
};

/// What one expert's thread keeps of a run: sums for the next row of records.
struct expert_record {
    double loss, right, load;

    /// Follows the score of expert e after batch t as `advance` does, and writes a row of records
    /// when it is full.
    /// @param count   examples of this expert, of `routed` in the batch
    /// @param scores  (E)
    __device__ void close(const training& work, std::uint32_t run, std::uint64_t t, std::uint32_t e,
                          int count, int routed, float batch_loss, int batch_right,
                          double* scores) {
        const auto& rule = work.each[run];
        const std::uint64_t place = t - work.from;
        const double feedback = work.feedback == nullptr
                                    ? rule.feedback
                                    : work.feedback[run * (work.until - work.from) + place];
        const double batch_load = routed > 0 ? __ddiv_rn(count, routed) : 0;
        scores[e] = follow(scores[e], batch_load, feedback, rule.decay, rule.step,
                           work.biases[run * work.experts + e]);
        const double part = __ddiv_rn(1, work.record_every);
        loss = __dadd_rn(loss, __dmul_rn(part, batch_loss));
        right = __dadd_rn(right, __dmul_rn(part, __ddiv_rn(batch_right, work.batch)));
        load = __dadd_rn(load, __dmul_rn(part, batch_load));
        if ((place + 1) % work.record_every != 0) return;
        const std::uint64_t rows = (work.until - work.from) / work.record_every;
        const std::uint64_t width = 2 + 2 * work.experts;
        double* const row = work.records + (run * rows + place / work.record_every) * width;
        if (e == 0) {
            row[0] = loss;
            row[1] = right;
        }
        row[2 + e] = load;
        row[2 + work.experts + e] = scores[e];
        *this = {};
    }
};

}  // namespace moebius::gpu
