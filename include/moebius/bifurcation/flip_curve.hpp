// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/bifurcation/bifurcation_curve.hpp>

namespace moebius {

/// The flips of the rule x <- x + step f(x, p), at which a multiplier is -1: f(x, p) = 0 and g = 0
/// of
///
///     [ step f_x + 2  b ] [ v ]   [ 0 ]
///     [ c^T           0 ] [ g ] = [ 1 ]
///
/// With two free parameters this is a curve, with one a square system.
/// @source  Govaerts, section 3.2; Kuznetsov (3rd ed.), section 10.3.1
class flip_curve final : public bifurcation_curve {
public:
    /// @throws invalid_argument unless step > 0 and finite
    flip_curve(const problem& base, double step, const std::vector<parameter_range>& ranges);

    [[nodiscard]] Eigen::Index unknowns() const override { return scaling_.units().size(); }
    void evaluate(const Eigen::VectorXd& u, Eigen::VectorXd& f, Eigen::MatrixXd& df) override;

    [[nodiscard]] std::string_view kind() const override { return "doubling"; }
    [[nodiscard]] point_type type() const override { return point_type::PD; }
    [[nodiscard]] Eigen::VectorXd start(const special_point& point) override;
    bool adapt(const Eigen::VectorXd& u) override;

    /// GPD where flip_coefficient is zero, R2 where a second multiplier comes to -1, LPPD and PDNS.
    [[nodiscard]] std::vector<test_function> tests() override;
    [[nodiscard]] std::optional<special_point> described(point_type type,
                                                         const Eigen::VectorXd& u) override;
    [[nodiscard]] std::span<const std::string_view> column_names() const override;
    [[nodiscard]] std::vector<double> columns(const Eigen::VectorXd& u) override;

private:
    bool solve_at(const Eigen::VectorXd& u);
    /// flip_coefficient times what keeps its sign where another multiplier passes 1 or -1; 0 where
    /// it is rounding of its terms.
    [[nodiscard]] double cubic_test(const Eigen::VectorXd& u);

    double step_;
    Eigen::VectorXd b_, c_, v_, w_;
    double g_ = 0;
};

}  // namespace moebius
