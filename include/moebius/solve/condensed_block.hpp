// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <vector>

namespace moebius {

/// Rows A y + B z = r of N unknowns y and w further ones z, solved for y: y = outer() z + A^-1 r.
/// The memory is kept between uses: a chain of such blocks is condensed again and again.
/// @cost  N^3 + 2 N^2 w, by elimination with row pivoting, in vectors
class condensed_block {
public:
    void resize(Eigen::Index unknowns, Eigen::Index others);

    /// A (N, N), to be set before condense, which overwrites it by its factors.
    [[nodiscard]] auto inner() { return work_.topLeftCorner(unknowns_, unknowns_); }
    /// B (N, w) before condense, and -A^-1 B after it; not finite if A is singular.
    [[nodiscard]] auto outer() { return work_.topRightCorner(unknowns_, work_.cols() - unknowns_); }
    [[nodiscard]] auto outer() const {
        return work_.topRightCorner(unknowns_, work_.cols() - unknowns_);
    }
    void condense();

    /// Overwrites b (N) with A^-1 b.
    void solve(Eigen::Ref<Eigen::VectorXd> b) const;
    /// The same for the transposed of A.
    void solve_transposed(Eigen::Ref<Eigen::VectorXd> b) const;

    static constexpr Eigen::Index together = 8;  ///< numbers of a column in the longest vector

private:
    Eigen::Index unknowns_ = 0;
    Eigen::MatrixXd work_;  // [A B], then factors and -A^-1 B; rows rounded up to whole vectors
    Eigen::VectorXd inverse_, column_;  // one over each pivot; what is worked on
    std::vector<std::size_t> pivots_;   // the row of each unknown
};

}  // namespace moebius
