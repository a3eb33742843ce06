// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/base/bfloat16.hpp>
#include <moebius/router/noise.hpp>
#include <moebius/router/top1.hpp>
#include <moebius/simulate/closed_loop.hpp>
#include <vector>

namespace moebius {

/// A batch of token vectors and the gate that gives them logits, logit_te = tokens_t . gate_e.
struct gated_batch {
    std::size_t experts = 1;    ///< E, 1 to 65536
    std::size_t width = 1;      ///< d, >= 1
    std::vector<float> tokens;  ///< (T, d), row-major; T may be 0
    std::vector<float> gate;    ///< (E, d), row-major
    bool bf16 = false;          ///< both are rounded to bfloat16 (to nearest, ties to even) first
};

struct route_step_options {
    feedback_rule rule = {};            ///< beta, and how the scores follow; no bias or (E)
    std::size_t choices = 1;            ///< k, experts that a token goes to, 1 to min(E, 8)
    noise_law noise = noise_law::none;  ///< per token and expert: none, gumbel or gaussian
    batch_key key = {};                 ///< of the noise
    double tie_margin = 1e-4;  ///< beta (logit + score) + noise closer than this is a near tie
    /// Choices that an expert takes, later tokens are dropped; 0: all. Also asks for slots and
    /// order.
    std::size_t capacity = 0;
    std::size_t repeats = 1;  ///< the step is done so often, for its time; >= 1
};

/// Where a batch went. Choices of token t: (t, 0), ..., (t, k - 1), the best first.
struct routed_batch {
    std::vector<std::uint32_t> choices;  ///< (T, k): an expert, or no_expert
    std::vector<float> probabilities;  ///< (T, k): softmax of beta (logit + score) over all experts
    std::vector<std::uint32_t> counts;  ///< (E): choices of each expert, before any drop
    std::vector<double> scores;         ///< (E): after the feedback
    std::uint64_t unrouted = 0;         ///< tokens of no expert
    std::uint64_t near_ties = 0;        ///< tokens whose choice depends on less than tie_margin
    std::vector<std::uint32_t> slots;   ///< (T, k): place in `order`, or no_expert if dropped
    std::vector<std::uint32_t> order;   ///< choices t k + j by expert, token order kept inside one
    double seconds = 0;  ///< median of the repeats, copies to and from a device not counted
};

/// Routes one batch and moves the scores, in plain double arithmetic: the oracle of devices.
///
/// The k largest of beta (logit + score) + noise win, the lowest expert on ties. A token with a
/// logit that is NaN or plus infinity goes nowhere. The noise of two experts is that of each, not
/// of their difference as in top1.
///
/// @param scores  (E), before
/// @throws invalid_argument  for sizes that do not fit, k or noise out of range
/// @source  docs/routers.md sections 0 and 6; Switch Transformers, arXiv 2101.03961 (capacity)
[[nodiscard]] routed_batch route_step(const gated_batch& batch, const std::vector<double>& scores,
                                      const route_step_options& options = {});

/// @throws invalid_argument  if route_step would
void check(const gated_batch& batch, const std::vector<double>& scores,
           const route_step_options& options);

}  // namespace moebius
