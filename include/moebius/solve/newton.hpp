// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <functional>
#include <limits>
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
    /// A first step with a coordinate beyond it ends as `stalled`: u0 is not near enough.
    double longest_first = std::numeric_limits<double>::infinity();
    /// Euclidean length to which a longer step is shortened: from far away, a root nearby.
    double longest = std::numeric_limits<double>::infinity();
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

/// Whether the factors of an earlier Jacobian serve for another step: where they keep shrinking
/// steps to a tenth, as good as new ones do, which many unknowns make dear.
/// @source  Deuflhard, Newton Methods for Nonlinear Problems, section 2.1.2 (simplified Newton)
class kept_factors {
public:
    static constexpr Eigen::Index from = 33;  ///< unknowns; of fewer, factors cost nothing

    [[nodiscard]] bool may_serve() const noexcept { return std::isfinite(last_); }
    /// Whether the step that they gave at u is small enough to be taken.
    [[nodiscard]] bool serve(const Eigen::VectorXd& u, const Eigen::VectorXd& step);
    /// After a step with factors of the Jacobian at u itself.
    void renewed(const Eigen::VectorXd& step);

private:
    double last_ = std::numeric_limits<double>::infinity();  // length of the step before
};

/// Newton's method from u0, undamped but for `longest`.
///
/// @cost    one evaluation a step and one dense factorisation, which serves for several where there
///          are many unknowns and it shrinks the steps as well
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
