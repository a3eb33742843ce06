// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <vector>

namespace moebius {

/// A real matrix split between eigenvalues of larger and of smaller real part.
struct spectral_split {
    Eigen::MatrixXd upper;                 ///< the projection onto the invariant subspace of those
                                           ///< of larger real part, along the other one
    std::vector<Eigen::MatrixXd> changes;  ///< its derivatives
};

/// Of the `count` eigenvalues of largest real part, by the matrix sign function; it and its
/// derivatives are smooth as long as these have larger real parts than the others, also where some
/// of either come together.
///
/// @param a           (n, n)
/// @param count       from 0 to n; no pair may be torn
/// @param directions  in which a changes, each (n, n)
/// @return            no number where real parts are alike
/// @cost    some 10 to 20 inverses, and as many products for each direction
/// @source  Roberts, Int. J. Control 32 (1980) 677; Higham, Functions of Matrices (2008), chapter 5
[[nodiscard]] spectral_split split_spectrum(const Eigen::MatrixXd& a, std::size_t count,
                                            std::span<const Eigen::MatrixXd> directions = {});

}  // namespace moebius
