// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include "router/router_sinkhorn.hpp"

// One launch scales until it has converged: a block on each multiprocessor, rows shared out evenly
// and kept in shared memory where they fit (30 MB in all), so that C is read once.
//
//   v_j = log(m/n) - LSE_i(C_ij/xi)                          one pass: u = 0
//   repeat: p_i = softmax(C_i/xi + v); S_j = sum_i p_ij      one pass: u, and the columns it makes
//           stop if |S - m/n| < tolerance
//           v_j += log(m/n / S_j)
//
// That is `sinkhorn` of router/sinkhorn.cpp with both halves of an iteration in one reading and one
// exponential an entry. After an update of v columns are exact, and then a row cannot hold more
// than m; so S_j >= 1/n, and neither logarithms nor columns need a second maximum.
//
// Precision. |S - m/n| < 1e-4 with m/n = 1024 is 1e-8 of a column, finer than a float v can be.
// So v = high + low, and low enters as a factor 1 + d of exp(C/xi + high): in the sum of a row as
// fma(e, d, e), on that of a column once, in double. Roundings of entries differ from row to row
// and average out. Columns meet as integers, 2^-32 a unit: in any order the same sum.
namespace moebius::gpu {

inline constexpr float log2_of_e = 1.44269504F;
inline constexpr double ln_2 = 0.693147180559945309;
inline constexpr double unit_of_sum = 0x1p32;  // of a column's sum
inline constexpr std::uint32_t rows_before_double = 16;

struct max_and_sum {
    float top, sum;  // LSE in base 2 = top + log2(sum)
};

/// What blocks share.
struct scaling_exchange {
    std::uint32_t arrived;  // blocks, counting on over all meetings
    unsigned long long routed;
    unsigned long long sums[3][most_sinkhorn_experts];
};

struct scaling_arguments {
    scaling_problem problem;
    scaling_result result;
    scaling_exchange* shared;
    max_and_sum* columns;  // (blocks, E)
    bool vectors;          // rows can be read 16 bytes at a time
};

__device__ inline float exp2_of(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

/// 1/x for x in [1, 2^20], correctly rounded but for 1 in 2^20 or so; NaN for NaN.
__device__ inline float reciprocal(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return fmaf(y, fmaf(-x, y, 1.0F), y);
}

__device__ inline void add(max_and_sum& to, float top, float sum) {
    if (!(top > -INFINITY)) return;
    const float factor = exp2_of(-fabsf(top - to.top));
    to.sum = top > to.top ? to.sum * factor + sum : to.sum + sum * factor;
    to.top = fmaxf(top, to.top);
}

/// All blocks of the grid, which are all resident.
__device__ inline void meet(scaling_exchange* with, std::uint32_t meeting) {
    __syncthreads();
    if (threadIdx.x == 0) {
        asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(&with->arrived) : "memory");
        std::uint32_t arrived;
        do {
            asm volatile("ld.acquire.gpu.global.u32 %0, [%1];"
                         : "=r"(arrived)
                         : "l"(&with->arrived)
                         : "memory");
        } while (arrived < meeting * gridDim.x);
    }
    __syncthreads();
}

/// `lanes` lanes a row, 4 chunks columns a lane. Resident: rows stay in shared memory. Full: every
/// column exists and rows can be read 16 bytes at a time.
template <int lanes, int chunks, bool resident, bool full>
class scaling {
public:
    static constexpr int columns = 4 * chunks;  // of a lane
    static constexpr int threads = 512;
    static constexpr int warps = threads / 32;
    static constexpr int rows_of_warp = 32 / lanes;
    static constexpr int width = lanes * columns;  // E rounded up

    struct tables {
        union {
            double sums[warps][width];
            max_and_sum tops[warps * rows_of_warp][width];
        };
        max_and_sum of_stripes[threads / width][width];
        float high[width], factor[width];  // v = high + log2(1 + factor), base 2
        double parts[warps];
    };

