// SPDX-License-Identifier: MIT
#pragma once

namespace moebius {

/// The least curvature of the adjusted likelihood, over that of the regression.
constexpr double least_curved = 0.05;

/// The sums of a regression on x and y, less the means of each expert.
struct normal_equations {
    double xx, xy, xq, yy, yq, qq;
    bool both;  ///< whether c is fitted, or known
    double a = 0, c = 0;

    [[nodiscard]] double det() const { return both ? xx * yy - xy * xy : xx; }
    /// Fits with the right-hand sides rx and ry in place of xq and yq.
    void solve(double rx, double ry) {
        if (both) c = (ry * xx - rx * xy) / det();
        a = both ? (rx * yy - ry * xy) / det() : (rx - c * xy) / xx;
    }
    [[nodiscard]] double left() const {
        return qq - 2 * a * xq - 2 * c * yq + a * a * xx + 2 * a * c * xy + c * c * yy;
    }
};

}  // namespace moebius
