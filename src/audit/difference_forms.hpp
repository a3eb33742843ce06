// SPDX-License-Identifier: MIT
// Second and third derivatives of f by differences: the independent path to normal forms.
#pragma once

#include <Eigen/Core>

#include "whole_space.hpp"

namespace moebius {

/// The symmetric multilinear forms B(u, v) = f''(u, v) and C(u, v, w) = f'''(u, v, w) at a point.
///
/// Central differences of order four along real directions, the rest by polarization. The error is
/// that of step^4, and rounding over step^3: with a step of 1e-2 state scales 1e-8 each.
/// @source  Kuznetsov (3rd ed.), section 10.2
class difference_forms {
public:
    /// @param step  of the largest coordinate, in the state's own unit
    difference_forms(const whole_point& here, double step) : here_(here), step_(step) {}

    [[nodiscard]] Eigen::VectorXcd second(const Eigen::VectorXcd& u,
                                          const Eigen::VectorXcd& v) const;
    /// C(q, q, conj q).
    [[nodiscard]] Eigen::VectorXcd third(const Eigen::VectorXcd& q) const;

private:
    /// d^k f(x + s v) / ds^k at s = 0, for k = 2 and 3.
    [[nodiscard]] Eigen::VectorXd second_along(const Eigen::VectorXd& v) const;
    [[nodiscard]] Eigen::VectorXd third_along(const Eigen::VectorXd& v) const;
    [[nodiscard]] Eigen::VectorXd real_second(const Eigen::VectorXd& u,
                                              const Eigen::VectorXd& v) const;
    [[nodiscard]] Eigen::VectorXd f_at(const Eigen::VectorXd& v, double s) const;

    const whole_point& here_;
    double step_;
};

}  // namespace moebius
