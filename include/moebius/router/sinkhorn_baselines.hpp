// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/router/sinkhorn.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// Routers that balance every training batch, with their own stopping rules. Both scale exp(logit),
/// tokens first and experts last, so that columns are exact at exit and rows are not.
enum class balanced_rule {
    megatron,  ///< marginals 1/T and 1/N, 1e-8 added to every sum, until the mean change of the
               ///< experts' scaling is < 1e-4 (and 10,000 iterations, which are ours)
    s_base,    ///< marginals 1 and T/N, until the sum of all changes of scalings is < 1e-2, or 100
               ///< iterations. That rule is of a public CompeteSMoE gate; S-BASE's own is not known
};
[[nodiscard]] std::string_view to_string(balanced_rule rule) noexcept;

struct balanced_assignment {
    sinkhorn_status status = sinkhorn_status::out_of_iterations;
    int iterations = 0;
    std::vector<double> plan;          ///< (T, N), row-major, scaled as the rule does
    std::vector<std::uint8_t> chosen;  ///< (T, N): the k largest of the plan, the lowest on ties
    std::vector<double> weights;       ///< (T, N): not of the plan, but of the raw logits at the
                                       ///< chosen: sigmoid for k = 1, else softmax over all experts
};

/// Chooses from the plan and weighs by the logits. A token that cannot be routed is left out.
///
/// @param logits  (T, N), row-major; at most 700 where finite, since exp is taken as it is; minus
///                infinity for a closed expert
/// @throws invalid_argument  for sizes that do not fit, k outside [1, N], a logit beyond 700
/// @source docs/routers.md section 5.5, read in NVIDIA/Megatron-LM (moe_utils.py)
[[nodiscard]] balanced_assignment balance_tokens(balanced_rule rule, std::span<const double> logits,
                                                 std::size_t experts, std::size_t k);

/// dL/dlogit (T, N) from dL/dweight: the plan has no gradient, the weights have theirs.
/// @throws invalid_argument  for sizes that do not fit
[[nodiscard]] std::vector<double> balance_tokens_backward(std::span<const double> logits,
                                                          std::size_t experts, std::size_t k,
                                                          const balanced_assignment& of,
                                                          std::span<const double> by_weights);

}  // namespace moebius
