// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <Eigen/QR>
#include <moebius/diagnose/block_scales.hpp>

namespace moebius {

/// Orthonormal columns that span the parabolas in time over a window's blocks.
inline const Eigen::Matrix<double, block_window::blocks, 3>& parabola_basis() {
    constexpr int blocks = block_window::blocks;
    using columns = Eigen::Matrix<double, blocks, 3>;
    static const columns basis = [] {
        columns powers;
        for (int i = 0; i < blocks; ++i) {
            const double x = 2.0 * i / (blocks - 1) - 1;
            powers.row(i) << 1, x, x * x;
        }
        const Eigen::HouseholderQR<columns> qr(powers);
        return columns(qr.householderQ() * columns::Identity());
    }();
    return basis;
}

}  // namespace moebius
