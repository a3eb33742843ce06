// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/lane_sums.hpp>

namespace moebius {

/// The sum of all lanes: of pairs, fours and eights.
inline double folded(const double* s) {
    static_assert(sum_lanes == 8);
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

}  // namespace moebius
