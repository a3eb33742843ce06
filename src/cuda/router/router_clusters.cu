// SPDX-License-Identifier: MIT
#include "router/router_clusters.cuh"

// Tokens are put in the order of their clusters (router_clusters_order.cu), so that sums of a
// cluster are sums of a stretch: a warp takes a list of neighbours in that order, holds a row's
// sums in registers and writes them down where the cluster ends. Two readings of the tokens, for
// means and for deviations from them, and a third for the logits (router_clusters_gate.cu).
//
// List w and cluster k meet at most once, and from one meeting to the next w or k rises: so the
// meeting's sums have place w + k, and those of a cluster are the places first + k to last + k.
namespace moebius::gpu {
namespace {

constexpr std::uint32_t list_warps = 8;
constexpr std::uint32_t join_width = 32, join_stripes = 16;

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
              const clustering_workspace at, std::uint32_t lists, bool vectors) {
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
__global__ void join_lists(const clustered_tokens c, const clustering_workspace at, double* to,
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
                  const clustering_weights& to, const clustering_workspace& view,
                  cudaStream_t stream) {
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

}  // namespace

std::size_t cluster_workspace_bytes(const clustered_tokens& c) {
    clustering_workspace view;
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
    clustering_workspace view;
    lay_out(c, workspace, view);
    launch_order(c, view, stream);
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

}  // namespace moebius::gpu
