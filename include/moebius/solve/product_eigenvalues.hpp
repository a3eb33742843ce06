// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <complex>
#include <span>
#include <vector>

namespace moebius {

/// Eigenvalues of the product A_{L-1} ... A_1 A_0 by its periodic Schur form: each factor is made
/// triangular by unitary transformations that the next one takes up, so that the product is never
/// formed and every eigenvalue is found as a product of L numbers. Rounding then acts on each
/// factor alone: an eigenvalue near 1 errs by the rounding of single factors, whatever others are.
///
/// Real ones come with no imaginary part and others as exact pairs. By falling modulus; moduli
/// beyond largest_eigenvalue are given as that, with their own argument.
/// @param factors  square, all of one size, one at least
/// @return         empty if a number is not finite, or the sweeps do not part them
/// @cost    some 30 L n^3
/// @source  Bojanczyk, Golub & Van Dooren, Proc. SPIE 1770 (1992) 31; Kressner, BIT 41 (2001) 721;
///          for multipliers Fairgrieve & Jepson, SIAM J. Numer. Anal. 28 (1991) 1446, and Lust,
///          Int. J. Bifurcation and Chaos 11 (2001) 2389
[[nodiscard]] std::vector<std::complex<double>> product_eigenvalues(
    std::span<const Eigen::MatrixXd> factors);

inline constexpr double largest_eigenvalue = 1e150;  ///< so that two of them can be multiplied

}  // namespace moebius
