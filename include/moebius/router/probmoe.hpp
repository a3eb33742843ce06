// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <moebius/router/router.hpp>
#include <moebius/router/subset_law.hpp>
#include <string_view>

namespace moebius {

/// Which choice a training pass makes, and what stands in for its derivative. ProbMoE is the pair
/// of a sample with the marginals; the others are what the paper holds it against.
///
/// The weight of expert j is z_j pi_j, pi = softmax(r), with z_j = 1 on a set S. backward takes
///
///   dL/dr_i = sum_{j in S} G_j (dpi_j/dr_i + pi_j D_ji),     G_j = dL/dweight_j,
///
/// with D_ji where dz_j/dr_i would stand. Experts outside S do not run, so their G_j is not known
/// to any estimator here; DenseMixer, which runs them for their gradient, is the first term with
/// all j.
/// @source docs/routers.md section 2.6; docs/routers.md section 2.9 (ablation)
enum class subset_estimator {
    sample_marginal,  ///< S drawn, D_ji = dm_j/dr_i = Cov(z_j, z_i), m the marginals of the law
    /// S drawn, D_ji = dpi_j/dr_i = pi_j (delta_ij - pi_i): straight-through, as if the choice were
    /// the softmax. The same as the first for k = 1, where m = pi.
    sample_dense,
    sample_gates,    ///< S drawn, D = 0: the choice has no derivative, as in conventional top-k
    top_k_marginal,  ///< S the likeliest subset, as at inference; D as in the first
};
[[nodiscard]] std::string_view to_string(subset_estimator estimator) noexcept;

struct probmoe_options {
    double beta = 1;        ///< inverse temperature, > 0
    std::size_t k_min = 1;  ///< fewest experts of a token, >= 1; as k_max for exact-k
    std::size_t k_max = 1;  ///< most experts of a token, at most their number
    subset_slopes slopes = subset_slopes::covariance;  ///< of the marginals in backward
    bool renormalise = false;  ///< at inference: weights of a token sum to 1
    subset_estimator estimator = subset_estimator::sample_marginal;
};

/// ProbMoE: a token goes to a random set S of k_min to k_max experts with P(S) ~ exp(sum of z over
/// S), and takes them with the weights of softmax(z), not renormalised. With k_min = k_max its name
/// is probmoe-exact-k, else probmoe-dynamic-k.
///
/// Whether token t takes expert e < E is drawn from word e % 4 of block e / 4 of stream `subset`,
/// and for dynamic-k the size of its set from word E % 4 of block E / 4: as subset_law::sample does
/// with `uniform` of these. A token with fewer than k_min experts of finite logit takes all of
/// them.
///
/// infer takes the likeliest subset. backward is the surrogate gradient of the weights z_j pi_j, in
/// which the indicator z_j has the slopes of its expectation,
///
///   dL/dr_i = sum_{j in S} G_j (dpi_j/dr_i + pi_j Cov(z_j, z_i)),
///
/// with G_j = dL/dweight_j and the S that was drawn, or as the estimator says. The mean load is
/// that of subset_loads; there is none for top_k_marginal, which draws nothing.
///
/// @throws invalid_argument  for an empty band, k_min = 0, or a beta that is not > 0 and finite
/// @source ProbMoE, arXiv 2606.01509; docs/routers.md section 2
[[nodiscard]] std::shared_ptr<const router> probmoe(const probmoe_options& options = {});

}  // namespace moebius
