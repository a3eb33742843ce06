// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace moebius {

/// How a controller answers to loads.
enum class control_law {
    none,
    integral,      ///< b_e <- b_e - step (gain (n_e - 1/E) + leak b_e)
    sign,          ///< b_e <- b_e - gain sign(n_e - 1/E), DeepSeek-V3's
    centred_sign,  ///< the same, its mean over experts taken off, torchtitan's
};

/// A controller that balances loads: it adds a score b_e to the one that follows the loads, and
/// tokens are routed by the sum.
/// @source  docs/theory.md section 5; Wang et al., arXiv 2408.15664 (auxiliary-loss-free
/// balancing),
///          algorithm 1; DeepSeek-V3, arXiv 2412.19437, section 2.1.2
struct load_controller {
    control_law law = control_law::none;
    double gain = 0;  ///< of the integral law per unit of time, of the signs a batch (u); >= 0
    double leak = 0;  ///< of the integral law, the rate at which it forgets, >= 0
};

[[nodiscard]] std::string_view to_string(control_law law) noexcept;
/// @throws invalid_argument for an unknown name, offering the nearest
[[nodiscard]] control_law control_law_from_name(std::string_view name);

/// @param step  time per batch
/// @throws invalid_argument  if a value is out of range; for a leak of a law without one, and where
///                           step leak > 1 makes the score overshoot
void check(const load_controller& controller, double step);

/// Moves the controller's scores by the loads of one batch. Each operation rounds by itself, in
/// this order, on every backend.
/// @param loads   (E) shares
/// @param scores  (E) b
void control(const load_controller& controller, double step, std::span<const double> loads,
             std::span<double> scores);

}  // namespace moebius