    __device__ scaling(const scaling_arguments& a, char* memory)
        : a_(a),
          at_(*reinterpret_cast<tables*>(memory)),
          rows_(reinterpret_cast<float*>(memory + sizeof(tables))),
          scale_(static_cast<float>(1.44269504088896341 / a.problem.xi)) {
        const std::uint64_t tokens = a.problem.tokens;
        begin_ = static_cast<std::uint32_t>(tokens * blockIdx.x / gridDim.x);
        end_ = static_cast<std::uint32_t>(tokens * (blockIdx.x + 1) / gridDim.x);
        lane_ = threadIdx.x % lanes;
        group_ = threadIdx.x / lanes;
    }

    __device__ void run() {
        const std::uint32_t E = a_.problem.experts;
        bool closed = start_columns();
        const auto routed = static_cast<std::uint64_t>(__ldcg(&a_.shared->routed));
        const double target = static_cast<double>(routed) / E;
        scaling_totals totals{scaling_status::out_of_iterations, 0, 0, routed};
        if (routed == 0)
            totals.status = scaling_status::converged;
        else if (closed)
            totals.status = scaling_status::no_solution;
        if (totals.status == scaling_status::out_of_iterations) {
            const double tolerance = a_.problem.tolerance;
            double square = 0;  // of the residual
            v_ = log2(target) - v_;
            split();
            while (true) {
                const std::uint32_t now = totals.iterations++ % 3;
                add_columns(a_.shared->sums[now]);
                meet(a_.shared, totals.iterations + 1);
                // last read before the last meeting, next written after the next
                if (blockIdx.x == 0 && threadIdx.x < E)
                    a_.shared->sums[(now + 2) % 3][threadIdx.x] = 0;
                const double sum =
                    threadIdx.x < E
                        ? static_cast<double>(__ldcg(&a_.shared->sums[now][threadIdx.x])) /
                              unit_of_sum
                        : target;
                const double step = log2(target / sum);
                square = sum_of_block((sum - target) * (sum - target), E);
                if (square < tolerance * tolerance) {
                    totals.status = scaling_status::converged;
                    break;
                }
                if (totals.iterations == a_.problem.max_iterations) break;
                v_ += step;
                split();
            }
            totals.residual = sqrt(square);
        }
        write(totals, routed != 0 && totals.status != scaling_status::no_solution);
    }

private:
    static __device__ std::uint32_t column(int i, std::uint32_t lane) {
        return 4 * (i / 4 * lanes + lane) + i % 4;
    }
    __device__ bool leads_warp() const { return threadIdx.x % 32 < lanes; }

    template <typename T>
    static __device__ T sum_of_row(T x) {
#pragma unroll
        for (int s = lanes / 2; s > 0; s /= 2) x += __shfl_xor_sync(~0U, x, s);
        return x;
    }
    static __device__ float top_of_row(float x) {
#pragma unroll
        for (int s = lanes / 2; s > 0; s /= 2) x = fmaxf(x, __shfl_xor_sync(~0U, x, s));
        return x;
    }

    /// Row `row` of C, closed beyond E and beyond the rows of this block.
    __device__ void read(std::uint32_t row, const float* from, std::uint32_t first,
                         float (&c)[columns]) const {
        const std::uint32_t E = a_.problem.experts;
#pragma unroll
        for (int i = 0; i < columns; i += 4) {
            const std::uint32_t j = column(i, lane_);
            float4 x = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
            if (row < end_ && (full || j < E)) {
                const float* at = from + std::size_t{row - first} * E + j;
                if (full || a_.vectors) {
                    x = *reinterpret_cast<const float4*>(at);
                } else {
                    x.x = at[0];
                    if (j + 1 < E) x.y = at[1];
                    if (j + 2 < E) x.z = at[2];
                    if (j + 3 < E) x.w = at[3];
                }
            }
            c[i] = x.x, c[i + 1] = x.y, c[i + 2] = x.z, c[i + 3] = x.w;
        }
    }

    /// use(row, c) for the rows of this block; all lanes of a warp together.
    template <typename Use>
    __device__ void each_row(Use use) const {
        if constexpr (resident)
            each_row(rows_, begin_, use);
        else
            each_row(a_.problem.cost, 0, use);
    }

