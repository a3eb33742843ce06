// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

namespace moebius::exact {

/// coth y - 1/y without cancellation, so that y coth y - 1 = y langevin(y) keeps its digits too.
///
/// @source Lambert's continued fraction y/(3 + y^2/(5 + ...)), all terms positive
inline double langevin(double y) {
    if (std::abs(y) > 2) return 1 / std::tanh(y) - 1 / y;
    double q = 0;
    for (int odd = 31; odd >= 5; odd -= 2) q = y * y / (odd + q);  // enough for |y| <= 2
    return y / (3 + q);
}

}  // namespace moebius::exact
