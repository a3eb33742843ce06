// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// How vectors are made to have about unit length before logits are taken.
enum class unit_law {
    none,          ///< they are not
    inverse_root,  ///< x / sqrt(|x|^2 + eps), as in vmoe
    added,         ///< x / (|x| + eps), as in Chung et al.
};
[[nodiscard]] std::string_view to_string(unit_law law) noexcept;

/// A layer of n experts with p slots each, on tokens of width d. Slot j belongs to expert j / p.
struct soft_moe_layer {
    std::size_t width = 1;               ///< d, >= 1
    std::size_t experts = 1;             ///< n, >= 1
    std::size_t slots = 1;               ///< p of an expert, >= 1
    std::vector<double> slot_vectors{};  ///< Phi (d, n p), row-major, finite
    double scale = 1;                    ///< s, finite: multiplies the slots' unit vectors
    unit_law unit = unit_law::inverse_root;
    double eps = 1e-6;       ///< of the unit law, > 0
    bool mix_units = false;  ///< whether experts see mixtures of the unit tokens, not of raw ones
    std::vector<double>
        scores{};  ///< (n), finite: added to all logits of an expert; empty for none

    [[nodiscard]] std::size_t all_slots() const noexcept { return experts * slots; }
};

/// What one expert does with its slots. Shapes: inputs (p, d), outputs (p, d), row-major.
using expert_function = std::function<void(std::size_t expert, std::span<const double> inputs,
                                           std::span<double> outputs)>;

/// dL/dinputs (p, d) of one expert from dL/doutputs (p, d); by_inputs comes as zeros.
using expert_gradient =
    std::function<void(std::size_t expert, std::span<const double> inputs,
                       std::span<const double> by_outputs, std::span<double> by_inputs)>;

/// All that a layer made of m tokens. All arrays are row-major.
struct soft_moe_pass {
    std::vector<double> dispatch;      ///< D (m, n p): columns sum to 1
    std::vector<double> combine;       ///< C (m, n p): rows sum to 1
    std::vector<double> slot_inputs;   ///< D^T X (n p, d)
    std::vector<double> slot_outputs;  ///< (n p, d)
    std::vector<double> output;        ///< C slot_outputs (m, d)
};

/// L = unit(X) s unit(Phi) + scores, D = softmax of L over tokens, C = softmax of L over slots.
///
/// Scores move C alone: a constant in a column of L leaves D as it is. A token that is not finite
/// is left out: its rows of D, C and the output are 0.
/// @param tokens  X (m, d), row-major; m may be 0, and then the experts see zeros
/// @throws invalid_argument  for a size of 0 or one that does not fit, eps <= 0, a number that is
///                           not finite
/// @cost    m n p d multiplications twice, and the experts
/// @source  Puigcerver et al., From Sparse to Soft Mixtures of Experts; docs/routers.md section 4.1
[[nodiscard]] soft_moe_pass soft_moe(const soft_moe_layer& layer, std::span<const double> tokens,
                                     const expert_function& expert);

struct soft_moe_gradient {
    std::vector<double> by_tokens;        ///< (m, d); 0 for a token left out
    std::vector<double> by_slot_vectors;  ///< (d, n p)
    double by_scale = 0;
    std::vector<double> by_scores;  ///< (n)
};

/// @param pass       of the same layer and tokens
/// @param by_output  dL/doutput (m, d), row-major
/// @throws invalid_argument  as soft_moe
/// @source docs/routers.md section 4.2
[[nodiscard]] soft_moe_gradient soft_moe_backward(const soft_moe_layer& layer,
                                                  std::span<const double> tokens,
                                                  const soft_moe_pass& pass,
                                                  std::span<const double> by_output,
                                                  const expert_gradient& expert);

}  // namespace moebius