    /// The same from an array whose first row is row `first`.
    template <typename Use>
    __device__ void each_row(const float* from, std::uint32_t first, Use use) const {
        constexpr std::uint32_t stride = warps * rows_of_warp;
        constexpr bool ahead = columns <= 8;  // reading the next row meanwhile, where it fits
        std::uint32_t base = begin_ + group_ / rows_of_warp * rows_of_warp;
        float next[columns];
        if (ahead) read(base + group_ % rows_of_warp, from, first, next);
        for (; base < end_; base += stride) {
            const std::uint32_t row = base + group_ % rows_of_warp;
            float c[columns];
            if (ahead) {
#pragma unroll
                for (int i = 0; i < columns; ++i) c[i] = next[i];
                read(row + stride, from, first, next);
            } else {
                read(row, from, first, c);
            }
            use(row, c);
        }
    }

    /// Keeps the rows, and leaves LSE_i(C_ij/xi) of column threadIdx.x in v_. Returns whether a
    /// column has no open entry.
    __device__ bool start_columns() {
        const std::uint32_t E = a_.problem.experts;
        max_and_sum of[columns];
#pragma unroll
        for (auto& o : of) o = {-INFINITY, 0};
        std::uint32_t routed = 0;
        each_row(a_.problem.cost, 0, [&](std::uint32_t row, const float(&c)[columns]) {
            bool bad = false, open = false;
#pragma unroll
            for (int i = 0; i < columns; ++i) {
                bad = bad || !(c[i] < INFINITY);
                open = open || c[i] > -INFINITY;
            }
            const std::uint32_t mine = (lanes == 32 ? ~0U : (1U << lanes % 32) - 1)
                                       << (threadIdx.x % 32 / lanes * lanes);
            bad = (__ballot_sync(~0U, bad) & mine) != 0;
            open = (__ballot_sync(~0U, open) & mine) != 0;
            if (!bad && open) {
#pragma unroll
                for (int i = 0; i < columns; ++i) add(of[i], c[i] * scale_, 1);
                if (lane_ == 0) ++routed;
            }
            if (!resident || row >= end_) return;
            float* to = rows_ + std::size_t{row - begin_} * E;
#pragma unroll
            for (int i = 0; i < columns; i += 4) {
                const std::uint32_t j = column(i, lane_);
                if (a_.vectors && j < E) {
                    *reinterpret_cast<float4*>(to + j) = {c[i], c[i + 1], c[i + 2], c[i + 3]};
                } else {
                    for (int k = 0; k < 4; ++k)
                        if (j + k < E) to[j + k] = c[i + k];
                }
            }
        });
#pragma unroll
        for (int i = 0; i < columns; ++i) at_.tops[group_][column(i, lane_)] = of[i];
        const auto all = static_cast<unsigned long long>(sum_of_block(routed, threads));
        const max_and_sum of_block = join(
            warps * rows_of_warp, [&](std::uint32_t g, std::uint32_t j) { return at_.tops[g][j]; });
        if (threadIdx.x < E) a_.columns[std::size_t{blockIdx.x} * E + threadIdx.x] = of_block;
        if (threadIdx.x == 0) atomicAdd(&a_.shared->routed, all);
        meet(a_.shared, 1);
        const max_and_sum of_column = join(gridDim.x, [&](std::uint32_t b, std::uint32_t j) {
            if (j >= E) return max_and_sum{-INFINITY, 0};
            const float2 part =
                __ldcg(reinterpret_cast<const float2*>(&a_.columns[std::size_t{b} * E + j]));
            return max_and_sum{part.x, part.y};
        });
        v_ = static_cast<double>(of_column.top) + log2(static_cast<double>(of_column.sum));
        return __syncthreads_or(threadIdx.x < E && of_column.sum == 0) != 0;
    }

    /// For thread j < width: of(0, j), ..., of(count - 1, j) together, by all threads.
    template <typename Of>
    __device__ max_and_sum join(std::uint32_t count, Of of) {
        constexpr std::uint32_t stripes = threads / width;
        const std::uint32_t j = threadIdx.x % width, stripe = threadIdx.x / width;
        max_and_sum of_stripe{-INFINITY, 0};
#pragma unroll 4
        for (std::uint32_t i = stripe; i < count; i += stripes) {
            const max_and_sum part = of(i, j);
            add(of_stripe, part.top, part.sum);
        }
        at_.of_stripes[stripe][j] = of_stripe;
        __syncthreads();
        max_and_sum all{-INFINITY, 0};
        if (threadIdx.x < width)
            for (std::uint32_t i = 0; i < stripes; ++i)
                add(all, at_.of_stripes[i][j].top, at_.of_stripes[i][j].sum);
        __syncthreads();
        return all;
    }

