// SPDX-License-Identifier: MIT
#include "router/router_subset_launch.cuh"
#include "router/router_subset_tree.cuh"

namespace moebius::gpu {
namespace {

constexpr int warps = 4;            // of a block
constexpr int marginal_values = 3;  // of an expert: yes, no; the weight with it
constexpr int backward_values = 6;  // yes, no, slope of yes; with it, and its slope; exp(z - top)

/// Values of this thread's experts, in shared memory and volatile: laws that are computed twice
/// would else be kept in registers, of which there are too few.
template <typename Real, int values>
struct kept_values {
    volatile Real* from;
    __device__ explicit kept_values(char* shared)
        : from(reinterpret_cast<volatile Real*>(shared) + threadIdx.x) {}
    __device__ volatile Real& operator()(int j, int which) const {
        return from[(values * j + which) * (32 * warps)];
    }
    static constexpr std::size_t bytes = sizeof(Real) * values * own_experts * 32 * warps;
};

/// The odds of this lane's experts, the first two of their values: lane, lane + lanes, ...
template <typename Real, int values>
struct kept_odds {
    kept_values<Real, values> place;
    group mine;
    std::uint32_t experts;

    __device__ kept_odds(const kept_values<Real, values>& at, group by, std::uint32_t count)
        : place(at), mine(by), experts(count) {
        for (int j = 0; j < own_experts; ++j) {  // experts that are not there
            place(j, 0) = 0;
            place(j, 1) = 1;
        }
    }

