// SPDX-License-Identifier: MIT
// Critical eigenvectors, and the linear systems of normal forms beside them.
#pragma once

#include <Eigen/Core>
#include <complex>
#include <moebius/model/field.hpp>
#include <utility>
#include <vector>

namespace moebius::detail {

inline constexpr std::complex<double> i_unit{0, 1};

/// f_x (n, n) at a point.
[[nodiscard]] Eigen::MatrixXd jacobian_at(const field& model, const std::vector<double>& x,
                                          const std::vector<double>& p);

/// a - z. Shape (n, n)
[[nodiscard]] Eigen::MatrixXcd shifted(const Eigen::MatrixXd& a, std::complex<double> z);

/// The singular vectors of a - z for its smallest singular value, of length 1.
struct singular_pair {
    Eigen::VectorXcd right, left;
    double value;  ///< zero where z is an eigenvalue

    singular_pair(const Eigen::MatrixXd& a, std::complex<double> z);
};

/// Whether +-i omega, eigenvalues of a, are a pair, and not a double zero up to rounding: that
/// moves them by what the angle between their left and right vectors tells, which is next to none
/// where a slow pair stands beside fast rates alone.
/// @param size  of a
/// @source  Golub & Van Loan, Matrix Computations (4th ed.), section 7.2.2
[[nodiscard]] bool is_pair(const Eigen::MatrixXd& a, double omega, double size);

/// Eigenvectors a q = z q and a^H w = conj(z) w with |q| = 1 and w^H q = 1.
struct eigenpair {
    Eigen::VectorXcd q, w;

    eigenpair(Eigen::VectorXcd right, Eigen::VectorXcd left)
        : q(std::move(right)), w(std::move(left)) {}
    eigenpair(const Eigen::MatrixXd& a, std::complex<double> z);
    /// For a real eigenvalue, with real vectors.
    eigenpair(const Eigen::MatrixXd& a, double z);
};

/// The solution h of (z - a) h = right.
[[nodiscard]] Eigen::VectorXcd solve_shifted(const Eigen::MatrixXd& a, std::complex<double> z,
                                             const Eigen::VectorXcd& right);

/// The solution h of (z - a) h = right that w^H annuls, q and w those of a simple eigenvalue: z
/// itself, or another number if w^H annuls the right side, too.
[[nodiscard]] Eigen::VectorXcd solve_beside(const Eigen::MatrixXd& a, std::complex<double> z,
                                            const eigenpair& critical,
                                            const Eigen::VectorXcd& right);

}  // namespace moebius::detail
