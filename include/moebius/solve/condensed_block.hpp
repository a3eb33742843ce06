// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <vector>

namespace moebius {

/// Rows A y + B z = r of N unknowns y and w further ones z, solved for y: y = outer() z + A^-1 r.
/// The memory is kept between uses: a chain of such blocks is condensed again and again.
/// @cost  2/3 N^3 + 2 N^2 w, by elimination with row pivoting
class condensed_block {
public:
    void resize(Eigen::Index unknowns, Eigen::Index others);

    /// A (N, N), to be set before condense, which overwrites it by its factors.
    [[nodiscard]] auto inner() { return work_.leftCols(work_.rows()); }
    /// B (N, w) before condense, and -A^-1 B after it; not finite if A is singular.
    [[nodiscard]] auto outer() { return work_.rightCols(work_.cols() - work_.rows()); }
    [[nodiscard]] auto outer() const { return work_.rightCols(work_.cols() - work_.rows()); }
    void condense();

    /// Overwrites b (N) with A^-1 b.
    void solve(Eigen::Ref<Eigen::VectorXd> b) const;
    /// The same for the transposed of A.
    void solve_transposed(Eigen::Ref<Eigen::VectorXd> b) const;

private:
    void eliminate_large();

    Eigen::MatrixXd work_;             // [A B], then the factors of A and -A^-1 B
    std::vector<Eigen::Index> swaps_;  // row k was swapped with this one
};

}  // namespace moebius
