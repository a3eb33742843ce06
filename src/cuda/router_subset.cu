// SPDX-License-Identifier: MIT
#include <cuda_runtime.h>

#include <type_traits>

#include "philox.cuh"
#include "router_subset.hpp"

// The dynamic program of router/weighted_draws.hpp, a token to a group of 8, 16 or 32 lanes: lane n
// holds the probability that n of the first i experts come out.
//
//   reached = [1, 0, 0, ...]
//   for i < E: reached_n = reached_n no_i + reached_{n-1} yes_i
//
// A draw walks back through that table. What it will ask at expert i with n members left,
// u_i (in + out) < in, is two terms of the same line, so it is answered on the way forward, for
// all n in one ballot, and the table shrinks to a word an expert.
namespace moebius::gpu {
namespace {

constexpr int most_warps = 8;
constexpr std::size_t shared_aim = 56 * 1024;  // of a block: four of them fit

template <typename Real>
struct alignas(2 * sizeof(Real)) odds {
    Real yes, no;
};

template <int lanes, typename T>
__device__ T sum_of_group(T x) {
#pragma unroll
    for (int s = lanes / 2; s > 0; s /= 2) x += __shfl_xor_sync(~0U, x, s);
    return x;
}

template <int lanes, typename T>
__device__ T largest_of_group(T x) {
#pragma unroll
    for (int s = lanes / 2; s > 0; s /= 2) {
        const T other = __shfl_xor_sync(~0U, x, s);
        x = other > x ? other : x;
    }
    return x;
}

/// Uniform in (0, 1); in single precision rounded, but not to 1.
template <typename Real>
__device__ Real uniform_of(std::uint32_t word) {
    if constexpr (std::is_same_v<Real, double>) return uniform(word);
    return fminf(fmaf(static_cast<float>(word), 0x1p-32F, 0x1p-33F), 0x1.fffffep-1F);
}

/// One token's law: what router/tilt.cpp makes of its logits. z is relative to the largest.
template <typename Real>
struct token_law {
    bool routed;
    Real top;     // the largest z
    float sum;    // of exp(z - top)
    Real shift;   // the odds are exp(z - top + shift)
    Real weight;  // g(n) of this lane's n
    std::uint32_t k_max;
};

template <typename Real>
__device__ Real z_of(const subset_batch& b, std::uint32_t t, std::uint32_t e) {
    const float logit = b.logits[static_cast<std::size_t>(t) * b.experts + e];
    return static_cast<Real>(b.beta) * (static_cast<Real>(logit) + static_cast<Real>(b.scores[e]));
}

/// sum_e 1/(1 + exp(-(z_e - top) - shift)) and its slope.
template <int lanes, typename Fine, typename Real>
__device__ void expected(const odds<Real>* z, std::uint32_t experts, Real top, Fine shift,
                         Fine& value, Fine& slope) {
    value = slope = 0;
    for (std::uint32_t e = threadIdx.x % lanes; e < experts; e += lanes) {
        const Fine x = static_cast<Fine>(z[e].yes - top) + shift;
        Fine yes;
        if constexpr (std::is_same_v<Fine, float>)  // half a draw is near enough
            yes = __fdividef(1, 1 + __expf(-fmaxf(x, -80)));
        else
            yes = 1 / (1 + exp(-x));
        value += yes;
        slope += yes * (1 - yes);
    }
    value = sum_of_group<lanes>(value);
    slope = sum_of_group<lanes>(slope);
}

/// `level` of router/tilt.cpp: the shift at which k of `open` come out, to half a draw. Newton,
/// halving where it leaves the bracket; all groups of the warp go on until the last has ended.
template <int lanes, typename Fine, typename Real>
__device__ Fine level(const odds<Real>* z, std::uint32_t experts, Real top, Fine range, Fine start,
                      Fine k, Fine open, bool wanted) {
    const Fine center = log(k / (open - k));
    Fine low = center, high = center + range, shift = start > low ? start : low;
    for (int step = 0; step < 200; ++step) {  // 2^200: no two floats are farther apart
        Fine value, slope;
        expected<lanes>(z, experts, top, shift, value, slope);
        const bool near = !wanted || fabs(value - k) < Fine(0.5);
        if (!__any_sync(~0U, !near)) break;
        if (near) continue;
        (value < k ? low : high) = shift;
        const Fine newton = shift - (value - k) / slope;
        shift = newton > low && newton < high ? newton : low / 2 + high / 2;
    }
    return shift;
}

/// The shift from the largest z of a token with `open` experts, of which `k` shall come out.
template <int lanes, typename Real>
__device__ Real find_shift(const odds<Real>* z, std::uint32_t experts, const token_law<Real>& law,
                           Real range, std::uint32_t k, std::uint32_t open, bool wanted) {
    const bool all = k == open;
    const bool seek = wanted && !all;
    const float kf = seek ? static_cast<float>(k) : 1, of = seek ? static_cast<float>(open) : 2;
    // exp(z) is never less than its odds: from there the mean is at most k
    const float start = logf(kf) - logf(law.sum);
    Real shift = level<lanes>(z, experts, law.top, static_cast<float>(range), start, kf, of, seek);
    if constexpr (std::is_same_v<Real, double>) {
        const bool wide = seek && range > 1e5;  // where half a draw is beyond single precision
        if (__any_sync(~0U, wide)) {
            const double fine = level<lanes>(z, experts, law.top, static_cast<double>(range),
                                             static_cast<double>(start), static_cast<double>(kf),
                                             static_cast<double>(of), wide);
            if (wide) shift = fine;
        }
    }
    return all ? Real(40) + range : shift;  // exp(40) to 1 that each comes out
}

/// Reads a token and leaves its odds in `to` (E). What is not there or not routed counts as zeros,
/// so that the warp stays together.
template <typename Real, int lanes>
__device__ token_law<Real> read_token(const subset_batch& b, std::uint64_t t, odds<Real>* to) {
    const std::uint32_t lane = threadIdx.x % lanes;
    const Real infinity = INFINITY;
    token_law<Real> law;
    bool bad = t >= b.tokens;
    std::uint32_t open = 0;
    Real top = -infinity, least = infinity;
    for (std::uint32_t e = lane; e < b.experts; e += lanes) {
        const Real z = bad ? Real(0) : z_of<Real>(b, static_cast<std::uint32_t>(t), e);
        if (!(z < infinity)) bad = true;
        if (z > -infinity) {
            ++open;
            top = z > top ? z : top;
            least = z < least ? z : least;
        }
        to[e].yes = z;
    }
    bad = sum_of_group<lanes>(static_cast<int>(bad)) != 0;
    open = sum_of_group<lanes>(open);
    top = largest_of_group<lanes>(top);
    least = -largest_of_group<lanes>(-least);
    law.routed = !bad && open > 0;
    if (!law.routed) {
        for (std::uint32_t e = lane; e < b.experts; e += lanes) to[e].yes = 0;
        top = least = 0;
        open = b.experts;
    }
    law.top = top;
    float sum = 0;
    for (std::uint32_t e = lane; e < b.experts; e += lanes)
        sum += expf(static_cast<float>(to[e].yes - top));
    law.sum = sum_of_group<lanes>(sum);

    // the band, and the end of it that the odds are tilted to
    const std::uint32_t k_min = b.k_min < open ? b.k_min : open;
    law.k_max = b.k_max < open ? b.k_max : open;
    std::uint32_t reference = law.k_max;
    bool outside = true;
    if (__any_sync(~0U, k_min < law.k_max)) {
        float value, slope;
        expected<lanes>(to, b.experts, Real(0), 0.0F, value, slope);
        if (k_min < law.k_max) {
            if (value < static_cast<float>(k_min)) reference = k_min;
            outside = reference == k_min || value > static_cast<float>(law.k_max);
        }
    }
    law.shift = find_shift<lanes>(to, b.experts, law, top - least, reference, open, outside);
    if (!outside) law.shift = top;
    law.weight = 0;
    if (lane >= k_min && lane <= law.k_max)
        law.weight = lane == reference ? Real(1)
                                       : exp(-(law.shift - top) * (static_cast<Real>(lane) -
                                                                   static_cast<Real>(reference)));
    for (std::uint32_t e = lane; e < b.experts; e += lanes) {
        const Real x = to[e].yes - top + law.shift;
        const Real far = exp(-fabs(x)), near = 1 / (1 + far);
        to[e] = x > 0 ? odds<Real>{near, far * near} : odds<Real>{far * near, near};
    }
    __syncwarp();
    return law;
}

/// reached_n of one more expert; `in` is the part with it.
template <typename Real, int lanes>
__device__ Real step_forward(Real reached, odds<Real> by, Real& in) {
    Real below = __shfl_up_sync(~0U, reached, 1, lanes);
    if (threadIdx.x % lanes == 0) below = 0;
    in = below * by.yes;
    return reached * by.no + in;
}

/// How many members S has: the first n at which the sum of g(n) reached_n / total exceeds u.
template <typename Real, int lanes>
__device__ std::uint32_t draw_size(const token_law<Real>& law, Real reached, std::uint32_t most,
                                   double u) {
    const Real part = law.weight * reached;
    const Real total = sum_of_group<lanes>(part);
    const double share = static_cast<double>(part / total);
    double below = __shfl_sync(~0U, share, 0, lanes);
    std::uint32_t size = 0;
    for (std::uint32_t n = 1; n <= most; ++n) {
        const double next = __shfl_sync(~0U, share, n, lanes);
        if (size == n - 1 && size < law.k_max && u >= below) ++size;
        below += next;
    }
    return size;
}

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
///             double, 117 us in float on an H200. About 2,400 instructions a warp of two tokens
///             are 85 us: issue, not bytes
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
///        14 warps of double in a multiprocessor, and one of E = 512, k = 16
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
