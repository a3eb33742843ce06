// SPDX-License-Identifier: MIT
// Eigenvectors at a special point, in the fixed-point space in which the eigenvalue is simple.
#pragma once

#include <complex>
#include <moebius/base/grouping.hpp>
#include <optional>

#include "whole_jacobian.hpp"

namespace moebius {

/// q and w of one eigenvalue with w^H q = 1 (if it is not defective), q of length 1 where it lives.
struct critical_vectors {
    Eigen::VectorXcd q, w;
    double cosine;    ///< |w^H q| of the two with length 1: 0 where the eigenvalue is defective
    grouping groups;  ///< on which q is constant: the length is that of its values on these
};

/// Where q differs within one group, its first member goes its own way and the others agree, as in
/// the normal forms of a file. Nothing where that is no eigenvector: the kernel is another one's.
/// @param groups  of the point
[[nodiscard]] std::optional<critical_vectors> critical_vectors_at(const whole_space& in,
                                                                  const whole_jacobian& at,
                                                                  const grouping& groups,
                                                                  std::complex<double> z);

}  // namespace moebius
