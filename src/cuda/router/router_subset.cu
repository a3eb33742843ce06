// SPDX-License-Identifier: MIT
#include "router/router_subset.cuh"

namespace moebius::gpu {
namespace {

constexpr int most_warps = 8;
constexpr std::size_t shared_aim = 56 * 1024;  // of a block: four of them fit

/// The shared memory of a group: odds (E), uniforms (E + 1), answers (E). In multiples of 16 bytes.
template <typename Real>
__host__ __device__ std::size_t draw_bytes(std::uint32_t experts) {
    return (experts * (3 * sizeof(Real) + 4) + 8 + sizeof(Real) + 15) / 16 * 16;
}

/// for t: z, law as the CPU's; u_e = word e % 4 of block e / 4; S = law.sample(u_E, u); weights =
/// softmax(z) on S
///
/// bytes       9 T E (read 4, written 5): 9.5 us for 65,536 x 64
/// operations  an expert and token: 5 exponentials, of them one in Real, and 4 operations in Real
///             for each of `lanes` numbers of members, where K + 1 would do; k = 8: 139 us in
///             double, 117 us in float on an H200. By the machine code some 2,500 instructions a
///             warp of two tokens, 90 us to issue: these are the limit, not bytes
template <typename Real, int lanes>
__global__ void draw_subsets(const __grid_constant__ subset_batch b,
                             const __grid_constant__ subset_draw d) {
    extern __shared__ __align__(16) char shared[];
    const std::uint32_t groups = blockDim.x / lanes, group = threadIdx.x / lanes;
    const std::uint32_t lane = threadIdx.x % lanes, experts = b.experts;
    char* mine = shared + group * draw_bytes<Real>(experts);
    auto* by = reinterpret_cast<odds<Real>*>(mine);
    Real* u = reinterpret_cast<Real*>(by + experts);
    auto* answers = reinterpret_cast<std::uint32_t*>(u + experts + 1);
    auto* counts = reinterpret_cast<std::uint32_t*>(shared + groups * draw_bytes<Real>(experts));
    for (std::uint32_t e = threadIdx.x; e <= experts; e += blockDim.x) counts[e] = 0;
    __syncthreads();

    for (std::uint64_t first = std::uint64_t{blockIdx.x} * groups; first < b.tokens;
         first += std::uint64_t{gridDim.x} * groups) {
        const std::uint64_t t = first + group;
        const auto law = read_token<Real, lanes>(b, t, by);
        const std::uint32_t words = b.k_min < b.k_max ? experts + 1 : experts;
        for (std::uint32_t j = lane; 4 * j < words; j += lanes) {
            const uint4 w = random_words(d.seed, subset_stream + (j << 8), d.step,
                                         d.first_token + static_cast<std::uint32_t>(t));
            const std::uint32_t of_block[4] = {w.x, w.y, w.z, w.w};
#pragma unroll
            for (std::uint32_t i = 0; i < 4; ++i)
                if (4 * j + i < words) u[4 * j + i] = uniform_of<Real>(of_block[i]);
        }
        __syncwarp();

        Real reached = lane == 0 ? 1 : 0, in;
#pragma unroll 4
        for (std::uint32_t i = 0; i < experts; ++i) {
            reached = step_forward<Real, lanes>(reached, by[i], in);
            const std::uint32_t yes = __ballot_sync(~0U, u[i] * reached < in);
            if (lane == 0) answers[i] = yes >> (threadIdx.x % 32);
        }
        std::uint32_t left = law.k_max;
        if (b.k_min < b.k_max)
            left = draw_size<Real, lanes>(law, reached, b.k_max, static_cast<double>(u[experts]));
        if (lane == 0)  // what was written above was written by this lane
#pragma unroll 8
            for (std::uint32_t i = experts; i-- > 0;) {
                const std::uint32_t member = answers[i] >> left & 1;
                answers[i] = member;
                left -= member;
            }
        __syncwarp();

        if (t < b.tokens) {
            for (std::uint32_t e = lane; e < experts; e += lanes) {
                const bool member = law.routed && answers[e] != 0;
                float weight = 0;
                if (member) {
                    const Real z = z_of<Real>(b, static_cast<std::uint32_t>(t), e);
                    weight = expf(static_cast<float>(z - law.top)) / law.sum;
                    atomicAdd(&counts[e], 1U);
                }
                d.chosen[t * experts + e] = member ? 1 : 0;
                d.weights[t * experts + e] = weight;
            }
            if (lane == 0 && !law.routed) atomicAdd(&counts[experts], 1U);
        }
        __syncwarp();  // the next token overwrites what was read here
    }
    __syncthreads();
    for (std::uint32_t e = threadIdx.x; e <= experts; e += blockDim.x)
        if (counts[e] != 0) atomicAdd(&d.counts[e], counts[e]);
}

/// The shared memory of a group: odds (E), reached (E, K + 1).
template <typename Real>
__host__ __device__ std::size_t marginal_bytes(std::uint32_t experts, std::uint32_t k_max) {
    return (experts * (k_max + 3) * sizeof(Real) + 15) / 16 * 16;
}

/// m_e = yes_e sum_n reached_{e,n} ahead_{n+1} / total, where ahead walks back from g:
/// ahead_n = ahead_n no_e + ahead_{n+1} yes_e
///
/// bytes  8 T E: 8.4 us for 65,536 x 64, k = 8; 191 us in double, 139 us in float. The table lets
///        20 warps of double in a multiprocessor, and two of E = 512, k = 16
template <typename Real, int lanes>
__global__ void subset_marginals(const __grid_constant__ subset_batch b, float* marginals) {
    extern __shared__ __align__(16) char shared[];
    const std::uint32_t groups = blockDim.x / lanes, group = threadIdx.x / lanes;
    const std::uint32_t lane = threadIdx.x % lanes, experts = b.experts, width = b.k_max + 1;
    auto* by =
        reinterpret_cast<odds<Real>*>(shared + group * marginal_bytes<Real>(experts, b.k_max));
    Real* table = reinterpret_cast<Real*>(by + experts);
    for (std::uint64_t first = std::uint64_t{blockIdx.x} * groups; first < b.tokens;
         first += std::uint64_t{gridDim.x} * groups) {
        const std::uint64_t t = first + group;
        const auto law = read_token<Real, lanes>(b, t, by);
        Real reached = lane == 0 ? 1 : 0, in;
#pragma unroll 4
        for (std::uint32_t i = 0; i < experts; ++i) {
            if (lane < width) table[i * width + lane] = reached;
            reached = step_forward<Real, lanes>(reached, by[i], in);
        }
        const Real total = sum_of_group<lanes>(law.weight * reached);
        Real ahead = law.weight;
#pragma unroll 4
        for (std::uint32_t i = experts; i-- > 0;) {
            Real next = __shfl_down_sync(~0U, ahead, 1, lanes);
            if (lane == lanes - 1) next = 0;
            if (lane < width) table[i * width + lane] *= next;
            ahead = ahead * by[i].no + next * by[i].yes;
        }
        __syncwarp();
        if (t < b.tokens)
            for (std::uint32_t e = lane; e < experts; e += lanes) {
                Real sum = 0;
                for (std::uint32_t n = 0; n < width; ++n) sum += table[e * width + n];
                marginals[t * experts + e] =
                    law.routed ? static_cast<float>(by[e].yes * sum / total) : 0;
            }
        __syncwarp();
    }
}

/// A number and its derivative along dL/dm.
template <typename Real>
struct alignas(2 * sizeof(Real)) dual {
    Real c, d;
};

/// The shared memory of a group: odds (E), slopes of yes (E), reached (E, K + 1).
template <typename Real>
__host__ __device__ std::size_t backward_bytes(std::uint32_t experts, std::uint32_t k_max) {
    return (experts * (2 * k_max + 6) * sizeof(Real) + 15) / 16 * 16;
}

/// p = softmax(z), G_e = dL/dweight_e on S, else 0
/// dL/dz_e = p_e (G_e - p.G) + (d/ds) m_e(z + s p o G): the covariance of S times p o G
///
/// The same loops as the marginals over numbers with a derivative: yes' = yes no p G, no' = -yes'.
/// bytes  13 T E at most (by_weights only where chosen): 14 us for 65,536 x 64, k = 8; 527 us in
///        double, 281 us in float, with half the warps of the marginals
template <typename Real, int lanes>
__global__ void subset_backward(const __grid_constant__ subset_batch b,
                                const __grid_constant__ subset_slope s) {
    extern __shared__ __align__(16) char shared[];
    const std::uint32_t groups = blockDim.x / lanes, group = threadIdx.x / lanes;
    const std::uint32_t lane = threadIdx.x % lanes, experts = b.experts, width = b.k_max + 1;
    auto* by =
        reinterpret_cast<odds<Real>*>(shared + group * backward_bytes<Real>(experts, b.k_max));
    auto* table = reinterpret_cast<dual<Real>*>(by + experts);
    Real* slope = reinterpret_cast<Real*>(table + experts * width);
    for (std::uint64_t first = std::uint64_t{blockIdx.x} * groups; first < b.tokens;
         first += std::uint64_t{gridDim.x} * groups) {
        const std::uint64_t t = first + group;
        const auto law = read_token<Real, lanes>(b, t, by);
        const auto share = [&](std::uint32_t e) {
            return exp(z_of<Real>(b, static_cast<std::uint32_t>(t), e) - law.top);
        };
        const auto taken = [&](std::uint32_t e) {
            return s.chosen[t * experts + e] != 0 ? static_cast<Real>(s.by_weights[t * experts + e])
                                                  : Real(0);
        };
        Real sum = 0, mean = 0;
        if (law.routed)
            for (std::uint32_t e = lane; e < experts; e += lanes) {
                const Real p = share(e);
                sum += p;
                if (p != 0) mean += p * taken(e);
            }
        sum = sum_of_group<lanes>(sum);
        mean = sum_of_group<lanes>(mean) / sum;
        for (std::uint32_t e = lane; e < experts; e += lanes)
            slope[e] = law.routed ? by[e].yes * by[e].no * taken(e) * (share(e) / sum) : Real(0);
        __syncwarp();

        dual<Real> reached{lane == 0 ? Real(1) : Real(0), 0};
        for (std::uint32_t i = 0; i < experts; ++i) {
            if (lane < width) table[i * width + lane] = reached;
            Real below = __shfl_up_sync(~0U, reached.c, 1, lanes);
            Real along = __shfl_up_sync(~0U, reached.d, 1, lanes);
            if (lane == 0) below = along = 0;
            const Real yes = by[i].yes, no = by[i].no, to = slope[i];
            reached.d = reached.d * no + along * yes + (below - reached.c) * to;
            reached.c = reached.c * no + below * yes;
        }
        const Real total = sum_of_group<lanes>(law.weight * reached.c);
        const Real total_slope = sum_of_group<lanes>(law.weight * reached.d);
        dual<Real> ahead{law.weight, 0};
        for (std::uint32_t i = experts; i-- > 0;) {
            Real next = __shfl_down_sync(~0U, ahead.c, 1, lanes);
            Real along = __shfl_down_sync(~0U, ahead.d, 1, lanes);
            if (lane == lanes - 1) next = along = 0;
            if (lane < width) {
                const auto at = table[i * width + lane];
                table[i * width + lane] = {at.c * next, at.d * next + at.c * along};
            }
            const Real yes = by[i].yes, no = by[i].no, to = slope[i];
            ahead.d = ahead.d * no + along * yes + (next - ahead.c) * to;
            ahead.c = ahead.c * no + next * yes;
        }
        __syncwarp();
        if (t < b.tokens)
            for (std::uint32_t e = lane; e < experts; e += lanes) {
                dual<Real> with{0, 0};
                for (std::uint32_t n = 0; n < width; ++n) {
                    with.c += table[e * width + n].c;
                    with.d += table[e * width + n].d;
                }
                const Real m = by[e].yes * with.c / total;
                const Real m_slope = slope[e] * with.c + by[e].yes * with.d;
                Real out = (m_slope - m * total_slope) / total;
                if (law.routed) {
                    if (s.published)
                        out *= 1 / (1 + exp(z_of<Real>(b, static_cast<std::uint32_t>(t), e)));
                    const Real p = share(e) / sum;
                    if (p != 0) out += p * (taken(e) - mean);
                }
                s.by_logits[t * experts + e] =
                    law.routed ? static_cast<float>(static_cast<Real>(b.beta) * out) : 0;
            }
        __syncwarp();
    }
}

/// As many warps a block as fit what a group needs, blocks for all multiprocessors.
template <typename Kernel, typename... Arguments>
cudaError_t launch(Kernel kernel, int lanes, std::size_t of_group, std::size_t of_block,
                   std::uint32_t tokens, cudaStream_t stream, const Arguments&... arguments) {
    const std::size_t of_warp = of_group * (32 / lanes);
    const std::size_t fit = (shared_aim - of_block) / of_warp;
    const int warps = fit < 1 ? 1 : fit < most_warps ? static_cast<int>(fit) : most_warps;
    const std::size_t bytes = warps * of_warp + of_block;
    cudaError_t status = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                              static_cast<int>(bytes));
    if (status != cudaSuccess) return status;
    int device = 0, processors = 0, resident = 0;
    status = cudaGetDevice(&device);
    if (status != cudaSuccess) return status;
    status = cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
    if (status != cudaSuccess) return status;
    status = cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, kernel, 32 * warps, bytes);
    if (status != cudaSuccess) return status;
    if (resident < 1) return cudaErrorInvalidConfiguration;
    const std::uint64_t of_one = static_cast<std::uint64_t>(warps) * (32 / lanes);
    const std::uint64_t needed = (tokens + of_one - 1) / of_one;
    const auto most = static_cast<std::uint64_t>(processors) * resident;
    kernel<<<static_cast<unsigned>(needed < most ? needed : most), 32 * warps, bytes, stream>>>(
        arguments...);
    return cudaGetLastError();
}

