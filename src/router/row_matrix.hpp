// SPDX-License-Identifier: MIT
// Arrays of the interfaces, row by row, as Eigen's matrices.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>

namespace moebius::detail {

using row_matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

/// Shape (values.size() / columns, columns)
inline Eigen::Map<const row_matrix> as_matrix(std::span<const double> values, std::size_t columns) {
    return {values.data(), index(values.size() / columns), index(columns)};
}

}  // namespace moebius::detail
