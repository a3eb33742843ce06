// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <array>
#include <limits>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/newton.hpp>
#include <utility>

namespace moebius {

std::string_view to_string(outcome o) noexcept {
    constexpr std::array<std::string_view, 4> names{"converged", "stalled", "singular_jacobian",
                                                    "not_finite"};
    return names[static_cast<std::size_t>(o)];
}

newton_result newton_by_steps(const newton_steps& system, Eigen::VectorXd u0,
                              const newton_options& options) {
    newton_result result;
    result.u = std::move(u0);
    Eigen::VectorXd f(result.u.size()), step(result.u.size());
    double last_step = std::numeric_limits<double>::infinity();
    bool small = false;
    for (result.iterations = 1; result.iterations <= options.max_iterations; ++result.iterations) {
        const outcome solved = system(result.u, f, step);
        result.residual = f.lpNorm<Eigen::Infinity>();
        if (solved != outcome::converged) {
            const bool arrived = solved == outcome::singular_jacobian && small;
            result.status = arrived && result.residual == 0 ? outcome::converged : solved;
            return result;
        }
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

newton_result newton(const square_system& system, Eigen::VectorXd u0,
                     const newton_options& options) {
    const Eigen::Index n = u0.size();
    Eigen::MatrixXd df(n, n);
    full_lu<double> lu;
    const auto steps = [&](const Eigen::VectorXd& u, Eigen::VectorXd& f, Eigen::VectorXd& step) {
        system(u, f, df);
        if (!f.allFinite() || !df.allFinite()) return outcome::not_finite;
        lu.compute(df);
        if (!lu.is_invertible()) return outcome::singular_jacobian;
        step = lu.solve(f);
        return outcome::converged;
    };
    return newton_by_steps(steps, std::move(u0), options);
}

}  // namespace moebius
