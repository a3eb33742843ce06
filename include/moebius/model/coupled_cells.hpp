// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>

namespace moebius {

/// What a field of n cells with k states each also is, if its cells answer to each other through
/// one matrix S that is similar to a symmetric one: its Jacobian is A on each cell plus B for each
/// entry of S, so that each eigenvalue sigma of S gives the eigenvalues of the k x k matrix
/// A + sigma B, and the n k eigenvalues take n^3 operations in place of (n k)^3.
///
/// All members moving together is an eigenvector of S to 0, which may have a matrix of its own.
class coupled_cells {
public:
    /// The symmetric matrix. Shape: out (n, n), column-major.
    /// @return false if S is none at (x, p)
    [[nodiscard]] virtual bool coupling(std::span<const double> x, std::span<const double> p,
                                        std::span<double> out) const = 0;

    /// A + sigma B; of all cells together if no sigma is given. Shape: out (k, k), column-major.
    virtual void mode(std::span<const double> p, std::optional<double> sigma,
                      std::span<double> out) const = 0;

protected:
    ~coupled_cells() = default;
};

}  // namespace moebius
