// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <functional>
#include <string_view>

namespace moebius {

/// How an iteration ended. Not reaching a root is an answer about the model, so it is a value.
enum class outcome {
    converged,
    stalled,            ///< too many iterations, or no more progress above the tolerance
    singular_jacobian,  ///< the linear system has no unique solution
    not_finite,         ///< the model gave NaN or infinity
};
[[nodiscard]] std::string_view to_string(outcome o) noexcept;

struct newton_options {
    double tolerance = 1e-10;  ///< accept once a step is this small against 1 + |u|, and the next
                               ///< one no larger; the result is then exact to rounding
    int max_iterations = 30;   ///< steps before `stalled`
};

struct newton_result {
    outcome status = outcome::stalled;  ///< look here first
    Eigen::VectorXd u;                  ///< the last iterate
    double residual = 0;                ///< max norm of F at the last evaluation
    int iterations = 0;
    [[nodiscard]] explicit operator bool() const noexcept { return status == outcome::converged; }
};

/// Sets F (n) and its Jacobian (n, n) at u.
using square_system =
    std::function<void(const Eigen::VectorXd& u, Eigen::VectorXd& f, Eigen::MatrixXd& df)>;

/// Newton's method from u0, undamped.
///
/// @cost    one evaluation and one dense factorisation a step
/// @source  Deuflhard, Newton Methods for Nonlinear Problems, section 2.1
[[nodiscard]] newton_result newton(const square_system& system, Eigen::VectorXd u0,
                                   const newton_options& options = {});

/// Sets F (n) and the Newton step DF^-1 F (n) at u; other than `converged` ends the iteration.
using newton_steps =
    std::function<outcome(const Eigen::VectorXd& u, Eigen::VectorXd& f, Eigen::VectorXd& step)>;

/// The same for a system that solves its own linear equations.
[[nodiscard]] newton_result newton_by_steps(const newton_steps& system, Eigen::VectorXd u0,
                                            const newton_options& options = {});

}  // namespace moebius
