// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/bifurcation/zero_eigenvalue_curve.hpp>
#include <moebius/solve/newton.hpp>
#include <moebius/solve/spectrum.hpp>
#include <optional>
#include <vector>

namespace moebius {

/// The folds of a problem: f(x, p) = 0 and g(x, p) = 0 of the bordered system. With two free
/// parameters this is a curve, regular at folds, cusps and branch points that unfold; with one it
/// is a square system.
/// @source  Govaerts, Numerical Methods for Bifurcations of Dynamical Equilibria, section 4.1;
///          Kuznetsov (3rd ed.), section 10.3.1
class fold_curve final : public zero_eigenvalue_curve {
public:
    /// One or two ranges; their parameters are free, in that order.
    /// @param step  as of zero_eigenvalue_curve
    fold_curve(const problem& base, const std::vector<parameter_range>& ranges, double step = 0);

    // With two ranges:
    [[nodiscard]] Eigen::Index unknowns() const override;
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) override;

    /// With one range: the residual (n + 1) and the Newton step of the square system.
    [[nodiscard]] outcome newton_step(const Eigen::VectorXd& u, Eigen::VectorXd& f,
                                      Eigen::VectorXd& step);

    [[nodiscard]] std::string_view kind() const override { return "fold"; }
    [[nodiscard]] point_type type() const override { return point_type::LP; }
    /// CP where w^T f_xx(v, v) = 0, and zero_tests.
    [[nodiscard]] std::vector<test_function> tests() override;
    [[nodiscard]] std::optional<special_point> described(point_type type,
                                                         const Eigen::VectorXd& u) override;
    [[nodiscard]] std::span<const std::string_view> column_names() const override;
    [[nodiscard]] std::vector<double> columns(const Eigen::VectorXd& u) override;

private:
    /// Sets what solve_at does and bend_, at u.
    bool bend_at(const Eigen::VectorXd& u);
    /// w^T f_xx(v, v)
    [[nodiscard]] double quadratic(const Eigen::VectorXd& u);

    Eigen::VectorXd bend_;  ///< w^T f''(v, .), the gradient of -g
};

/// The fold near (x, p) as `range` varies, polished by Newton's method; nothing if there is none.
///
/// Normal form w' = parameter dp + quadratic w^2 along the null vector v of length 1.
/// @source  Kuznetsov (3rd ed.), section 3.2 and eq. (5.41)
[[nodiscard]] std::optional<special_point> find_fold(const problem& base,
                                                     const parameter_range& range,
                                                     const std::vector<double>& x,
                                                     const std::vector<double>& p);

/// The normal form of a point whose Jacobian has a simple zero eigenvalue: coefficient `quadratic`
/// of w^2 and `cubic` of w^3 on the centre manifold, along the null vector of length 1.
/// @source  Kuznetsov (3rd ed.), section 5.4, eq. (5.41) and (8.125)
struct centre_manifold {
    double quadratic = 0;
    double cubic = 0;
    null_pair null = {};  ///< unit null vectors of f_x

    /// Whether the zero is a double one of a single eigenvector, as at a BT: left and right null
    /// vectors are at right angles, and the coefficients mean nothing.
    [[nodiscard]] bool is_double_zero() const;
};
[[nodiscard]] centre_manifold centre_manifold_at(const field& model, const std::vector<double>& x,
                                                 const std::vector<double>& p);

}  // namespace moebius
