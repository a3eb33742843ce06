// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

namespace moebius {

/// diag(d) + u v^T by its products w_i = u_i v_i, all >= 0 or all <= 0: similar to the symmetric
/// diag(d) +- z z^T with z_i^2 = |w_i|. Its eigenvalues are real: the zeros of the secular function
///
///     f(x) = 1 + sum_i w_i / (d_i - x)
///
/// of which there is one between each two neighbours among the d_i with w_i != 0 and one beyond
/// them, and the d_i that are repeated or have w_i = 0.
/// @source  Golub 1973, SIAM Review 15 (section 5); Bunch, Nielsen & Sorensen 1978, Numer. Math. 31
struct rank_one_update {
    Eigen::VectorXd diagonal;  ///< d (n)
    Eigen::VectorXd weights;   ///< w (n)
};

/// Whether the weights have one sign, so that what follows holds.
[[nodiscard]] bool has_real_spectrum(const rank_one_update& a);

/// How many eigenvalues are > 0, from the signs of the d_i and of f(0).
/// @cost    O(n)
/// @source  Haynsworth 1968, Linear Algebra Appl. 1: the inertia of [diag(d) z; z^T -+1] taken
///          both ways; a zero in d with a weight stands between its neighbours
[[nodiscard]] std::size_t positive_eigenvalues(const rank_one_update& a);

/// The `count` largest eigenvalues (or all), falling, each as often as its multiplicity.
///
/// d_i within a few roundings of each other count as equal, and weights that could not move an
/// eigenvalue by more as zero.
/// @cost      O(n) for each, and O(n) before them
/// @accuracy  a few roundings of max |d_i| + sum |w_i|
/// @source    deflation: Bunch, Nielsen & Sorensen 1978, section 4; Gu & Eisenstat 1994, SIAM J.
///            Matrix Anal. Appl. 15
[[nodiscard]] std::vector<double> leading_eigenvalues(const rank_one_update& a, std::size_t count);

}  // namespace moebius
