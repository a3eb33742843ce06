// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <moebius/bifurcation/bifurcation_curve.hpp>
#include <optional>
#include <vector>

namespace moebius {

/// Equilibria with a critical pair of eigenvalues, the roots of z^2 + r z + t with r and t
/// functions of one unknown c, the last one: f(x, p) = 0, and two combinations of the 2 by 2 matrix
/// G of
///
///     [ f_x^2 + r f_x + t   B ] [ V ]   [ 0 ]
///     [ C^T                 0 ] [ G ] = [ I ]
///
/// which vanishes exactly where both roots are eigenvalues. With two ranges this is a curve, with
/// one a square system.
///
/// On the critical plane f_x is a 2 by 2 matrix A, and G is a multiple of (tr(A) + r) A + (t - det
/// A), so its trace and its product with the traceless part of A are two independent conditions.
/// They stay so where the roots come together, with one eigenvector.
/// @source  Govaerts, section 4.3; Kuznetsov (3rd ed.), section 10.3.2
class pair_curve : public bifurcation_curve {
public:
    pair_curve(const problem& base, const std::vector<parameter_range>& ranges);

    [[nodiscard]] Eigen::Index unknowns() const override;
    void evaluate(const Eigen::VectorXd& u, Eigen::VectorXd& f, Eigen::MatrixXd& df) override;
    bool adapt(const Eigen::VectorXd& u) override;
    /// Across a curve of branch points (where a symmetric pair is zero): the direction that keeps
    /// the symmetry.
    [[nodiscard]] Eigen::VectorXd crossing_tangent(const Eigen::VectorXd& u) override;

protected:
    /// A pair of zeros on a curve of branch points, near u: this system is singular there.
    [[nodiscard]] std::optional<Eigen::VectorXd> zeros_at_crossing(const Eigen::VectorXd& u);

    /// r, t and their derivatives by c.
    struct quadratic {
        double r = 0, t = 0, r_by = 0, t_by = 0;
    };
    [[nodiscard]] virtual quadratic of(double c) const = 0;
    /// The size of t, in which G is told.
    [[nodiscard]] virtual double unit() const = 0;

private:
    [[nodiscard]] Eigen::MatrixXd matrix(const quadratic& at) const;

    std::vector<parameter_range> ranges_;
    Eigen::MatrixXd b_, c_;                  // (n, 2)
    std::array<Eigen::Matrix2d, 2> weight_;  // of G in the two conditions
};

}  // namespace moebius
