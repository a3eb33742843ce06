// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/plots.hpp>
#include <vector>

namespace moebius {

/// `loads` and `accuracy` of an ensemble over what was varied, or over seeds: each model a ring,
/// means with their 95 % intervals.
[[nodiscard]] std::vector<named_figure> training_figures(const result_document& result);

/// Load gaps of `validate --trained` over what was varied: predicted from the response of the
/// gates, and measured with them frozen and in training, from both starts.
[[nodiscard]] std::vector<named_figure> validate_trained_figures(const result_document& result);

}  // namespace moebius
