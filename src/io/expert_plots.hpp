// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/plots.hpp>
#include <vector>

namespace moebius {

/// The largest load over feedback: the branches on which some state is stable, named by their
/// winners where runs rested on them, and on them what was measured.
[[nodiscard]] std::vector<named_figure> validate_experts_figures(const result_document& result);

/// The same on tokens, the branches named by the expert that leads on them.
[[nodiscard]] std::vector<named_figure> validate_tokens_figures(const result_document& result);

}  // namespace moebius
