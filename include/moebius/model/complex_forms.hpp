// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/model/derivatives.hpp>

namespace moebius {

/// f''(a, b) for complex directions, linear in both (nothing is conjugated). Shape (n).
[[nodiscard]] Eigen::VectorXcd second_form(const multilinear& forms, const Eigen::VectorXcd& a,
                                           const Eigen::VectorXcd& b);

/// f'''(a, b, c) for complex directions, linear in all three. Shape (n).
/// @source polarization: 24 f'''(a, b, c) is a sum of f'''(d, d, d) over four d = a +- b +- c
[[nodiscard]] Eigen::VectorXcd third_form(const multilinear& forms, const Eigen::VectorXcd& a,
                                          const Eigen::VectorXcd& b, const Eigen::VectorXcd& c);

}  // namespace moebius
