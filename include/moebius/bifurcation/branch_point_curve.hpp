// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/bifurcation/zero_eigenvalue_curve.hpp>

namespace moebius {

/// The branch points that persist as two parameters vary: pitchforks of a symmetric problem, and
/// crossings with a branch that is always there. In the unknowns x, p and d,
///
///     f(x, p) + d b = 0,  g(x, p) = 0,  w^T f_p r = 0
///
/// where r is the direction of parameters in which the critical eigenvalue changes most. d is the
/// imperfection: it stays zero as long as the branch point persists.
/// @source  Govaerts, section 4.2 (branch points by minimally augmented systems); Moore 1980,
///          SIAM J. Numer. Anal. 17 (the imperfection as an unknown)
class branch_point_curve final : public zero_eigenvalue_curve {
public:
    /// @param step  as of zero_eigenvalue_curve
    branch_point_curve(const problem& base, const std::vector<parameter_range>& ranges,
                       double step = 0);

    /// Whether w^T f_p vanishes for both parameters, so that neither of them unfolds the point.
    [[nodiscard]] bool persists(const special_point& point);
    /// States and free parameters of the BT on the curve near a point, to rounding; nothing if
    /// there is none near, or no curve of branch points that persist.
    [[nodiscard]] std::optional<Eigen::VectorXd> bogdanov_takens_near(const special_point& point);
    /// Whether the point at u is still one: d vanishes up to rounding.
    [[nodiscard]] bool holds_at(const Eigen::VectorXd& u) override;

    [[nodiscard]] Eigen::Index unknowns() const override;
    void evaluate(const Eigen::VectorXd& u, Eigen::VectorXd& f, Eigen::MatrixXd& df) override;

    [[nodiscard]] std::string_view kind() const override { return "branch point"; }
    [[nodiscard]] point_type type() const override { return point_type::BP; }
    [[nodiscard]] Eigen::VectorXd start(const special_point& point) override;
    bool adapt(const Eigen::VectorXd& u) override;
    [[nodiscard]] std::vector<test_function> tests() override { return zero_tests(); }
    [[nodiscard]] std::optional<special_point> described(point_type type,
                                                         const Eigen::VectorXd& u) override;
    [[nodiscard]] std::span<const std::string_view> column_names() const override;
    [[nodiscard]] std::vector<double> columns(const Eigen::VectorXd& u) override;

private:
    [[nodiscard]] Eigen::VectorXd place_of(const special_point& point);

    /// r in the model's own units, as one of states and free parameters with no part in the states.
    Eigen::VectorXd direction_;
};

}  // namespace moebius
