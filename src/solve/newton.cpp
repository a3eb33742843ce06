// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
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
        if (result.iterations == 1 && step.lpNorm<Eigen::Infinity>() > options.longest_first)
            return result;
        const double size = step.norm();
        if (small && size >= last_step / 2) {  // rounding: going on would only wander
            result.status = outcome::converged;
            return result;
        }
        result.u -= std::min(1.0, options.longest / size) * step;
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

namespace {

constexpr double shrinking = 0.1;  // of a step against the one before
constexpr double rounded = 1e-13;  // of 1 + |u|: a step of rounding alone

/// Of few unknowns with full pivots; of many with row pivots, as long as the factors serve.
class step_solver {
public:
    outcome solve(const Eigen::MatrixXd& df, const Eigen::VectorXd& u, const Eigen::VectorXd& f,
                  Eigen::VectorXd& step) {
        if (f.size() < kept_factors::from) {
            few_.compute(df);
            if (!few_.is_invertible()) return outcome::singular_jacobian;
            step = few_.solve(f);
            return outcome::converged;
        }
        if (kept_.may_serve()) {
            step = many_.solve(f);
            if (kept_.serve(u, step)) return outcome::converged;
        }
        many_.compute(df);
        step = many_.solve(f);
        if (!step.allFinite()) return outcome::singular_jacobian;
        kept_.renewed(step);
        return outcome::converged;
    }

private:
    full_lu<double> few_;
    partial_lu<double> many_;
    kept_factors kept_;
};

}  // namespace

bool kept_factors::serve(const Eigen::VectorXd& u, const Eigen::VectorXd& step) {
    const double size = step.norm();
    if (!(size <= shrinking * last_ || size <= rounded * (1 + u.norm()))) return false;
    last_ = size;
    return true;
}

void kept_factors::renewed(const Eigen::VectorXd& step) { last_ = step.norm(); }

newton_result newton(const square_system& system, Eigen::VectorXd u0,
                     const newton_options& options) {
    const Eigen::Index n = u0.size();
    Eigen::MatrixXd df(n, n);
    step_solver solver;
    const auto steps = [&](const Eigen::VectorXd& u, Eigen::VectorXd& f, Eigen::VectorXd& step) {
        system(u, f, df);
        if (!f.allFinite() || !df.allFinite()) return outcome::not_finite;
        return solver.solve(df, u, f, step);
    };
    return newton_by_steps(steps, std::move(u0), options);
}

}  // namespace moebius