    /// v_ of each column to all threads.
    __device__ void split() {
        if (threadIdx.x < width) {
            const bool real = threadIdx.x < a_.problem.experts;
            const float high = real ? static_cast<float>(v_) : 0;
            at_.high[threadIdx.x] = high;
            at_.factor[threadIdx.x] = real ? expm1f(static_cast<float>((v_ - high) * ln_2)) : 0;
        }
        __syncthreads();
#pragma unroll
        for (int i = 0; i < columns; ++i) {
            high_[i] = at_.high[column(i, lane_)];
            factor_[i] = at_.factor[column(i, lane_)];
        }
    }

    /// e_j = exp(C_j/xi + high_j - top) and the sum of (1 + factor) e; NaN for a row to leave out.
    __device__ float exponentials(const float (&c)[columns], float (&e)[columns],
                                  float& top) const {
        top = -INFINITY;
#pragma unroll
        for (int i = 0; i < columns; ++i) {
            e[i] = fmaf(c[i], scale_, high_[i]);
            top = fmaxf(top, e[i]);
        }
        top = top_of_row(top);
        float sum = 0;
#pragma unroll
        for (int i = 0; i < columns; ++i) {
            e[i] = exp2_of(e[i] - top);
            sum += fmaf(e[i], factor_[i], e[i]);
        }
        return sum_of_row(sum);
    }

    /// sums_j += sum_i p_ij over the rows of this block.
    __device__ void add_columns(unsigned long long* sums) {
        double total[columns] = {};
        float part[columns] = {};
        std::uint32_t rows_left = rows_before_double;
        each_row([&](std::uint32_t, const float(&c)[columns]) {
            float e[columns], top;
            const float sum = exponentials(c, e, top);
            if (!isnan(sum)) {
                const float share = reciprocal(sum);
#pragma unroll
                for (int i = 0; i < columns; ++i) part[i] = fmaf(e[i], share, part[i]);
            }
            if (--rows_left == 0) {
                rows_left = rows_before_double;
#pragma unroll
                for (int i = 0; i < columns; ++i) {
                    total[i] += static_cast<double>(part[i]);
                    part[i] = 0;
                }
            }
        });
#pragma unroll
        for (int i = 0; i < columns; ++i) {
            total[i] += static_cast<double>(part[i]);
#pragma unroll
            for (int s = lanes; s < 32; s *= 2) total[i] += __shfl_xor_sync(~0U, total[i], s);
            if (leads_warp()) at_.sums[threadIdx.x / 32][column(i, lane_)] = total[i];
        }
        __syncthreads();
        if (threadIdx.x < a_.problem.experts) {
            double sums_of[4] = {};  // shorter chains
#pragma unroll
            for (int w = 0; w < warps; ++w) sums_of[w % 4] += at_.sums[w][threadIdx.x];
            double sum = (sums_of[0] + sums_of[1]) + (sums_of[2] + sums_of[3]);
            sum += sum * static_cast<double>(at_.factor[threadIdx.x]);
            atomicAdd(&sums[threadIdx.x], __double2ull_rn(sum * unit_of_sum));
        }
    }

    /// Of the first `count` threads, in a fixed order, for all threads.
    __device__ double sum_of_block(double x, std::uint32_t count) {
#pragma unroll
        for (int s = 16; s > 0; s /= 2) x += __shfl_xor_sync(~0U, x, s);
        if (threadIdx.x % 32 == 0) at_.parts[threadIdx.x / 32] = x;
        __syncthreads();
        double sum = 0;
        for (std::uint32_t w = 0; w < (count + 31) / 32; ++w) sum += at_.parts[w];
        __syncthreads();
        return sum;
    }

