// SPDX-License-Identifier: MIT
#pragma once

// How one token is drawn and chooses its expert, in double, as on the CPU.

#include "follow.cuh"
#include "philox.cuh"

namespace moebius::gpu {

inline constexpr std::uint32_t nowhere = ~0U;

/// The margin of a token of a mixture: mixture_token_source::draw.
__device__ inline double mixture_margin(const loops& work, const philox& generator,
                                        std::uint64_t step, std::uint32_t token,
                                        std::uint32_t word) {
    const double u = uniform(word);
    std::uint32_t node = 0;
    while (work.cumulative[node] < u) ++node;  // the last is 1
    const double width = work.width[node];
    if (width == 0) return work.center[node];
    const uint4 w = generator.words(mixture_stream, step, token);
    return __dadd_rn(work.center[node],
                     __dmul_rn(width, normal_pair(uniform(w.x, w.y), uniform(w.z, w.w)).x));
}

/// choose_of_two of router/top1.cpp.
__device__ inline std::uint32_t choose_of_two(const loops& work, const philox& generator,
                                              double beta, const double* scores, std::uint64_t step,
                                              std::uint32_t token) {
    const uint4 words = generator.words(token_stream, step, token);
    double margin = 0;
    if (work.source == tokens::stored)
        margin = work.logits[(words.w * work.stored) >> 32];
    else if (work.source == tokens::mixture)
        margin = mixture_margin(work, generator, step, token, words.w);
    if (isnan(margin)) return nowhere;
    const double z = __dmul_rn(beta, __dadd_rn(margin, __dsub_rn(scores[0], scores[1])));
    return uniform(words.x) < first_share(work.noise, z) ? 0 : 1;
}

/// Calls visit(e, noise_e) for e = 0, 1, ...: draw_noise of router/top1.cpp.
/// @param words  of the token
template <typename Visit>
__device__ void each_noise(noise law, std::uint32_t experts, const philox& generator,
                           std::uint64_t step, std::uint32_t token, const uint4& words,
                           Visit visit) {
    uint4 drawn = words;
    for (std::uint32_t e = 0; e < experts; e += 2) {
        double2 noise = {0, 0};
        if (law != gpu::noise::none) {
            const bool late = e >= 2 && (e - 2) % 4 == 2;
            if (e >= 2 && !late)
                drawn = generator.words(noise_stream + ((e - 2) / 4 << 8), step, token);
            const double u = uniform(late ? drawn.z : drawn.x),
                         v = uniform(late ? drawn.w : drawn.y);
            noise = law == gpu::noise::gaussian ? normal_pair(u, v) : double2{gumbel(u), gumbel(v)};
        }
        visit(e, noise.x);
        if (e + 1 < experts) visit(e + 1, noise.y);
    }
}

/// beta (logit + score).
__device__ inline double scaled(double beta, double logit, double score) {
    return __dmul_rn(beta, __dadd_rn(logit, score));
}

/// choose_of_many of router/top1.cpp.
__device__ inline std::uint32_t choose_of_many(const loops& work, const philox& generator,
                                               double beta, const double* scores,
                                               std::uint64_t step, std::uint32_t token) {
    const uint4 words = generator.words(token_stream, step, token);
    const double* row = nullptr;
    if (work.source == tokens::stored) {
        row = work.logits + ((words.w * work.stored) >> 32) * work.experts;
        if (isnan(row[0])) return nowhere;
    }
    double best = -INFINITY;
    std::uint32_t choice = nowhere;
    each_noise(work.noise, work.experts, generator, step, token, words,
               [&](std::uint32_t e, double noise) {
                   const double logit = row == nullptr ? 0 : row[e];
                   const double value = __dadd_rn(scaled(beta, logit, scores[e]), noise);
                   if (value > best) {
                       best = value;
                       choice = e;
                   }
               });
    return choice;
}

}  // namespace moebius::gpu
