// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/solve/arrow_lu.hpp>
#include <moebius/solve/linearization.hpp>

namespace moebius {

/// The derivative of n + b - 1 equations whose first n depend on the n states through a diagonal
/// plus a matrix of low rank r, and on b more unknowns:
///
///     DF = [ diag(d) + U V^T  P ]
///          [ R                  ]
///
/// where diag(d) may couple each state of the first half with one of the second.
/// Shapes: U, V (n, r), P (n, b), R (b - 1, n + b). Bordered by one row it is an arrow_matrix.
/// @cost  O(n (r + b)^2) a factorisation, O(n (r + b)) memory and each solve
class low_rank_linearization final : public linearization {
public:
    low_rank_linearization(Eigen::Index states, Eigen::Index rank, Eigen::Index border);

    // To be set before factor:
    [[nodiscard]] Eigen::VectorXd& diagonal() noexcept { return arrow_.diagonal; }  ///< d
    /// Entries (i, n/2 + i) and (n/2 + i, i) beside d, if there are any.
    [[nodiscard]] Eigen::VectorXd& upper() noexcept { return arrow_.upper; }
    [[nodiscard]] Eigen::VectorXd& lower() noexcept { return arrow_.lower; }
    [[nodiscard]] auto left() { return arrow_.right.leftCols(rank_); }        ///< U
    [[nodiscard]] auto right() { return arrow_.below.leftCols(rank_); }       ///< V
    [[nodiscard]] auto columns() { return arrow_.right.rightCols(border_); }  ///< P
    void set_row(Eigen::Index j, const Eigen::VectorXd& row);  ///< row j of R, of length n + b

    void factor(const Eigen::VectorXd& row) override;
    void solve_in_place(Eigen::VectorXd& b) const override;
    [[nodiscard]] double regularity(const Eigen::VectorXd& tangent) const override;

private:
    [[nodiscard]] Eigen::VectorXd row_lengths() const;

    Eigen::Index states_, rank_, border_;
    arrow_matrix arrow_;
    arrow_lu lu_;
    Eigen::VectorXd row_;
    mutable Eigen::VectorXd inner_;  // work space: with the rank's unknowns in the middle
};

}  // namespace moebius
