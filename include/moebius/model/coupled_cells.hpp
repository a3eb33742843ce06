// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/model/field.hpp>
#include <optional>
#include <span>

namespace moebius {

/// A Jacobian of n cells with two states each in its parts: structured_terms, where diag(diagonal)
/// also has entries (i, n + i) and (n + i, i) for i < n. Shapes: upper, lower (n).
struct coupled_terms {
    structured_terms all;
    std::span<double> upper, lower;
};

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

    /// The rank of what a Jacobian of two states a cell is beside its blocks; 0 if the model does
    /// not know it so. Then S = diag(d) + u v^T, by d and the products u_i v_i. Shapes: (n) each.
    [[nodiscard]] virtual std::size_t coupled_rank() const = 0;
    virtual void coupled(std::span<const double> x, std::span<const double> p,
                         std::span<const std::size_t> free, const coupled_terms& out) const = 0;
    virtual void rank_one_coupling(std::span<const double> x, std::span<const double> p,
                                   std::span<double> diagonal, std::span<double> weights) const = 0;

protected:
    ~coupled_cells() = default;
};

}  // namespace moebius
