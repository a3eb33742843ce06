// SPDX-License-Identifier: MIT
#pragma once

// What both training kernels do alike: draws, choices, activation, optimiser, scores and records.

#include "control.cuh"
#include "follow.cuh"
#include "philox.cuh"
#include "train/train_kernels.hpp"

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

/// choose_of_two of router/top1.cpp with Gumbel noise, in double.
__device__ inline int choice_of_two(const train_run& run, const double* scores, std::uint64_t t,
                                    std::uint32_t token, float first, float second) {
    const double margin = static_cast<double>(first) - static_cast<double>(second);
    const double z = __dmul_rn(run.beta, __dadd_rn(margin, __dsub_rn(scores[0], scores[1])));
    const uint4 words = random_words(run.seed, token_stream, t, token);
    return uniform(words.x) < first_share(noise::softmax, z) ? 0 : 1;
}

/// -log(-log(uniform(word))) to 3e-7, as well as logits are known: near 1, from what is missing.
__device__ inline float gumbel(std::uint32_t word) {
    const float u = (static_cast<float>(word) + 0.5F) * 0x1p-32F;
    const float rest = (static_cast<float>(~word) + 0.5F) * 0x1p-32F;
    return -logf(-(word < 0x80000000U ? logf(u) : log1pf(-rest)));
}

/// draw_noise of router/top1.cpp for one token: Gumbel noise of rising experts.
class token_noise {
public:
    __device__ token_noise(const train_run& run, std::uint64_t t, std::uint32_t token)
        : run_(run), t_(t), token_(token) {}

    __device__ float of(int expert) {
        const int word = expert < 2 ? expert : (expert - 2) % 4;
        const int block = (expert + 2) / 4;
        if (block != block_) {
            const auto number = static_cast<std::uint32_t>(block) - 1;
            words_ = random_words(
                run_.seed, block == 0 ? token_stream : noise_stream + (number << 8), t_, token_);
            block_ = block;
        }
        const std::uint32_t low = word % 2 == 0 ? words_.x : words_.y;
        const std::uint32_t high = word % 2 == 0 ? words_.z : words_.w;
        return gumbel(word < 2 ? low : high);
    }

private:
    const train_run& run_;
    std::uint64_t t_;
    std::uint32_t token_;
    int block_ = -1;  ///< of experts that share words_
    uint4 words_ = {};
};

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
    float beta1, rest1, rest2;  ///< rest: 1 - beta
    float scale1, scale2;       ///< of adam's batch: rate / (1 - beta1^n), (1 - beta2^n)^-1/2
    float *first, *second;      ///< (P) the run's moments

    __device__ descent(const training& work, std::uint32_t run)
        : kind(work.optimiser),
          rate(work.each[run * work.layers].rate),
          decay(work.each[run * work.layers].weight_decay),
          momentum(work.each[run * work.layers].momentum),
          eps(work.each[run * work.layers].eps),
          beta1(static_cast<float>(work.each[run * work.layers].beta1)),
          rest1(static_cast<float>(1 - work.each[run * work.layers].beta1)),
          rest2(static_cast<float>(1 - work.each[run * work.layers].beta2)),
          scale1(0),
          scale2(0),
          first(work.moments + std::size_t{run} * work.moment_count * work.parameter_count),
          second(first + work.parameter_count) {}

    /// For batch n, counted from 1: one thread does it for all.
    __device__ void rescale(const train_run& run, std::uint64_t n) {
        const auto count = static_cast<double>(n);
        scale1 = static_cast<float>(static_cast<double>(run.rate) / (1 - pow(run.beta1, count)));
        scale2 = static_cast<float>(1 / sqrt(1 - pow(run.beta2, count)));
    }

    /// Moments of N parameters, `Wide` from `at` (of P) on, `Wide` that begin `Apart` later, ...
    /// They are read together and before they are needed: their memory is far.
    /// @pre  multiples of Wide: `at`, P, N and Apart
    template <int N>
    struct moments {
        float first[N] = {}, second[N] = {};
    };
    template <int N, int Wide = N % 2 == 0 ? 2 : 1, int Apart = Wide>
    __device__ moments<N> read(std::uint32_t at) const {
        moments<N> was;
        if (kind == train_optimiser::sgd) return was;
        load<N, Wide, Apart>(first + at, was.first);
        if (kind != train_optimiser::momentum) load<N, Wide, Apart>(second + at, was.second);
        return was;
    }

    /// One step of these parameters along gradient g.
    template <int N, int Wide = N % 2 == 0 ? 2 : 1, int Apart = Wide>
    __device__ void step(float (&p)[N], const float (&g)[N], moments<N> m, std::uint32_t at) const {
#pragma unroll
        for (int i = 0; i < N; ++i) p[i] = moved(p[i], g[i], m.first[i], m.second[i]);
        if (kind == train_optimiser::sgd) return;
        store<N, Wide, Apart>(first + at, m.first);
        if (kind != train_optimiser::momentum) store<N, Wide, Apart>(second + at, m.second);
    }
    __device__ void step(float& p, float g, moments<1> m, std::uint32_t at) const {
        float one[1] = {p};
        step<1>(one, {g}, m, at);
        p = one[0];
    }

