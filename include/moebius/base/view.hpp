// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace moebius {

/// The numbers of an Eigen vector, matrix (column by column), column or map as a span, which Eigen
/// 3.4 does not give by itself.
template <typename Dense>
[[nodiscard]] auto view(Dense&& values) {
    return std::span(values.data(), static_cast<std::size_t>(values.size()));
}

/// One number as a span of length 1.
[[nodiscard]] inline std::span<double> view(double& value) { return {&value, 1}; }
[[nodiscard]] inline std::span<const double> view(const double& value) { return {&value, 1}; }

}  // namespace moebius
