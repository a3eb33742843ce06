// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <complex>
#include <moebius/bifurcation/bifurcation_curve.hpp>
#include <vector>

namespace moebius {

/// The Hopf points of a problem in two parameters: f(x, p) = 0, and two combinations of the 2 by 2
/// matrix G of
///
///     [ f_x^2 + k  B ] [ V ]   [ 0 ]
///     [ C^T        0 ] [ G ] = [ I ]
///
/// which vanishes exactly where +-i omega are eigenvalues, k = omega^2. The unknowns are x, p and
/// k in units of its value at the start.
///
/// On the critical plane f_x is a 2 by 2 matrix A, and G is a multiple of tr(A) A + (k - det A), so
/// its trace and its product with the traceless part of A are two independent conditions. They stay
/// so where k = 0, at a Bogdanov-Takens point, which ends the curve: beyond it k < 0 is a neutral
/// saddle.
/// @source  Govaerts, section 4.3; Kuznetsov (3rd ed.), section 10.3.2
class hopf_curve final : public bifurcation_curve {
public:
    hopf_curve(const problem& base, const std::vector<parameter_range>& ranges);

    [[nodiscard]] Eigen::Index unknowns() const override;
    void evaluate(const Eigen::VectorXd& u, Eigen::VectorXd& f, Eigen::MatrixXd& df) override;

    [[nodiscard]] std::string_view kind() const override { return "hopf"; }
    [[nodiscard]] point_type type() const override { return point_type::HB; }
    /// From the normal form's `omega`, or else the pair of eigenvalues next to the imaginary axis;
    /// k = 0 at a BT.
    [[nodiscard]] Eigen::VectorXd start(const special_point& point) override;
    bool adapt(const Eigen::VectorXd& u) override;
    /// Across a curve of branch points (at a symmetric BT): the direction that keeps the symmetry.
    [[nodiscard]] Eigen::VectorXd crossing_tangent(const Eigen::VectorXd& u) override;

    /// GH where l1 = 0, ZH where another eigenvalue is zero, HH where another pair is imaginary.
    [[nodiscard]] std::vector<test_function> tests() override;
    [[nodiscard]] std::optional<special_point> described(point_type type,
                                                         const Eigen::VectorXd& u) override;
    [[nodiscard]] std::span<const std::string_view> column_names() const override;
    [[nodiscard]] std::vector<double> columns(const Eigen::VectorXd& u) override;
    [[nodiscard]] std::optional<end> natural_end() const override;
    [[nodiscard]] std::optional<Eigen::VectorXd> refined_end(const Eigen::VectorXd& u) override;
    [[nodiscard]] double rate(const Eigen::VectorXd& u) const override;

private:
    [[nodiscard]] double omega(const Eigen::VectorXd& u) const;
    /// Eigenvalues besides +-i omega, f_x as last computed.
    [[nodiscard]] std::vector<std::complex<double>> others(double omega) const;
    /// l1, times what makes it finite and of one sign where another eigenvalue passes zero.
    [[nodiscard]] double lyapunov_test(const Eigen::VectorXd& u);

    std::vector<parameter_range> ranges_;
    double unit_ = 1;                        ///< of k
    Eigen::MatrixXd b_, c_;                  // (n, 2)
    std::array<Eigen::Matrix2d, 2> weight_;  // of G in the two conditions
};

}  // namespace moebius
