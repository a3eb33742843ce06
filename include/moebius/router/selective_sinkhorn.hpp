// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <moebius/router/noise.hpp>
#include <moebius/router/router.hpp>
#include <moebius/router/sinkhorn.hpp>
#include <string_view>

namespace moebius {

/// What the router learns from a batch that Sinkhorn's scaling routed.
enum class plan_gradient {
    detached,  ///< nothing: the gates are constants, only the experts learn
    implicit,  ///< the derivative of the gates through the plan; 0 for k = 1, whose gates are 1
};
[[nodiscard]] std::string_view to_string(plan_gradient gradient) noexcept;

struct selective_sinkhorn_options {
    double beta = 1;           ///< inverse temperature, > 0
    std::size_t k = 1;         ///< experts a token, >= 1
    double frequency = 0.001;  ///< q: the probability that a batch is balanced, in [0, 1]
    sinkhorn_options scaling = {};
    sinkhorn_cost cost = sinkhorn_cost::linear;
    double noise_scale = 0.1;  ///< of the normal noise on the cost, >= 0; 0 leaves ties, see below
    plan_gradient gradient = plan_gradient::detached;
    noise_law noise = noise_law::gumbel;  ///< of ordinary batches; logistic for two experts only
};

/// Whether this batch is balanced: the same answer wherever it is asked.
/// @param frequency  in [0, 1]
[[nodiscard]] bool is_sinkhorn_step(batch_key key, double frequency) noexcept;

/// The router "selective-sinkhorn": top-k of softmax, but in a few training batches, drawn with
/// probability `frequency`, top-k of a transport plan that gives all experts the same.
///
/// Ordinary batches take the k largest of z = beta (logit + score), plus noise. For k = 1 the
/// weight is the softmax probability of the choice, as in Switch (and choices are those of `top1`);
/// for k > 1 it is the softmax over the chosen. `infer` does the same without noise.
/// In a balanced batch the cost is z or its softmax, plus noise; the weights are those of
/// `gates_of`. A linear plan does not depend on the scores, which are left out of it. Where no
/// plan exists, because an expert is closed to every token, the batch is an ordinary one.
///
/// The trap: rows of a plan have ties where tokens see no difference (logits all alike, as of
/// experts without tokens, or a batch of one token), and without noise on the cost all tokens of
/// the batch go to the lowest expert, the opposite of balance. Hence the noise of the default.
///
/// mean_load, for k = 1 and gumbel (or logistic) noise, is mixed_loads of softmax and
/// - 1/N for logits of all 0 and noise on the cost, in batches of at least two tokens;
/// - the lowest expert for logits of all 0 without noise on the cost;
/// - for the linear cost, the load of the plan of a batch of exactly these tokens at the beta of
///   the router (it is a step function of beta), with noise the mean of 32 such batches: a constant
///   that is known to some 1/sqrt(32 T), and all slopes exactly;
/// - otherwise null.
/// @throws invalid_argument  for an option out of range
/// @source docs/routers.md sections 5.1, 5.2, 5.4
[[nodiscard]] std::shared_ptr<const router> selective_sinkhorn(
    const selective_sinkhorn_options& options = {});

}  // namespace moebius
