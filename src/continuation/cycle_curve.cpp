// SPDX-License-Identifier: MIT
#include <moebius/continuation/cycle_curve.hpp>

namespace moebius {

void cycle_curve::factor(const Eigen::VectorXd& row) {
    row_ = row;
    border(row.transpose());
}

/// det [DF; t] = det [DF; row] |z| for z = [DF; row]^-1 e, since t = z / |z| and row . z = 1.
double cycle_curve::regularity(const Eigen::VectorXd& tangent) const {
    return border_regularity() / row_.dot(tangent);
}

}  // namespace moebius
