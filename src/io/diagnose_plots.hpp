// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/io/plots.hpp>
#include <vector>

namespace moebius {

/// Panels of one picture, over the same steps. The margin of each of the six worst layers, with the
/// interval of the worst; the loads of the layer with the worst verdict, a band from the least to
/// the most, one of the middle half, their median; the largest load over the mean of each of the
/// six; and where it is known of a layer, K of the worst of these with the places of the fold, the
/// branch point and the Hopf point.
[[nodiscard]] std::vector<named_figure> diagnose_figures(const result_document& result);

}  // namespace moebius
