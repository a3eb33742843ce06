// SPDX-License-Identifier: MIT
// The flow beside a cycle.
#pragma once

#include <Eigen/Core>
#include <moebius/continuation/collocation.hpp>
#include <moebius/model/field.hpp>
#include <moebius/solve/condensed_block.hpp>
#include <vector>

namespace moebius::detail {

/// The flow along a cycle, or its first part, by Gauss collocation: stable at any rate of decay,
/// which explicit rules are not. It starts anew at each mesh point of the stored cycle.
/// @accuracy  the error of a step falls like (|f_x| h)^12; at most a few steps in each interval,
///            since the mesh suits the cycle
/// @cost      a step factors a matrix of 6 n unknowns, once for all that is carried
/// @source    Hairer, Nørsett & Wanner, Solving Ordinary Differential Equations I, section II.7
class cycle_flow {
public:
    /// @param time  that the part takes
    /// @param more  steps in each interval than it needs
    cycle_flow(const problem& at, const piecewise& cycle, double time, int more = 0);

    /// The derivative of where the part ends by where it starts. Shape (n, n)
    [[nodiscard]] Eigen::MatrixXd derivative() const;
    /// Taylor coefficients of s, s^2 and s^3 of what starts beside the cycle, at the end of the
    /// part. Shapes: start, result (n, 3)
    [[nodiscard]] Eigen::MatrixXd carried(Eigen::MatrixXd start) const;

private:
    struct step {
        double time;
        Eigen::MatrixXd cycle;   // at the Gauss points. Shape (n, degree)
        condensed_block beside;  // values at base points of a solution of y' = f_x y, by the first
    };

    /// @return where the step ends
    Eigen::VectorXd add_step(Eigen::MatrixXd base, double time);
    void linearize(const Eigen::MatrixXd& base, step& at, Eigen::VectorXd& residual) const;
    /// What the terms of lower order add to the slope of one, at the Gauss points of a step.
    [[nodiscard]] Eigen::VectorXd forcing(const step& along,
                                          const std::vector<Eigen::MatrixXd>& lower) const;

    problem at_;
    collocation_basis basis_;
    std::vector<step> steps_;
};

}  // namespace moebius::detail
