// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/model/field.hpp>
#include <span>

namespace moebius {

/// Second and third derivatives of a field at one point, as multilinear forms.
///
/// Directions live in the space of states and a chosen list of free parameters: their length is
/// n + free. Each form is a sum of Taylor coefficients along lines (field::along), so the only
/// error is rounding.
/// @source polarization identities; Kuznetsov, Elements of Applied Bifurcation Theory (3rd ed.),
///         section 10.2 uses the same directional forms
class multilinear {
public:
    /// @param p     all of the model's parameters
    /// @param free  positions in p of the parameters that directions include
    multilinear(const field& model, std::span<const double> x, std::span<const double> p,
                std::span<const std::size_t> free);

    /// f''(a, a). Shape (n).
    [[nodiscard]] Eigen::VectorXd second(const Eigen::VectorXd& a) const;
    /// f''(a, b). Shape (n).
    [[nodiscard]] Eigen::VectorXd second(const Eigen::VectorXd& a, const Eigen::VectorXd& b) const;
    /// f'''(a, a, a). Shape (n).
    [[nodiscard]] Eigen::VectorXd third(const Eigen::VectorXd& a) const;
    /// The row w^T f''(a, .). Length n + free. @cost two evaluations along a line for each entry
    [[nodiscard]] Eigen::VectorXd hessian_times(const Eigen::VectorXd& w,
                                                const Eigen::VectorXd& a) const;

private:
    /// Taylor coefficient `order` of f along a.
    [[nodiscard]] Eigen::VectorXd coefficient(const Eigen::VectorXd& a, Eigen::Index order) const;

    const field& model_;
    std::span<const double> x_, p_;
    std::span<const std::size_t> free_;
};

/// Taylor coefficients of s -> f(y(s), p + s q) for y(s) = y_0 + y_1 s + y_2 s^2 + y_3 s^3: with
/// a = (y_1, q) and b = (y_2, 0) they are
///
///     f' a,  f' b + f''(a, a)/2,  f' (y_3, 0) + f''(a, b) + f'''(a, a, a)/6
///
/// Shapes: y, result (n, 4); p, q (m).
/// @cost  five evaluations along lines, one if y_2 = y_3 = 0
[[nodiscard]] Eigen::MatrixXd composed(const field& model, const Eigen::MatrixXd& y,
                                       std::span<const double> p, std::span<const double> q);

}  // namespace moebius
