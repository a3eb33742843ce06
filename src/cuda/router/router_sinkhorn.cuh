// SPDX-License-Identifier: MIT
#pragma once

#include "router/router_sinkhorn_blocks.cuh"

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

    // router_sinkhorn_start.cuh
    __device__ bool start_columns();
    template <typename Of>
    __device__ max_and_sum join(std::uint32_t count, Of of);

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

    // router_sinkhorn_results.cuh
    __device__ void write(const scaling_totals& totals, bool solved);
    __device__ void write_gates(std::uint32_t row, const float (&c)[columns], float share,
                                float top) const;

    const scaling_arguments& a_;
    tables& at_;
    float* rows_;  // of this block, if resident
    float scale_;
    std::uint32_t begin_, end_, lane_, group_;
    double v_ = 0;  // of column threadIdx.x, base 2
    float high_[columns] = {}, factor_[columns] = {};
};

}  // namespace moebius::gpu
