// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace moebius::exact {

/// A state of exact-k routing at which m of N experts are equally ahead by r = beta (s_winner -
/// s_other), and where its branch turns.
struct subset_branch_fold {
    double K = 0;             ///< feedback beta/decay
    double r = 0;             ///< there
    std::size_t winners = 0;  ///< m; 0 where no branch reaches below the threshold of equal loads
};

/// The least K at which a state other than equal loads exists, over all m: for top_k = 1 that is
/// K_s(N) of branch_fold.
///
/// Exact-k draws j of the m winners with P(j) ~ C(m, j) C(N - m, k - j) e^{jr}, so that a winner's
/// load is a = E[j]/(m k) and another's c = (1 - m a)/(N - m); the branch is K(r) = r/(a - c).
/// Checked against continuation (tests) and, for k = 1, the closed form.
/// @accuracy  1e-9 relative in K
/// @throws invalid_argument  for fewer than two experts or top_k not in 1 ... experts - 1
[[nodiscard]] subset_branch_fold subset_fold(std::size_t experts, std::size_t top_k);

}  // namespace moebius::exact
