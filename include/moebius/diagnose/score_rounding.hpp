// SPDX-License-Identifier: MIT
#pragma once

#include <span>

namespace moebius {

/// How scores are rounded, by the most bits and the most decimal digits that any of them has.
class score_rounding {
public:
    void take(std::span<const double> scores);
    /// What lies between two scores of this size.
    [[nodiscard]] double at(double score) const;

private:
    int bits_ = 0, digits_ = 0;
    int place_ = 400;  ///< of the last digit of all, as an exponent of 10
};

}  // namespace moebius
