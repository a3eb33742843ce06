// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <Eigen/LU>
#include <complex>

namespace moebius {

// Eigen's decompositions of dense matrices behind plain calls: their templates take seconds to
// compile, and are compiled once. Results are those of the decomposition named, bit for bit.

/// Eigen::PartialPivLU of a square matrix; Scalar is double or std::complex<double>.
/// @cost  2/3 n^3 to factor, 2 n^2 a right side
template <typename Scalar>
class partial_lu {
public:
    using matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
    using vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

    partial_lu() = default;
    explicit partial_lu(const matrix& a);
    void compute(const matrix& a);

    /// x with a x = b; not finite if the matrix is singular.
    [[nodiscard]] vector solve(const vector& b) const;
    [[nodiscard]] matrix solve_each(const matrix& b) const;        ///< column by column
    [[nodiscard]] vector solve_transposed(const vector& b) const;  ///< a^T x = b
    [[nodiscard]] vector solve_adjoint(const vector& b) const;     ///< a^H x = b

private:
    Eigen::PartialPivLU<matrix> lu_;
};

extern template class partial_lu<double>;
extern template class partial_lu<std::complex<double>>;

/// Eigen::FullPivLU: for matrices that may be singular, or nearly.
template <typename Scalar>
class full_lu {
public:
    using matrix = typename partial_lu<Scalar>::matrix;
    using vector = typename partial_lu<Scalar>::vector;

    full_lu() = default;
    explicit full_lu(const matrix& a);
    void compute(const matrix& a);

    [[nodiscard]] bool is_invertible() const;
    /// A solution of a x = b.
    [[nodiscard]] vector solve(const vector& b) const;

private:
    Eigen::FullPivLU<matrix> lu_;
};

extern template class full_lu<double>;
extern template class full_lu<std::complex<double>>;

/// a = u diag(values) v^H, values falling.
template <typename Scalar>
struct singular_values {
    typename partial_lu<Scalar>::matrix u, v;  ///< square
    Eigen::VectorXd values;
};

/// By Eigen::JacobiSVD.
[[nodiscard]] singular_values<double> svd(const Eigen::MatrixXd& a);
/// Of a square matrix.
[[nodiscard]] singular_values<std::complex<double>> svd(const Eigen::MatrixXcd& a);

/// a = vectors diag(values) vectors^T of a symmetric matrix, values rising.
struct symmetric_eigen {
    Eigen::VectorXd values;
    Eigen::MatrixXd vectors;
};

/// By Eigen::SelfAdjointEigenSolver, which reads the lower triangle.
[[nodiscard]] symmetric_eigen eigen_of_symmetric(const Eigen::MatrixXd& a);
[[nodiscard]] Eigen::VectorXd eigenvalues_of_symmetric(const Eigen::MatrixXd& a);  ///< rising

/// Whether a symmetric matrix has a Cholesky factor, by Eigen::LLT. @cost  n^3 / 3
[[nodiscard]] bool is_positive_definite(const Eigen::MatrixXd& a);

/// The singular values of a, falling: the roots of the eigenvalues of a a^T, by far less
/// work than `svd` takes.
/// @accuracy  1e-8 of the largest
[[nodiscard]] Eigen::VectorXd singular_values_of(const Eigen::MatrixXd& a);

/// The shortest x with the least |a x - b|, by Eigen::CompleteOrthogonalDecomposition.
/// @param threshold  pivots below it, relative to the largest, count as 0; 0: Eigen's default
[[nodiscard]] Eigen::VectorXd least_squares(const Eigen::MatrixXd& a, const Eigen::VectorXd& b,
                                            double threshold = 0);

/// The Moore-Penrose inverse, by the same.
[[nodiscard]] Eigen::MatrixXd pseudo_inverse(const Eigen::MatrixXd& a);

}  // namespace moebius