    __device__ void write(const scaling_totals& totals, bool solved) {
        const auto& r = a_.result;
        const std::uint32_t E = a_.problem.experts;
        if (blockIdx.x == 0) {
            if (threadIdx.x == 0) *r.totals = totals;
            if (threadIdx.x < E && r.log_v != nullptr)
                r.log_v[threadIdx.x] = solved ? v_ * ln_2 : 0;
        }
        if (r.log_u == nullptr && r.plan == nullptr && r.gates == 0) return;
        each_row([&](std::uint32_t row, const float(&c)[columns]) {
            float e[columns], top;
            const float sum = solved ? exponentials(c, e, top) : NAN;
            const bool left_out = isnan(sum);
            const float share = reciprocal(sum);
            if (r.gates > 0) write_gates(row, c, left_out ? 0 : share, top);
            if (row >= end_) return;
            if (r.log_u != nullptr && lane_ == 0)
                r.log_u[row] =
                    left_out ? -INFINITY : -(top + log2f(sum)) * static_cast<float>(ln_2);
            if (r.plan == nullptr) return;
#pragma unroll
            for (int i = 0; i < columns; ++i)
                e[i] = left_out ? 0 : fmaf(e[i], factor_[i], e[i]) * share;
#pragma unroll
            for (int i = 0; i < columns; i += 4) {
                const std::uint32_t j = column(i, lane_);
                float* to = r.plan + std::size_t{row} * E + j;
                if (a_.vectors && j < E) {
                    __stcs(reinterpret_cast<float4*>(to), {e[i], e[i + 1], e[i + 2], e[i + 3]});
                } else {
                    for (int k = 0; k < 4; ++k)
                        if (j + k < E) to[k] = e[i + k];
                }
            }
        });
    }

    /// The k largest entries in k rounds, by their logarithms: entries that underflow keep their
    /// order. Lane q % lanes keeps the q-th. A row to leave out has share 0.
    __device__ void write_gates(std::uint32_t row, const float (&c)[columns], float share,
                                float top) const {
        constexpr int kept = (most_sinkhorn_gates + lanes - 1) / lanes;
        const auto& r = a_.result;
        float key[columns];
#pragma unroll
        for (int i = 0; i < columns; ++i)
            key[i] = fmaf(factor_[i], log2_of_e, fmaf(c[i], scale_, high_[i]));
        std::uint32_t mine[kept];
        float entry[kept] = {}, sum = 0;
#pragma unroll
        for (auto& m : mine) m = no_gate;
        for (std::uint32_t q = 0; q < r.gates; ++q) {
            float best = -INFINITY;
            std::uint32_t at = no_gate;
#pragma unroll
            for (int i = 0; i < columns; ++i)
                if (key[i] > best) best = key[i], at = column(i, lane_);
#pragma unroll
            for (int s = lanes / 2; s > 0; s /= 2) {
                const float other = __shfl_xor_sync(~0U, best, s);
                const std::uint32_t there = __shfl_xor_sync(~0U, at, s);
                if (other > best || (other == best && there < at)) best = other, at = there;
            }
#pragma unroll
            for (int i = 0; i < columns; ++i)
                if (column(i, lane_) == at) key[i] = -INFINITY;
            if (at == no_gate || share == 0) continue;
            const float p = exp2_of(best - top) * share;
            sum += p;
#pragma unroll
            for (int i = 0; i < kept; ++i)
                if (q == i * lanes + lane_) mine[i] = at, entry[i] = p;
        }
        if (row >= end_) return;
#pragma unroll
        for (int i = 0; i < kept; ++i) {
            const std::uint32_t q = i * lanes + lane_;
            if (q >= r.gates) continue;
            r.choices[std::size_t{row} * r.gates + q] = mine[i];
            r.shares[std::size_t{row} * r.gates + q] = mine[i] == no_gate ? 0 : entry[i] / sum;
        }
    }

    const scaling_arguments& a_;
    tables& at_;
    float* rows_;  // of this block, if resident
    float scale_;
    std::uint32_t begin_, end_, lane_, group_;
    double v_ = 0;  // of column threadIdx.x, base 2
    float high_[columns] = {}, factor_[columns] = {};
};

}  // namespace moebius::gpu
