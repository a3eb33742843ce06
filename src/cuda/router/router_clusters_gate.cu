// SPDX-License-Identifier: MIT
#include "router/router_clusters.cuh"
#include "router/router_product.cuh"

// The third reading of the tokens: logits, the product of weighted tokens and embeddings.
namespace moebius::gpu {
namespace {

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