    /// visit(j, e)
    template <typename Visit>
    __device__ void own(Visit visit) const {
#pragma unroll 4
        for (int j = 0; j < own_experts; ++j)
            if (const std::uint32_t e = mine.lane() + j * mine.lanes; e < experts) visit(j, e);
    }
    template <typename Visit>
    __device__ void each(Visit visit) const {
        own([&](int j, std::uint32_t e) {
            odds<Real> of{place(j, 0), place(j, 1)};
            visit(e, of);
            place(j, 0) = of.yes;
            place(j, 1) = of.no;
        });
    }
    template <typename Visit>
    __device__ void look(Visit visit) const {
        own([&](int j, std::uint32_t e) { visit(e, odds<Real>{place(j, 0), place(j, 1)}); });
    }
};

/// m_e = yes_e in_e / total
///
/// bytes       8 T E: 8.4 us for 8,192 x 512, k = 16; 104 us in float on an H200
/// operations  router_subset_tree.cuh: .7e9 multiply-adds, 20 us; the rest are the exponentials of
///             the law, and waiting: 16 warps a multiprocessor
template <typename Real, int K>
__global__ void __launch_bounds__(32 * warps, K <= 16 && sizeof(Real) == 4 ? 4 : 2)
    subset_marginals(const __grid_constant__ subset_batch b, std::uint32_t lanes,
                     float* marginals) {
    extern __shared__ __align__(16) char shared[];
    const kept_values<Real, marginal_values> place(shared);
    const group mine{lanes};
    const std::uint32_t groups = blockDim.x / lanes;
    for (std::uint64_t first = std::uint64_t{blockIdx.x} * groups; first < b.tokens;
         first += std::uint64_t{gridDim.x} * groups) {
        const std::uint64_t t = first + threadIdx.x / lanes;
        const auto row = static_cast<std::uint32_t>(t);
        kept_odds<Real, marginal_values> token(place, mine, b.experts);
        const auto law = read_token<Real>(
            b, t < b.tokens, [&](std::uint32_t e) { return z_of<Real>(b, row, e); }, token);
        const auto odds_of = [&](int j) { return odds<Real>{place(j, 0), place(j, 1)}; };
        const auto weight = [&](int n) { return law.weight(n); };
        const Real total = visit_experts<K, Real>(
            odds_of, mine, weight, [&](int j, Real, Real in) { place(j, 2) = place(j, 0) * in; });
        if (t >= b.tokens) continue;
        const Real one = law.routed ? 1 / total : Real(0);
        token.own([&](int j, std::uint32_t e) {
            marginals[t * b.experts + e] = static_cast<float>(place(j, 2) * one);
        });
    }
}

/// p = softmax(z), G_e = dL/dweight_e on S, else 0
/// dL/dz_e = p_e (G_e - p.G) + (d/ds) m_e(z + s p o G): the covariance of S times p o G
///
/// The marginals over numbers with a derivative: yes' = yes no p G, no' = -yes'.
/// bytes       13 T E at most (by_weights only where chosen)
/// operations  three times the marginals': 60 us for 8,192 x 512, k = 16; 297 us in float
template <typename Real, int K>
__global__ void __launch_bounds__(32 * warps, K <= 16 && sizeof(Real) == 4 ? 3 : 2)
    subset_backward(const __grid_constant__ subset_batch b, const __grid_constant__ subset_slope s,
                    std::uint32_t lanes) {
    extern __shared__ __align__(16) char shared[];
    const kept_values<Real, backward_values> place(shared);
    const group mine{lanes};
    const std::uint32_t groups = blockDim.x / lanes;
    for (std::uint64_t first = std::uint64_t{blockIdx.x} * groups; first < b.tokens;
         first += std::uint64_t{gridDim.x} * groups) {
        const std::uint64_t t = first + threadIdx.x / lanes;
        const auto row = static_cast<std::uint32_t>(t);
        const auto z_at = [&](std::uint32_t e) { return z_of<Real>(b, row, e); };
        kept_odds<Real, backward_values> token(place, mine, b.experts);
        const auto law = read_token<Real>(b, t < b.tokens, z_at, token);
        const auto taken = [&](std::uint32_t e) {
            return s.chosen[t * b.experts + e] != 0
                       ? static_cast<Real>(s.by_weights[t * b.experts + e])
                       : Real(0);
        };
        Real sum = 0, mean = 0;
        token.own([&](int j, std::uint32_t e) {
            const Real p = law.routed ? exp(z_at(e) - law.top) : Real(0);
            place(j, 5) = p;
            sum += p;
            if (p != 0) mean += p * taken(e);
        });
        const Real share = 1 / mine.sum(sum);
        mean = mine.sum(mean) * share;
        for (int j = 0; j < own_experts; ++j) place(j, 2) = 0;
        token.own([&](int j, std::uint32_t e) {
            const Real g = law.routed ? taken(e) : Real(0);
            if (g != 0) place(j, 2) = place(j, 0) * place(j, 1) * g * place(j, 5) * share;
        });
        const auto odds_of = [&](int j) {
            const Real along = place(j, 2);
            return odds<dual<Real>>{{place(j, 0), along}, {place(j, 1), -along}};
        };
        const auto weight = [&](int n) { return law.weight(n); };
        const auto total = visit_experts<K, dual<Real>>(
            odds_of, mine, weight, [&](int j, dual<Real>, dual<Real> in) {
                const auto with = plus_product({}, odds_of(j).yes, in);
                place(j, 3) = with.c;
                place(j, 4) = with.d;
            });
        if (t >= b.tokens) continue;
        const Real one = 1 / total.c, drift = total.d * one;
        token.own([&](int j, std::uint32_t e) {
            Real out = 0;
            if (law.routed) {
                out = (place(j, 4) - place(j, 3) * drift) * one;
                if (s.published) out *= 1 / (1 + exp(z_at(e)));
                const Real p = place(j, 5) * share;
                if (p != 0) out += p * (taken(e) - mean);
            }
            s.by_logits[t * b.experts + e] = static_cast<float>(static_cast<Real>(b.beta) * out);
        });
    }
}

/// The least power of two of lanes that hold all experts.
unsigned lanes_for(std::uint32_t experts) {
    unsigned lanes = 1;
    while (lanes * own_experts < experts) lanes *= 2;
    return lanes;
}

/// call(Real, K) with the arithmetic that is wanted and room for k_max members.
template <typename Call>
cudaError_t with_room(const subset_batch& b, Call call) {
    using std::integral_constant;
    const auto with_members = [&](auto real) {
        if (b.k_max <= 8) return call(real, integral_constant<int, 8>{});
        if (b.k_max <= 16) return call(real, integral_constant<int, 16>{});
        return call(real, integral_constant<int, int{most_subset_members}>{});
    };
    return b.arithmetic == subset_arithmetic::fp64 ? with_members(0.0) : with_members(0.0F);
}
static_assert(32 * own_experts == most_subset_experts);

}  // namespace

cudaError_t launch_subset_marginals(const subset_batch& b, float* marginals, cudaStream_t stream) {
    if (!fits(b)) return cudaErrorInvalidValue;
    if (b.tokens == 0) return cudaSuccess;
    const unsigned lanes = lanes_for(b.experts);
    return with_room(b, [&](auto real, auto K) {
        return launch_tokens(subset_marginals<decltype(real), K()>, lanes, warps,
                             kept_values<decltype(real), marginal_values>::bytes, b.tokens, stream,
                             b, lanes, marginals);
    });
}

cudaError_t launch_subset_backward(const subset_batch& b, const subset_slope& s,
                                   cudaStream_t stream) {
    if (!fits(b)) return cudaErrorInvalidValue;
    if (b.tokens == 0) return cudaSuccess;
    const unsigned lanes = lanes_for(b.experts);
    return with_room(b, [&](auto real, auto K) {
        return launch_tokens(subset_backward<decltype(real), K()>, lanes, warps,
                             kept_values<decltype(real), backward_values>::bytes, b.tokens, stream,
                             b, s, lanes);
    });
}

}  // namespace moebius::gpu