bool fits(const subset_batch& b) {
    return b.experts >= 1 && b.experts <= most_subset_experts && b.k_min >= 1 &&
           b.k_min <= b.k_max && b.k_max <= b.experts && b.k_max <= most_subset_members &&
           b.tokens < 1U << 31;
}

/// call(Real, lanes) with the arithmetic that is wanted and the least lanes for k_max + 1 numbers
/// of which all groups of a warp fit. bytes(Real) -> of a group.
template <typename Bytes, typename Call>
cudaError_t with_shape(const subset_batch& b, Bytes bytes, Call call) {
    using std::integral_constant;
    const auto with_lanes = [&](auto real) {
        const std::size_t of_group = bytes(real), limit = 200 * 1024;
        if (b.k_max < 8 && 4 * of_group <= limit) return call(real, integral_constant<int, 8>{});
        if (b.k_max < 16 && 2 * of_group <= limit) return call(real, integral_constant<int, 16>{});
        return call(real, integral_constant<int, 32>{});
    };
    return b.arithmetic == subset_arithmetic::fp64 ? with_lanes(0.0) : with_lanes(0.0F);
}

}  // namespace

cudaError_t launch_subset_draw(const subset_batch& b, const subset_draw& d, cudaStream_t stream) {
    if (!fits(b)) return cudaErrorInvalidValue;
    const cudaError_t status = cudaMemsetAsync(d.counts, 0, 4 * (b.experts + 1), stream);
    if (status != cudaSuccess || b.tokens == 0) return status;
    const auto bytes = [&](auto real) { return draw_bytes<decltype(real)>(b.experts); };
    return with_shape(b, bytes, [&](auto real, auto lanes) {
        using Real = decltype(real);
        return launch(draw_subsets<Real, lanes()>, lanes(), bytes(real), 4 * (b.experts + 1),
                      b.tokens, stream, b, d);
    });
}

cudaError_t launch_subset_marginals(const subset_batch& b, float* marginals, cudaStream_t stream) {
    if (!fits(b)) return cudaErrorInvalidValue;
    if (b.tokens == 0) return cudaSuccess;
    const auto bytes = [&](auto real) {
        return marginal_bytes<decltype(real)>(b.experts, b.k_max);
    };
    return with_shape(b, bytes, [&](auto real, auto lanes) {
        using Real = decltype(real);
        return launch(subset_marginals<Real, lanes()>, lanes(), bytes(real), 0, b.tokens, stream, b,
                      marginals);
    });
}

cudaError_t launch_subset_backward(const subset_batch& b, const subset_slope& s,
                                   cudaStream_t stream) {
    if (!fits(b)) return cudaErrorInvalidValue;
    if (b.tokens == 0) return cudaSuccess;
    const auto bytes = [&](auto real) {
        return backward_bytes<decltype(real)>(b.experts, b.k_max);
    };
    return with_shape(b, bytes, [&](auto real, auto lanes) {
        using Real = decltype(real);
        return launch(subset_backward<Real, lanes()>, lanes(), bytes(real), 0, b.tokens, stream, b,
                      s);
    });
}

}  // namespace moebius::gpu
