// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/model/field.hpp>
#include <vector>

namespace moebius::cli {

/// The state that the model names as a start, or 0, in which the first expert's score leads the
/// others by `lead`.
[[nodiscard]] std::vector<double> led_state(const field& model, double lead);

}  // namespace moebius::cli
