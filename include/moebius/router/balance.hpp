// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/router/router.hpp>
#include <span>
#include <vector>

namespace moebius {

/// A loss against collapse, and its gradient over the logits.
///
/// Logits are (T, N), row-major. A row that cannot be routed (NaN, plus infinity, nothing finite)
/// is left out and has gradient 0; T may be 0, and then the loss is 0.
struct loss_gradient {
    double loss = 0;
    std::vector<double> by_logits;  ///< (T, N)
};

/// N sum_j f_j P_j, with P_j the mean softmax probability: 1 at perfect balance of either.
/// @param dispatched  f (N): share of all assignments of each expert, taken as constant
/// @throws invalid_argument  for sizes that do not fit
/// @source Switch and GShard; docs/routers.md section 0
[[nodiscard]] loss_gradient switch_loss(std::span<const double> logits,
                                        std::span<const double> dispatched);

/// The mean over tokens of (log sum exp of the logits)^2.
/// @throws invalid_argument  for sizes that do not fit
[[nodiscard]] loss_gradient z_loss(std::span<const double> logits, std::size_t experts);

/// The squared coefficient of variation over experts, Var(I) / (mean(I)^2 + 1e-10), of the
/// importance I_j = sum_t softmax_tj. Var is that of a sample (N - 1); 0 for one expert.
/// @throws invalid_argument  for sizes that do not fit
/// @source Shazeer et al., Outrageously Large Neural Networks; docs/routers.md section 0
[[nodiscard]] loss_gradient importance_loss(std::span<const double> logits, std::size_t experts);

/// The same of a smooth load, Load_j = sum_t Phi((softmax_tj - threshold_t) / (gate_noise / N)).
/// @param thresholds  (T): the k-th largest noisy probability of each token, taken as constant;
///                    finite where the token can be routed
/// @param gate_noise  > 0
/// @throws invalid_argument  for sizes that do not fit, a threshold or a noise out of range
[[nodiscard]] loss_gradient load_loss(std::span<const double> logits, std::size_t experts,
                                      std::span<const double> thresholds, double gate_noise);

/// (importance_loss + load_loss) / 2.
/// @throws invalid_argument  as load_loss
[[nodiscard]] loss_gradient load_importance_loss(std::span<const double> logits,
                                                 std::size_t experts,
                                                 std::span<const double> thresholds,
                                                 double gate_noise);

/// b_j <- b_j - rate sign(load_j - 1/N), with sign(0) = 0.
/// @param bias  (N), changed in place
/// @param load  (N), finite: shares
/// @throws invalid_argument  for sizes that do not fit, a load that is not finite, rate < 0
/// @source DeepSeek-V3; docs/theory.md section 5
void sign_step(std::span<double> bias, std::span<const double> load, double rate);

/// b_j <- b_j - gain (load_j - 1/N) - leak b_j.
/// @throws invalid_argument  as sign_step, for gain and leak
/// @source docs/theory.md section 5
void integral_step(std::span<double> bias, std::span<const double> load, double gain, double leak);

/// The most tokens that an expert takes: ceil(T k factor / N). 0 for no tokens or a factor of 0.
/// @param factor  >= 0, finite
/// @throws invalid_argument  for no experts, k outside [1, N], a factor out of range
[[nodiscard]] std::size_t expert_capacity(std::size_t tokens, std::size_t experts, std::size_t k,
                                          double factor);

/// Drops what exceeds the capacity of an expert: of its tokens the first stay, in the order of the
/// batch. A dropped choice is no choice: weight 0, and loads and unrouted are counted again.
/// @return (N): dropped assignments of each expert
/// @throws invalid_argument  for an outcome of another number of experts
std::vector<std::uint64_t> drop_over_capacity(std::size_t experts, std::size_t capacity,
                                              router_outcome& outcome);

}  // namespace moebius
