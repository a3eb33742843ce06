// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <Eigen/LU>
#include <array>

namespace moebius {

/// LU factors of a square matrix with row pivoting, kept for many solves.
///
/// Curves of scalar models need systems of two and three rows, thousands of times: up to `small`
/// rows the elimination runs in place over a fixed array, beyond that Eigen does it.
class dense_lu {
public:
    static constexpr Eigen::Index small = 4;

    void compute(const Eigen::MatrixXd& a);
    [[nodiscard]] double determinant() const;  ///< zero or NaN if the matrix is singular
    [[nodiscard]] double sign() const;  ///< of the determinant, also where that over- or underflows

    /// Overwrites b with the solution; infinite or NaN entries if the matrix is singular.
    void solve_in_place(Eigen::VectorXd& b) const;
    /// The same for the transposed matrix.
    void solve_transposed_in_place(Eigen::VectorXd& b) const;

private:
    Eigen::Index size_ = 0;
    std::array<std::array<double, small>, small> lu_{};  // row by row, pivots inverted
    std::array<Eigen::Index, small> row_{};              // of the matrix, in pivot order
    double determinant_ = 0;
    Eigen::PartialPivLU<Eigen::MatrixXd> large_;
};

}  // namespace moebius
