// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/model/cell_field.hpp>
#include <moebius/router/load_response.hpp>

namespace moebius {

/// The parameters of the models below that belong to all experts.
[[nodiscard]] std::span<const parameter_info> expert_parameters(bool controlled) noexcept;

/// N experts with adaptive scores, s_e' = feedback p_e(s) - decay s_e + bias_e.
///
/// Cells of one state; parameters feedback, decay, beta, then bias_e for each group, named by its
/// first member. Its name is the response's.
/// @source  docs/theory.md sections 1 and 3
[[nodiscard]] std::shared_ptr<const cell_field> expert_feedback(
    std::shared_ptr<const load_response> response);

/// The same under the integral load-balancing controller:
///
///     z_e' = feedback p_e(z + b) - decay z_e + bias_e
///     b_e' = -gain (p_e(z + b) - 1/N) - leak b_e - decay (mean of b)
///
/// No load depends on the mean of b, and without leak the controller conserves it: a zero
/// eigenvalue everywhere that says nothing. The last term makes it relax and changes no load.
///
/// Cells of two states; parameters feedback, decay, beta, gain, leak, then bias_e.
/// @source  docs/theory.md section 5
[[nodiscard]] std::shared_ptr<const cell_field> controlled_feedback(
    std::shared_ptr<const load_response> response);

}  // namespace moebius
