// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/solve/dense_lu.hpp>
#include <vector>

namespace moebius {

/// An arrow matrix: a diagonal with a few border columns and rows,
///
///     [ diag(d)  B ]
///     [ C^T      E ]
///
/// Shapes: d (n), B and C (n, k), E (k, k). A bordered matrix [diag(d) + U V^T, b; c^T, e] is one
/// with B = [U b], C = [V c] and E = diag(-1, e).
struct arrow_matrix {
    Eigen::VectorXd diagonal;
    Eigen::MatrixXd right;   ///< B
    Eigen::MatrixXd below;   ///< C, one column for each border row
    Eigen::MatrixXd corner;  ///< E

    [[nodiscard]] Eigen::Index rows() const noexcept { return diagonal.size() + corner.rows(); }
};

/// Factors of an arrow matrix by its Schur complement.
///
/// The k smallest |d_i| are moved into the border first. With more than k zeros the matrix is
/// singular, and its smallest singular value is at most the smallest |d_i| that stays (a border of
/// k rows and columns has rank 2k: Weyl's inequality); so no pivot is smaller than the matrix
/// itself demands. Where pivots differ much, one step of iterative refinement mends what
/// cancels in the complement.
/// @cost    O(n k^2) a factorisation, O(n k) a solve
/// @source  Golub & Van Loan, Matrix Computations (4th ed.), section 3.2.11 (block LU) and 3.5.3
///          (refinement); Govaerts, section 3.6 (block elimination with refinement)
class arrow_lu {
public:
    /// The matrix must outlive the factors and stay as it is.
    void compute(const arrow_matrix& a);

    /// Overwrites b with the solution; infinite or NaN entries if the matrix is singular.
    void solve_in_place(Eigen::VectorXd& b) const;

    /// Of the determinant.
    [[nodiscard]] double sign() const noexcept { return sign_; }

private:
    void solve_once(Eigen::VectorXd& b) const;
    void choose_moved();

    const arrow_matrix* a_ = nullptr;
    std::vector<Eigen::Index> moved_;  // positions in the diagonal
    Eigen::VectorXd inverse_;          // of the diagonal; 0 where it moved
    Eigen::MatrixXd scaled_;           // inverse_ times B, (n, k)
    Eigen::MatrixXd schur_matrix_;     // of the moved entries, then the border
    dense_lu schur_;
    bool refines_ = false;
    double sign_ = 1;
    mutable Eigen::VectorXd rest_, small_;  // work space: one thread at a time
};

}  // namespace moebius
