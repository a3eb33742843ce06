// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <moebius/bifurcation/pair_curve.hpp>
#include <vector>

namespace moebius {

/// The Hopf points of a problem in two parameters: the pair_curve of z^2 + k, k = omega^2. The
/// unknowns are x, p and k in units of its value at the start.
///
/// It stays regular where k = 0, at a Bogdanov-Takens point, which ends the curve: beyond it k < 0
/// is a neutral saddle.
/// @source  Govaerts, section 4.3; Kuznetsov (3rd ed.), section 10.3.2
class hopf_curve final : public pair_curve {
public:
    hopf_curve(const problem& base, const std::vector<parameter_range>& ranges);

    [[nodiscard]] std::string_view kind() const override { return "hopf"; }
    [[nodiscard]] point_type type() const override { return point_type::HB; }
    /// From the normal form's `omega`, or else the pair of eigenvalues next to the imaginary axis;
    /// k = 0 at a BT.
    [[nodiscard]] Eigen::VectorXd start(const special_point& point) override;

    /// GH where l1 = 0, ZH where another eigenvalue is zero, HH where another pair is imaginary.
    [[nodiscard]] std::vector<test_function> tests() override;
    [[nodiscard]] std::optional<special_point> described(point_type type,
                                                         const Eigen::VectorXd& u) override;
    [[nodiscard]] std::span<const std::string_view> column_names() const override;
    [[nodiscard]] std::vector<double> columns(const Eigen::VectorXd& u) override;
    [[nodiscard]] std::vector<end> natural_ends() const override;
    [[nodiscard]] std::optional<Eigen::VectorXd> refined_end(const Eigen::VectorXd& u) override;
    [[nodiscard]] double rate(const Eigen::VectorXd& u) const override;

private:
    [[nodiscard]] quadratic of(double c) const override;
    [[nodiscard]] double unit() const override { return unit_; }
    [[nodiscard]] double omega(const Eigen::VectorXd& u) const;
    [[nodiscard]] bool swings(double rate) const;
    /// Eigenvalues besides +-i omega, f_x as last computed.
    [[nodiscard]] std::vector<std::complex<double>> others(double omega) const;
    /// l1, times what makes it finite and of one sign where another eigenvalue passes zero.
    [[nodiscard]] double lyapunov_test(const Eigen::VectorXd& u);

    double unit_ = 1;  ///< of k
};

}  // namespace moebius
