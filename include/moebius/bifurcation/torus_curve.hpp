// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/bifurcation/pair_curve.hpp>
#include <vector>

namespace moebius {

/// The torus points of the rule x <- x + step f(x, p), multipliers exp(+-i theta): the pair_curve
/// of z = (exp(+-i theta) - 1)/step, the roots of z^2 + r z + r/step with r = 2 (1 - c)/step. The
/// last unknown is c = cos(theta).
///
/// It stays regular at every resonance, and where c = 1 (R1) or -1 (R2), which end the curve:
/// beyond them two real multipliers have the product 1.
/// @source  Govaerts, section 4.3; Kuznetsov (3rd ed.), section 9.5
class torus_curve final : public pair_curve {
public:
    /// @throws invalid_argument unless step > 0 and finite
    torus_curve(const problem& base, double step, const std::vector<parameter_range>& ranges);

    [[nodiscard]] std::string_view kind() const override { return "torus"; }
    [[nodiscard]] point_type type() const override { return point_type::NS; }
    /// c = 1 at an R1 and -1 at an R2; else from the normal form's `theta`, or the pair of
    /// multipliers that is nearest to the unit circle.
    [[nodiscard]] Eigen::VectorXd start(const special_point& point) override;

    /// CH where torus_coefficient is zero, R3, R4, LPNS, PDNS, NSNS.
    [[nodiscard]] std::vector<test_function> tests() override;
    [[nodiscard]] std::optional<special_point> described(point_type type,
                                                         const Eigen::VectorXd& u) override;
    [[nodiscard]] std::span<const std::string_view> column_names() const override;
    [[nodiscard]] std::vector<double> columns(const Eigen::VectorXd& u) override;
    [[nodiscard]] std::vector<end> natural_ends() const override;
    [[nodiscard]] std::optional<Eigen::VectorXd> refined_end(const Eigen::VectorXd& u) override;
    [[nodiscard]] double rate(const Eigen::VectorXd& u) const override { return 1 - cosine(u); }

    [[nodiscard]] double cosine(const Eigen::VectorXd& u) const { return u[unknowns() - 1]; }
    [[nodiscard]] double theta(const Eigen::VectorXd& u) const;  ///< 0 to pi

private:
    [[nodiscard]] quadratic of(double c) const override;
    [[nodiscard]] double unit() const override { return 1 / (step_ * step_); }

    double step_;
};

}  // namespace moebius
