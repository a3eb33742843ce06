// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <array>
#include <limits>
#include <moebius/solve/newton.hpp>
#include <utility>

namespace moebius {

std::string_view to_string(outcome o) noexcept {
    constexpr std::array<std::string_view, 4> names{"converged", "stalled", "singular_jacobian",
                                                    "not_finite"};
    return names[static_cast<std::size_t>(o)];
}

newton_result newton(const square_system& system, Eigen::VectorXd u0,
                     const newton_options& options) {
    newton_result result;
    result.u = std::move(u0);
    Eigen::VectorXd f(result.u.size());
    Eigen::MatrixXd df(result.u.size(), result.u.size());
    Eigen::FullPivLU<Eigen::MatrixXd> lu(result.u.size(), result.u.size());
    double last_step = std::numeric_limits<double>::infinity();
    bool small = false;
    for (result.iterations = 1; result.iterations <= options.max_iterations; ++result.iterations) {
        system(result.u, f, df);
        result.residual = f.lpNorm<Eigen::Infinity>();
        if (!f.allFinite() || !df.allFinite()) {
            result.status = outcome::not_finite;
            return result;
        }
        lu.compute(df);
        if (!lu.isInvertible()) {
            result.status =
                result.residual == 0 && small ? outcome::converged : outcome::singular_jacobian;
            return result;
        }
        const Eigen::VectorXd step = lu.solve(f);
        const double size = step.norm();
        if (small && size >= last_step / 2) {  // rounding: going on would only wander
            result.status = outcome::converged;
            return result;
        }
        result.u -= step;
        last_step = size;
        small = size <= options.tolerance * (1 + result.u.norm());
        if (size == 0) {
            result.status = outcome::converged;
            return result;
        }
    }
    result.status = small ? outcome::converged : outcome::stalled;
    return result;
}

}  // namespace moebius
