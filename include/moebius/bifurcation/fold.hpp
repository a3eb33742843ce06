// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/solve/newton.hpp>
#include <optional>
#include <vector>

namespace moebius {

/// The folds of a problem: f(x, p) = 0 and g(x, p) = 0, where g is the last unknown of
///
///     [ f_x  b ] [ v ]   [ 0 ]
///     [ c^T  0 ] [ g ] = [ 1 ]
///
/// so that g vanishes exactly where f_x is singular. With two free parameters this is a curve,
/// regular at folds, cusps and branch points that unfold; with one it is a square system.
/// @source  Govaerts, Numerical Methods for Bifurcations of Dynamical Equilibria, section 4.1;
///          Kuznetsov (3rd ed.), section 10.3.1
class fold_curve final : public curve {
public:
    /// One or two ranges; their parameters are free, in that order.
    fold_curve(const problem& base, const std::vector<parameter_range>& ranges);

    // With two ranges:
    [[nodiscard]] Eigen::Index unknowns() const override { return scaling_.units().size(); }
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) override;
    [[nodiscard]] linearization& derivative() override { return *derivative_; }

    /// With one range: the residual (n + 1) and the Newton step of the square system.
    [[nodiscard]] outcome newton_step(const Eigen::VectorXd& u, Eigen::VectorXd& f,
                                      Eigen::VectorXd& step);

    /// Takes the borders b and c from the null vectors near u; to be called now and then.
    void adapt(const Eigen::VectorXd& u);

    /// w^T f_xx(v, v), which vanishes at a cusp.
    [[nodiscard]] double quadratic(const Eigen::VectorXd& u);

    [[nodiscard]] const scaling& units() const noexcept { return scaling_; }
    [[nodiscard]] const problem& base() const noexcept { return base_; }
    [[nodiscard]] const std::vector<double>& state() const noexcept { return x_; }
    [[nodiscard]] const std::vector<double>& parameters() const noexcept { return p_; }

private:
    bool null_vectors_at(const Eigen::VectorXd& u);

    problem base_;
    scaling scaling_;
    linear_terms terms_;
    std::unique_ptr<linearization> derivative_;
    std::vector<double> x_, p_;
    Eigen::VectorXd b_, c_, v_, w_, bend_;  // bend_ = w^T f''(v, .), the gradient of -g
    double g_ = 0;
};

/// What can be said at any equilibrium: label-free, with state, parameters and eigenvalues:
/// all of them, or the leading ones of a structured Jacobian with more than a thousand states.
[[nodiscard]] special_point point_at(const field& model, point_type type,
                                     const std::vector<double>& x, const std::vector<double>& p);

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
};
[[nodiscard]] centre_manifold centre_manifold_at(const field& model, const std::vector<double>& x,
                                                 const std::vector<double>& p);

}  // namespace moebius
