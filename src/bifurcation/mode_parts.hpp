// SPDX-License-Identifier: MIT
// What the systems of critical modes are made of.
#pragma once

#include <Eigen/Core>
#include <moebius/base/enclosed.hpp>
#include <span>

namespace moebius::detail {

using values = std::span<const enclosed>;

/// s^k times a vector, put on a line.
inline void add_to(std::span<enclosed> line, std::size_t k, values v) {
    for (std::size_t i = 0; i < line.size(); ++i) line[i].set(k, v[i]);
}

inline enclosed inner(const Eigen::VectorXd& c, values v) {
    enclosed sum;
    for (std::size_t i = 0; i < v.size(); ++i) sum += c[static_cast<Eigen::Index>(i)] * v[i];
    return sum;
}

}  // namespace moebius::detail
