// SPDX-License-Identifier: MIT
#include "router/router_clusters.hpp"

#include <cuda_runtime.h>

#include "router/router_product.cuh"

// Tokens are put in the order of their clusters (a stable counting sort of 4 bytes a token), so
// that sums of a cluster are sums of a stretch: a warp takes a list of neighbours in that order,
// holds a row's sums in registers and writes them down where the cluster ends. Two readings of the
// tokens, for means and for deviations from them, and a third for the logits.
//
// List w and cluster k meet at most once, and from one meeting to the next w or k rises: so the
// meeting's sums have place w + k, and those of a cluster are the places first + k to last + k.
namespace moebius::gpu {
namespace {

constexpr std::uint32_t sort_warps = 8, most_sort_blocks = 128;
constexpr std::uint32_t list_warps = 8, most_lists = 2112;  // 16 on each multiprocessor of an H200
constexpr std::uint32_t join_width = 32, join_stripes = 16;

struct workspace_view {
    std::uint32_t* block_counts;  // (sort blocks, K + 1)
    std::uint32_t* offsets;       // (K + 2): where a cluster begins in the order; K: tokens of none
    std::uint32_t* order;         // (T)
    std::uint32_t* part_sizes;    // (lists + K)
    double* parts;                // (lists + K, d)
    double* means;                // (K, d)
    double* deviations;           // (K, d), then weights on their way
};

std::uint32_t sort_blocks_of(std::uint32_t tokens) {
    const std::uint32_t wanted = tokens / 1024 + 1;
    return wanted < most_sort_blocks ? wanted : most_sort_blocks;
}
std::uint32_t lists_of(std::uint32_t tokens) {
    const std::uint32_t wanted = tokens / 4 + 1;
    return wanted < most_lists ? wanted : most_lists;
}

/// Lays the arrays out from `workspace` on; returns how many bytes they are.
std::size_t lay_out(const clustered_tokens& c, void* workspace, workspace_view& view) {
    const std::size_t K = c.clusters, parts = lists_of(c.tokens) + K;
    std::size_t at = 0;
    const auto take = [&]<typename T>(T*& array, std::size_t size) {
        array = reinterpret_cast<T*>(static_cast<char*>(workspace) + at);
        at = (at + size * sizeof(T) + 255) / 256 * 256;
    };
    take(view.block_counts, sort_blocks_of(c.tokens) * (K + 1));
    take(view.offsets, K + 2);
    take(view.order, c.tokens);
    take(view.part_sizes, parts);
    take(view.parts, parts * c.width);
    take(view.means, K * c.width);
    take(view.deviations, K * c.width);
    return at;
}

__device__ std::uint32_t cluster_of(const clustered_tokens& c, std::uint64_t t) {
    const std::uint32_t k = c.ids[t];
    return k < c.clusters ? k : c.clusters;
}

struct stretch {
    std::uint64_t from, to;
};

/// The tokens of this warp of the sort, a multiple of 32 but the last.
__device__ stretch sorted_by_warp(std::uint32_t tokens) {
    const std::uint32_t all = gridDim.x * sort_warps;
    const std::uint64_t share = (std::uint64_t{tokens} / all + 32) / 32 * 32;
    const std::uint64_t from = share * (blockIdx.x * sort_warps + threadIdx.x / 32);
    const auto least = [&](std::uint64_t x) { return x < tokens ? x : tokens; };
    return {least(from), least(from + share)};
}

/// counts_k = how many tokens of the warp are of cluster k. Shared: (sort_warps, K + 1), cleared.
__device__ void count_by_warp(const clustered_tokens& c, std::uint32_t* counts) {
    const stretch s = sorted_by_warp(c.tokens);
    for (std::uint64_t t = s.from + threadIdx.x % 32; t < s.to; t += 32)
        atomicAdd(&counts[threadIdx.x / 32 * (c.clusters + 1) + cluster_of(c, t)], 1U);
}

__global__ void count_clusters(const clustered_tokens c, const workspace_view to) {
    extern __shared__ std::uint32_t counts[];
    const std::uint32_t bins = c.clusters + 1;
    for (std::uint32_t i = threadIdx.x; i < sort_warps * bins; i += blockDim.x) counts[i] = 0;
    __syncthreads();
    count_by_warp(c, counts);
    __syncthreads();
    for (std::uint32_t k = threadIdx.x; k < bins; k += blockDim.x) {
        std::uint32_t all = 0;
        for (std::uint32_t w = 0; w < sort_warps; ++w) all += counts[w * bins + k];
        to.block_counts[blockIdx.x * bins + k] = all;
    }
}

/// offset_k = sum of counts before k; order[offset_k + rank of t in k] = t
///
/// Shared: begin (K + 1), next (sort_warps, K + 1): where each warp's next token of a cluster goes.
__global__ void order_tokens(const clustered_tokens c, const workspace_view to) {
    extern __shared__ std::uint32_t begin[];
    const std::uint32_t bins = c.clusters + 1, lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    std::uint32_t* next = begin + bins;
    for (std::uint32_t i = threadIdx.x; i < sort_warps * bins; i += blockDim.x) next[i] = 0;
    __syncthreads();
    count_by_warp(c, next);
    __syncthreads();
    for (std::uint32_t k = warp; k < bins; k += sort_warps) {
        std::uint32_t before = 0, all = 0;
        for (std::uint32_t b = lane; b < gridDim.x; b += 32) {
            const std::uint32_t n = to.block_counts[b * bins + k];
            all += n;
            if (b < blockIdx.x) before += n;
        }
        before = __reduce_add_sync(~0U, before);
        all = __reduce_add_sync(~0U, all);
        if (lane != 0) continue;
        begin[k] = all;
        for (std::uint32_t w = 0; w < sort_warps; ++w) {
            const std::uint32_t n = next[w * bins + k];
            next[w * bins + k] = before;
            before += n;
        }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        std::uint32_t sum = 0;
        for (std::uint32_t k = 0; k < bins; ++k) {
            const std::uint32_t n = begin[k];
            begin[k] = sum;
            sum += n;
        }
    }
    __syncthreads();
    if (blockIdx.x == 0)
        for (std::uint32_t k = threadIdx.x; k <= bins; k += blockDim.x)
            to.offsets[k] = k < bins ? begin[k] : c.tokens;

    const stretch s = sorted_by_warp(c.tokens);
    for (std::uint64_t base = s.from; base < s.to; base += 32) {
        const std::uint64_t t = base + lane;
        const std::uint32_t k = t < s.to ? cluster_of(c, t) : ~0U;
        const std::uint32_t same = __match_any_sync(~0U, k);
        const std::uint32_t ahead = __popc(same & ((1U << lane) - 1));
        std::uint32_t place = 0;
        if (t < s.to) place = begin[k] + next[warp * bins + k] + ahead;
        __syncwarp();
        if (t < s.to && ahead == 0) next[warp * bins + k] += __popc(same);
        __syncwarp();
        if (t < s.to) to.order[place] = static_cast<std::uint32_t>(t);
    }
}

/// 4 chunks features a lane: chunk i holds features 4 (32 i + lane) to + 3.
template <int chunks>
struct row_of_lane {
    float x[4 * chunks];

