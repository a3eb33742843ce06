// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <moebius/router/router.hpp>
#include <moebius/router/subset_law.hpp>

namespace moebius {

struct probmoe_options {
    double beta = 1;        ///< inverse temperature, > 0
    std::size_t k_min = 1;  ///< fewest experts of a token, >= 1; as k_max for exact-k
    std::size_t k_max = 1;  ///< most experts of a token, at most their number
    subset_slopes slopes = subset_slopes::covariance;  ///< of the marginals in backward
    bool renormalise = false;  ///< at inference: weights of a token sum to 1
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
/// with G_j = dL/dweight_j and the S that was drawn. The mean load is that of subset_loads.
///
/// @throws invalid_argument  for an empty band, k_min = 0, or a beta that is not positive and
/// finite
/// @source ProbMoE, arXiv 2606.01509; routers.md 2
[[nodiscard]] std::shared_ptr<const router> probmoe(const probmoe_options& options = {});

}  // namespace moebius
