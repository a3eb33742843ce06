// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/simulate/route_step.hpp>
#include <vector>

namespace moebius {

/// Where a batch of token vectors is routed.
class route_backend {
public:
    virtual ~route_backend() = default;

    /// Routes one batch of token vectors: route_step (route_step.hpp). A device sums logits in
    /// another order: fp32 choices are settled in double, bf16 choices may differ at near ties, and
    /// probabilities are accurate to 1e-3 (bf16) or exp(beta |x| |w| 2^-11) - 1 (fp32).
    [[nodiscard]] virtual routed_batch route(const gated_batch& batch,
                                             const std::vector<double>& scores,
                                             const route_step_options& options) const = 0;
};

}  // namespace moebius
