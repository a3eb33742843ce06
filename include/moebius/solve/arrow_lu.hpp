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
/// where entry i of the first half and entry i of the second may be coupled, too: then diag(d) is
/// n/2 blocks [d_i, upper_i; lower_i, d_(n/2 + i)].
/// Shapes: d (n), upper and lower (n/2) or empty, B and C (n, k), E (k, k). A bordered matrix
/// [diag(d) + U V^T, b; c^T, e] is one with B = [U b], C = [V c] and E = diag(-1, e).
struct arrow_matrix {
    Eigen::VectorXd diagonal;
    Eigen::MatrixXd right;   ///< B
    Eigen::MatrixXd below;   ///< C, one column for each border row
    Eigen::MatrixXd corner;  ///< E
    Eigen::VectorXd upper = {}, lower = {};

    [[nodiscard]] Eigen::Index rows() const noexcept { return diagonal.size() + corner.rows(); }
};

/// Factors of an arrow matrix by its Schur complement.
///
/// The k smallest |d_i|, or blocks with the smallest singular values, are moved into the border
/// first. With more than k zeros the matrix is singular, and its smallest singular value is at most
/// the smallest that stays (a border of k rows and columns has rank 2k: Weyl's inequality); so no
/// pivot is smaller than the matrix itself demands. Where pivots differ much, one step of iterative
/// refinement mends what cancels in the complement.
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
    [[nodiscard]] bool coupled() const noexcept { return a_->upper.size() > 0; }
    [[nodiscard]] double entry(Eigen::Index i, Eigen::Index j) const;
    [[nodiscard]] double sign_of_rest() const;
    void invert_blocks();
    void choose_moved();
    void scale(Eigen::Ref<Eigen::VectorXd> y) const;
    void solve_once(Eigen::VectorXd& b) const;

    const arrow_matrix* a_ = nullptr;
    std::vector<Eigen::Index> moved_;  // positions in the diagonal
    Eigen::VectorXd least_;            // singular value of each entry or block
    Eigen::VectorXd determinant_;      // of each block
    Eigen::VectorXd inverse_;          // of the diagonal, or the diagonals of inverse blocks;
    Eigen::VectorXd upper_, lower_;    // and what these have beside it; 0 where it moved
    Eigen::MatrixXd scaled_;           // diag(d)^-1 B, (n, k)
    Eigen::MatrixXd schur_matrix_;     // of the moved entries, then the border
    dense_lu schur_;
    bool refines_ = false;
    double sign_ = 1;
    mutable Eigen::VectorXd rest_, small_, half_;  // work space: one thread at a time
};

}  // namespace moebius
