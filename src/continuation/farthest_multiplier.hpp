// SPDX-License-Identifier: MIT
// The multiplier of a cycle that is farthest from 1.
#pragma once

#include <complex>
#include <vector>

namespace moebius::detail {

/// Makes the real multiplier that is farthest from the unit circle, if it is to be far and no other
/// one is, such that the product of all is exp(divergence), positive: that of a flow. Points that
/// damp a mode which intervals do not resolve leave of it no digit and not the sign.
/// @param others      all but the flow's own, by falling modulus, as they are left
/// @param divergence  the integral of the trace of f_x over the period
/// @return  false if it was on the other side of the circle, though there are others beside it
/// @source  Liouville's formula: Hartman, Ordinary Differential Equations, IV.1
bool place_farthest(std::vector<std::complex<double>>& others, double divergence);

/// Whether the product of multipliers may be exp(divergence): it is positive, and its logarithm
/// less by a tenth of the largest exponents at most; more by half of the largest decay, of which
/// points of collocation keep some. Those at the ends of what numbers hold tell their sign alone.
[[nodiscard]] bool keep_product(const std::vector<std::complex<double>>& others, double divergence);

}  // namespace moebius::detail
