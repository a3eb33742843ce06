// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <memory>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <vector>

namespace moebius {

/// Where the flow of a problem at its parameters comes to rest.
///
/// Implicit Euler steps of x' = f(x) that grow as |f| falls, so that they follow the flow first and
/// are Newton's in the end; an attractor that is near is not jumped over.
/// @source  Kelley & Keyes, SIAM J. Numer. Anal. 35 (1998), pseudo-transient continuation
/// @cost    one evaluation and one factorisation a step, O(n) where the model is structured
class steady_state {
public:
    /// The problem must outlive it.
    explicit steady_state(const problem& at);

    /// The equilibrium that the flow from x reaches, to rounding; none if it does not settle.
    [[nodiscard]] std::optional<Eigen::VectorXd> from(Eigen::VectorXd x);

    /// Newton's method from x, to rounding; none if it does not converge.
    [[nodiscard]] std::optional<Eigen::VectorXd> newton(const Eigen::VectorXd& x);

    /// How many eigenvalues at x have a real part > 0, within the groups not counted.
    [[nodiscard]] std::size_t unstable_at(const Eigen::VectorXd& x);

private:
    bool evaluate(const Eigen::VectorXd& x);
    bool step(double shift, Eigen::VectorXd& by);

    const problem& at_;
    linear_terms terms_;
    std::unique_ptr<linearization> df_;
    Eigen::VectorXd ones_, work_;
    std::vector<double> x_;
    double unit_;
};

}  // namespace moebius
