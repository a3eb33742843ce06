// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/plots.hpp>
#include <vector>

namespace moebius {

/// `loads`: those of the layer with the worst verdict over steps, a band from the least to the
/// most, one of the middle half, their median. `layers`: the largest load over the mean of each of
/// the six worst layers. `margins`: theirs over steps, with the interval of the worst. `feedback`:
/// K over steps of the worst layer of which it is known, and where fold, branch point and Hopf
/// point are.
[[nodiscard]] std::vector<named_figure> diagnose_figures(const result_document& result);

}  // namespace moebius