private:
    /// Numbers that one access takes.
    template <int Wide>
    struct __align__(4 * Wide) piece {
        float v[Wide];
    };
    template <int N, int Wide, int Apart>
    __device__ static void load(const float* from, float (&to)[N]) {
        static_assert(N % Wide == 0);
#pragma unroll
        for (int i = 0; i < N / Wide; ++i) {
            const auto here = *reinterpret_cast<const piece<Wide>*>(from + i * Apart);
#pragma unroll
            for (int k = 0; k < Wide; ++k) to[i * Wide + k] = here.v[k];
        }
    }
    template <int N, int Wide, int Apart>
    __device__ static void store(float* to, const float (&from)[N]) {
#pragma unroll
        for (int i = 0; i < N / Wide; ++i) {
            piece<Wide> here;
#pragma unroll
            for (int k = 0; k < Wide; ++k) here.v[k] = from[i * Wide + k];
            *reinterpret_cast<piece<Wide>*>(to + i * Apart) = here;
        }
    }

    __device__ float moved(float p, float g, float& m, float& v) const {
        if (kind == train_optimiser::adamw)
            p -= rate * decay * p;
        else
            g += decay * p;
        if (kind == train_optimiser::sgd) return p - rate * g;
        if (kind == train_optimiser::momentum) return p - rate * (m = momentum * m + g);
        m = beta1 * m + rest1 * g;
        v = fmaf(rest2, fmaf(g, g, -v), v);  // beta2 v + rest2 g^2
        return fmaf(-scale1 * m, inverse(fmaf(root(v), scale2, eps)), p);
    }

    // To a unit of the last place, less than what sums of gradients are off by. Of numbers below
    // 1e-38 the root is 0, which eps > 0 hides.
    __device__ static float root(float v) {
        float r;
        asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(v));
        return r;
    }
    __device__ static float inverse(float v) {
        float r;
        asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(v));
        return r;
    }
};

/// Moments of a run that has taken no step are 0: by its own block, as clearing them from outside
/// would wait for all blocks that were launched before.
__device__ inline void clear_moments(const training& work, std::uint32_t run) {
    if (work.steps[run] != 0) return;
    const std::size_t each = std::size_t{work.moment_count} * work.parameter_count;
    for (std::size_t i = threadIdx.x; i < each; i += blockDim.x) work.moments[run * each + i] = 0;
}

/// What one expert's thread keeps of a run: sums for the next row of records.
struct expert_record {
    double loss, right, load;

    /// Follows the score of expert e after batch t as `advance` does, and writes a row of records
    /// when it is full.
    /// @param count_of  examples of an expert, of `routed` in the batch
    /// @param scores    (E) of its layer
    template <typename Count>
    __device__ void close(const training& work, std::uint32_t run, std::uint64_t t, std::uint32_t e,
                          const Count& count_of, int routed, float batch_loss, int batch_right,
                          double* scores, std::uint32_t layer = 0) {
        const auto& rule = work.each[run * work.layers];
        const std::uint64_t place = t - work.from;
        const double feedback = work.feedback == nullptr
                                    ? rule.feedback
                                    : work.feedback[run * (work.until - work.from) + place];
        const auto load_of = [&](std::uint32_t f) {
            return routed > 0 ? __ddiv_rn(count_of(static_cast<int>(f)), routed) : 0;
        };
        const double batch_load = load_of(e), bias = work.biases[run * work.experts + e];
        const auto followed = [&](double score) {
            return follow(score, batch_load, feedback, rule.decay, rule.step, bias);
        };
        if (work.controls == nullptr) {
            scores[e] = followed(scores[e]);
        } else {
            double& mine = work.controls[(run * work.layers + layer) * work.experts + e];
            const double of_rule = followed(__dsub_rn(scores[e], mine));
            int sides = 0;
            if (rule.controller.law == law::centred_sign)
                for (std::uint32_t f = 0; f < work.experts; ++f)
                    sides += side_of(load_of(f), work.experts);
            mine = control(rule.controller, rule.step, mine, batch_load, work.experts, sides);
            scores[e] = __dadd_rn(of_rule, mine);
        }
        const double part = __ddiv_rn(1, work.record_every);
        loss = __dadd_rn(loss, __dmul_rn(part, batch_loss));
        right = __dadd_rn(right, __dmul_rn(part, __ddiv_rn(batch_right, work.batch)));
        load = __dadd_rn(load, __dmul_rn(part, batch_load));
        if ((place + 1) % work.record_every != 0) return;
        const std::uint64_t rows = (work.until - work.from) / work.record_every;
        const std::uint64_t all = std::uint64_t{work.layers} * work.experts, width = 2 + 2 * all;
        double* const row = work.records + (run * rows + place / work.record_every) * width;
        const std::uint64_t at = std::uint64_t{layer} * work.experts + e;
        if (at == 0) {
            row[0] = loss;
            row[1] = right;
        }
        row[2 + at] = load;
        row[2 + all + at] = scores[e];
        *this = {};
    }
};

}  // namespace moebius::gpu