    __device__ static std::uint32_t feature(int i) {
        return 4 * (i / 4 * 32 + threadIdx.x % 32) + i % 4;
    }
    __device__ void read(const clustered_tokens& c, std::uint32_t t, bool vectors) {
        const float* row = c.values + std::size_t{t} * c.width;
#pragma unroll
        for (int i = 0; i < 4 * chunks; i += 4) {
            const std::uint32_t q = feature(i);
            float4 v = {0, 0, 0, 0};
            if (vectors) {
                if (q < c.width) v = *reinterpret_cast<const float4*>(row + q);
            } else {
                if (q < c.width) v.x = row[q];
                if (q + 1 < c.width) v.y = row[q + 1];
                if (q + 2 < c.width) v.z = row[q + 2];
                if (q + 3 < c.width) v.w = row[q + 3];
            }
            x[i] = v.x, x[i + 1] = v.y, x[i + 2] = v.z, x[i + 3] = v.w;
        }
    }
};

/// 1 for a finite row, or 1/|h|; NaN for one that is not finite.
template <int chunks>
__device__ float factor_of(const row_of_lane<chunks>& row, bool unit) {
    bool finite = true;
    double sum = 0;
#pragma unroll
    for (const float x : row.x) {
        finite = finite && isfinite(x);
        if (unit) sum += static_cast<double>(x) * static_cast<double>(x);
    }
    if (!__all_sync(~0U, finite)) return NAN;
    if (!unit) return 1;
#pragma unroll
    for (int s = 16; s > 0; s /= 2) sum += __shfl_xor_sync(~0U, sum, s);
    return sum > 0 ? static_cast<float>(1 / sqrt(sum)) : 0;
}

/// for t of the list: sum_q += factor_t h_tq                           (of deviations: false)
///                    sum_q += |factor_t h_tq - mean_q of its cluster|   (true)
/// and where a cluster ends, its sums go to place list + k.
///
/// bytes  4 T d
template <int chunks, bool of_deviations>
__global__ void __launch_bounds__(32 * list_warps)
    sum_lists(const clustered_tokens c, const clustering_rule rule, float* factors,
              const workspace_view at, std::uint32_t lists, bool vectors) {
    using row = row_of_lane<chunks>;
    const std::uint32_t list = blockIdx.x * list_warps + threadIdx.x / 32;
    if (list >= lists) return;
    const auto from = static_cast<std::uint32_t>(std::uint64_t{c.tokens} * list / lists);
    const auto to = static_cast<std::uint32_t>(std::uint64_t{c.tokens} * (list + 1) / lists);
    double sum[4 * chunks] = {}, mean[4 * chunks] = {};
    std::uint32_t size = 0, k = ~0U;
    const auto end_cluster = [&] {
        if (k >= c.clusters) return;
        double* part = at.parts + std::size_t{list + k} * c.width;
#pragma unroll
        for (int i = 0; i < 4 * chunks; ++i) {
            if (row::feature(i) < c.width) part[row::feature(i)] = sum[i];
            sum[i] = 0;
        }
        if (!of_deviations && threadIdx.x % 32 == 0) at.part_sizes[list + k] = size;
        size = 0;
    };
    row now, next;
    std::uint32_t t = from < to ? at.order[from] : 0, t_next = 0;
    if (from < to) next.read(c, t, vectors);
    for (std::uint32_t i = from; i < to; ++i, t = t_next) {
        now = next;
        if (i + 1 < to) {
            t_next = at.order[i + 1];
            next.read(c, t_next, vectors);
        }
        if (const std::uint32_t its = cluster_of(c, t); its != k) {
            end_cluster();
            k = its;
            if constexpr (of_deviations) {
#pragma unroll
                for (int j = 0; j < 4 * chunks; ++j)
                    mean[j] = k < c.clusters && row::feature(j) < c.width
                                  ? at.means[std::size_t{k} * c.width + row::feature(j)]
                                  : 0;
            }
        }
        float factor;
        if constexpr (of_deviations) {
            factor = factors[t];
        } else {
            factor = factor_of(now, rule.unit_tokens);
            if (threadIdx.x % 32 == 0) factors[t] = factor;
        }
        if (isnan(factor) || k >= c.clusters) continue;
        ++size;
#pragma unroll
        for (int j = 0; j < 4 * chunks; ++j) {
            const double x = static_cast<double>(now.x[j]) * static_cast<double>(factor);
            sum[j] += of_deviations ? fabs(x - mean[j]) : x;
        }
    }
    end_cluster();
}

/// to_kq = (sum of the places of cluster k) / size_k. Blocks: (features / join_width, K).
__global__ void join_lists(const clustered_tokens c, const workspace_view at, double* to,
                           std::uint32_t* sizes, std::uint32_t lists) {
    __shared__ double sums[join_stripes][join_width];
    __shared__ std::uint32_t counts[join_stripes];
    const std::uint32_t k = blockIdx.y, x = threadIdx.x, stripe = threadIdx.y;
    const std::uint32_t q = blockIdx.x * join_width + x;
    const std::uint32_t from = at.offsets[k], end = at.offsets[k + 1];
    double sum = 0;
    std::uint32_t size = 0;
    if (from < end) {
        const auto list_of = [&](std::uint32_t i) {
            return static_cast<std::uint32_t>((std::uint64_t{i + 1} * lists - 1) / c.tokens);
        };
        const std::uint32_t last = list_of(end - 1);
#pragma unroll 4
        for (std::uint32_t w = list_of(from) + stripe; w <= last; w += join_stripes) {
            if (q < c.width) sum += at.parts[std::size_t{w + k} * c.width + q];
            size += at.part_sizes[w + k];
        }
    }
    sums[stripe][x] = sum;
    if (x == 0) counts[stripe] = size;
    __syncthreads();
    if (stripe != 0) return;
    sum = 0, size = 0;
    for (std::uint32_t s = 0; s < join_stripes; ++s) sum += sums[s][x], size += counts[s];
    if (q < c.width) to[std::size_t{k} * c.width + q] = size > 0 ? sum / size : 0;
    if (q == 0) sizes[k] = size;
}

/// `normalise` of router/adaptive_clustering.cpp by one block: K d numbers are few.
__global__ void __launch_bounds__(1024)
    finish_weights(const clustered_tokens c, const clustering_rule rule, double* w,
                   const clustering_weights to) {
    __shared__ double parts[32];
    const std::uint32_t size = c.clusters * c.width;
    const auto known = [&](std::uint32_t i) { return to.sizes[i / c.width] >= 2; };
    const auto sum_of_block = [&](double x) {
#pragma unroll
        for (int s = 16; s > 0; s /= 2) x += __shfl_xor_sync(~0U, x, s);
        if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
        __syncthreads();
        double sum = 0;
        for (const double part : parts) sum += part;
        __syncthreads();
        return sum;
    };
    double sum = 0, count = 0;
    for (std::uint32_t i = threadIdx.x; i < size; i += blockDim.x) {
        if (!known(i)) continue;
        w[i] = 1 / (w[i] + rule.eps);
        sum += w[i];
        ++count;
    }
    count = sum_of_block(count);
    const double before = sum_of_block(sum) / count;
    sum = 0;
    for (std::uint32_t i = threadIdx.x; i < size; i += blockDim.x) {
        if (!known(i)) continue;
        w[i] = fmin(w[i], rule.clip * before);
        sum += w[i];
    }
    const double after = sum_of_block(sum) / count;
    const double by = rule.mean == weight_mean::before_clip ? before : after;
    for (std::uint32_t q = threadIdx.x; q < c.width; q += blockDim.x) {
        double of_feature = 0;
        if (rule.mean == weight_mean::of_feature) {
            for (std::uint32_t i = q; i < size; i += c.width)
                if (known(i)) of_feature += w[i];
            of_feature /= count / c.width;
        }
        for (std::uint32_t i = q; i < size; i += c.width)
            to.weights[i] =
                known(i) ? static_cast<float>(
                               w[i] / (rule.mean == weight_mean::of_feature ? of_feature : by))
                         : 1;
    }
}

template <int chunks>
void launch_lists(const clustered_tokens& c, const clustering_rule& rule,
                  const clustering_weights& to, const workspace_view& view, cudaStream_t stream) {
    const std::uint32_t lists = lists_of(c.tokens);
    const std::uint32_t blocks = (lists + list_warps - 1) / list_warps;
    const bool vectors =
        c.width % 4 == 0 && reinterpret_cast<std::size_t>(c.values) % sizeof(float4) == 0;
    const dim3 join((c.width + join_width - 1) / join_width, c.clusters);
    const dim3 join_block(join_width, join_stripes);
    sum_lists<chunks, false>
        <<<blocks, 32 * list_warps, 0, stream>>>(c, rule, to.factors, view, lists, vectors);
    join_lists<<<join, join_block, 0, stream>>>(c, view, view.means, to.sizes, lists);
    sum_lists<chunks, true>
        <<<blocks, 32 * list_warps, 0, stream>>>(c, rule, to.factors, view, lists, vectors);
    join_lists<<<join, join_block, 0, stream>>>(c, view, view.deviations, to.sizes, lists);
    finish_weights<<<1, 1024, 0, stream>>>(c, rule, view.deviations, to);
}

bool fits(const clustered_tokens& c) {
    return c.width >= 1 && c.width <= most_cluster_width && c.clusters >= 1 &&
           c.clusters <= most_clusters && c.tokens < 1U << 31;
}

/// (W o h) of a token, without its factor.
struct scaled_token {
    clustered_tokens c;
    const float* weights;
    __device__ float operator()(std::uint32_t t, std::uint32_t q) const {
        if (t >= c.tokens) return 0;
        const std::uint32_t k = c.ids[t];
        const float x = c.values[std::size_t{t} * c.width + q];
        return k < c.clusters ? x * weights[std::size_t{k} * c.width + q] : x;
    }
};
struct embedding {
    const float* values;
    std::uint32_t experts, width;
    __device__ float operator()(std::uint32_t q, std::uint32_t e) const {
        return e < experts ? values[std::size_t{e} * width + q] : 0;
    }
};
struct put_logit {
    float* logits;
    const float* factors;
    std::uint32_t experts;
    __device__ void operator()(std::uint32_t, std::uint32_t t, std::uint32_t e, float sum) const {
        logits[std::size_t{t} * experts + e] = sum * factors[t];
    }
};

}  // namespace

std::size_t cluster_workspace_bytes(const clustered_tokens& c) {
    workspace_view view;
    return lay_out(c, nullptr, view);
}

// bytes  8 T d + 12 T, and 16 (lists + K) d for the sums of lists, twice. T = 65,536, d = 352, K =
// 16
//        on an H200: 116 us in 7 launches, 46 us of tokens; 178 us with all of them in one cluster,
//        probably for the threads that join its lists. T = 2^20, d = 1024, K = 256: 1.5 times the
//        tokens
cudaError_t launch_cluster_weights(const clustered_tokens& c, const clustering_rule& rule,
                                   const clustering_weights& to, void* workspace,
                                   cudaStream_t stream) {
    if (!fits(c) || !(rule.eps > 0) || !(rule.clip > 0)) return cudaErrorInvalidValue;
    workspace_view view;
    lay_out(c, workspace, view);
    const std::uint32_t blocks = sort_blocks_of(c.tokens), bins = c.clusters + 1;
    count_clusters<<<blocks, 32 * sort_warps, 4 * sort_warps * bins, stream>>>(c, view);
    order_tokens<<<blocks, 32 * sort_warps, 4 * (sort_warps + 1) * bins, stream>>>(c, view);
    if (c.width <= 128)
        launch_lists<1>(c, rule, to, view, stream);
    else if (c.width <= 256)
        launch_lists<2>(c, rule, to, view, stream);
    else if (c.width <= 384)
        launch_lists<3>(c, rule, to, view, stream);
    else if (c.width <= 512)
        launch_lists<4>(c, rule, to, view, stream);
    else
        launch_lists<8>(c, rule, to, view, stream);
    return cudaGetLastError();
}

// bytes       4 T (d + E): 24 us for T = 65,536, d = 352, E = 16
// operations  2 T d E, and three loads a number of a token: 136 us there for E = 16
cudaError_t launch_cluster_gate(const clustered_tokens& c, const clustering_weights& from,
                                const float* embeddings, std::uint32_t experts, float* logits,
                                cudaStream_t stream) {
    constexpr std::uint32_t most_rows = 65535 * product_rows;  // of a grid's second dimension
    if (!fits(c) || experts < 1 || c.tokens > most_rows) return cudaErrorInvalidValue;
    if (c.tokens == 0) return cudaSuccess;
    const scaled_token a{c, from.weights};
    const embedding b{embeddings, experts, c.width};
    const put_logit put{logits, from.factors, experts};
    const std::uint32_t rows = (c.tokens + product_rows - 1) / product_rows;
    if (experts <= 16)
        tiled_product<16, false, false><<<dim3(1, rows), product_threads, 0, stream>>>(
            a, b, put, c.tokens, experts, c.width, c.width);
    else
        tiled_product<64, false, false>
            <<<dim3((experts + 63) / 64, rows), product_threads, 0, stream>>>(
                a, b, put, c.tokens, experts, c.width, c.width);
    return cudaGetLastError();
}

}  // namespace moebius::gpu
