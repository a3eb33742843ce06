// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <memory>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/continuation/state_units.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <vector>

namespace moebius {

/// Where the flow of a problem at its parameters comes to rest.
///
/// Implicit Euler steps of x' = f(x) that grow as |f| falls, so that they follow the flow first and
/// are Newton's in the end; an attractor that is near is not jumped over. Distances are in units of
/// states (state_units.hpp).
/// @source  Kelley & Keyes, SIAM J. Numer. Anal. 35 (1998), pseudo-transient continuation
/// @cost    one evaluation and one factorisation a step, O(n) where the model is structured
class steady_state {
public:
    explicit steady_state(const problem& at);

    /// The equilibrium that the flow from x reaches, to rounding; none if it does not settle.
    [[nodiscard]] std::optional<Eigen::VectorXd> from(Eigen::VectorXd x);

    /// Newton's method from x, to rounding; none if it does not converge.
    [[nodiscard]] std::optional<Eigen::VectorXd> newton(const Eigen::VectorXd& x);

    /// How many eigenvalues at x have a real part > 0, within the groups not counted.
    [[nodiscard]] std::size_t unstable_at(const Eigen::VectorXd& x);

private:
    using state = std::optional<Eigen::VectorXd>;

    [[nodiscard]] Eigen::VectorXd entered(Eigen::VectorXd x) const;
    [[nodiscard]] state left(state x) const;
    bool evaluate(const Eigen::VectorXd& x);
    bool step(double shift, Eigen::VectorXd& by);
    bool solve(Eigen::VectorXd& by);
    // In units of the states, as all that follows:
    [[nodiscard]] state flow_from(Eigen::VectorXd x);
    [[nodiscard]] state newton_from(const Eigen::VectorXd& x);

    problem_in_units own_;
    linear_terms terms_;
    std::unique_ptr<linearization> df_;
    Eigen::VectorXd ones_, work_;
    std::vector<double> x_;
    double unit_;
};

}  // namespace moebius
