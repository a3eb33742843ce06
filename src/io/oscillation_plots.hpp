// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/plots.hpp>
#include <vector>

namespace moebius {

/// Growth below the onset of oscillations, and their period and amplitude beyond it, measured on
/// predicted.
[[nodiscard]] std::vector<named_figure> validate_oscillation_figures(const result_document& result);

}  // namespace moebius
