// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/simulate/load_controller.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace moebius {

/// A controller as a user finds it: a law, or a law at a rate that was published.
struct controller_info {
    std::string_view name;
    std::string_view meaning;
    control_law law;
    std::optional<double> gain;  ///< that is meant where none is said
};

/// @source  loss-free: Wang et al., arXiv 2408.15664, u = 0.001 in all main results (0.0001 is slow
///          at the start, 0.01 fluctuates late); deepseek-v3: arXiv 2412.19437, section 4.2, 0.001
///          for the first 14.3T tokens; torchtitan: its load_balance_coeff, 0.001, re-centred
[[nodiscard]] std::span<const controller_info> known_controllers();

/// The controller that NAME or NAME,key=value,... means; keys are gain, and leak of the integral
/// law.
/// @throws invalid_argument  for an unknown name or key, a value that is no number or out of range,
///                           and a law without its gain
[[nodiscard]] load_controller controller_from(std::string_view text);

/// The same in full: "integral,gain=0.5,leak=0", "sign,gain=0.001", "none".
[[nodiscard]] std::string text_of(const load_controller& controller);

}  // namespace moebius
