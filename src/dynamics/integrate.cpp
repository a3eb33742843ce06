// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Dense>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/dynamics/integrate.hpp>

#include "flow.hpp"

namespace moebius {
namespace {

constexpr std::array<std::string_view, 4> status_names{"converged", "not_finite", "left_domain",
                                                       "stalled"};

void check(double t_end, const integrate_options& options) {
    if (!(t_end > 0 && std::isfinite(t_end)))
        throw invalid_argument("integrate", fmt::format("the end time is {}", t_end),
                               "it must be > 0 and finite");
    if (options.samples < 2)
        throw invalid_argument("integrate", fmt::format("samples is {}", options.samples),
                               "it must be >= 2");
}

void add_row(table& to, double t, const std::vector<double>& x) {
    to.columns[0].push_back(t);
    for (std::size_t i = 0; i < x.size(); ++i) to.columns[i + 1].push_back(x[i]);
}

struct newton_step {
    Eigen::VectorXd correction;
    bool attracting;  ///< every eigenvalue of the Jacobian has a negative real part
};

newton_step newton_at(const problem& at, const Eigen::VectorXd& x) {
    const auto n = x.size();
    const auto m = static_cast<Eigen::Index>(at.parameters.size());
    Eigen::VectorXd f(n);
    Eigen::MatrixXd fx(n, n), fp(n, m);
    at.model->linear(x.data(), at.parameters.data(), f.data(), fx.data(), fp.data());
    if (!f.allFinite() || !fx.allFinite()) return {f, false};
    const bool attracting = n == 1 ? fx(0, 0) < 0 : fx.eigenvalues().real().maxCoeff() < 0;
    return {-fx.partialPivLu().solve(f), attracting};
}

/// Newton's method from x, if it starts close, stays attracting and ends at rounding.
bool polish(const problem& at, double closeness, std::vector<double>& state) {
    const double scale = at.model->state_scale(at.parameters.data());
    Eigen::VectorXd x =
        Eigen::Map<const Eigen::VectorXd>(state.data(), static_cast<Eigen::Index>(state.size()));
    const double size = scale + x.lpNorm<Eigen::Infinity>();
    const double rounding = 16 * std::numeric_limits<double>::epsilon() * size;
    constexpr int enough = 8;  // quadratic from 1e-6: three steps do, unless a fold is near
    for (int k = 0; k < enough; ++k) {
        const auto [correction, attracting] = newton_at(at, x);
        const double length = correction.lpNorm<Eigen::Infinity>();
        if (!attracting || !(length <= closeness * scale)) return false;
        x += correction;
        if (length <= rounding) {
            state.assign(x.begin(), x.end());
            return true;
        }
    }
    return false;
}

}  // namespace

std::string_view to_string(flow_status status) noexcept {
    return status_names[static_cast<std::size_t>(status)];
}

trajectory integrate(const problem& at, std::span<const double> x0, double t_end,
                     const integrate_options& options) {
    detail::check_flow("integrate", at, x0, options.flow);
    check(t_end, options);
    trajectory result{flow_status::converged, {{"t"}, {}}};
    for (const auto name : at.model->state_names()) result.columns.names.emplace_back(name);
    result.columns.columns.resize(result.columns.names.size());
    std::vector<double> x(x0.begin(), x0.end());
    add_row(result.columns, 0, x);

    detail::flow flow(at, x0, options.flow);
    const double last = static_cast<double>(options.samples - 1);
    for (std::size_t row = 1; row < options.samples;) {
        result.status = flow.step();
        if (result.status != flow_status::converged) return result;
        for (; row < options.samples; ++row) {
            const double t = t_end * (static_cast<double>(row) / last);
            if (t > flow.t()) break;
            flow.state_at(t, x);
            add_row(result.columns, t, x);
        }
    }
    return result;
}

settled_state settle(const problem& at, std::span<const double> x0, const settle_options& options) {
    detail::check_flow("settle", at, x0, options.flow);
    for (const double value : {options.closeness, options.max_time})
        if (!(value > 0))
            throw invalid_argument("settle", fmt::format("an option is {}", value),
                                   "closeness and max_time must be > 0");
    settled_state result{flow_status::converged, {x0.begin(), x0.end()}, 0};
    if (polish(at, options.closeness, result.state)) return result;

    detail::flow flow(at, x0, options.flow);
    while (result.time < options.max_time) {
        const auto status = flow.step();
        result.time = flow.t();
        result.state = flow.x();
        result.status = status;
        if (status != flow_status::converged) return result;
        if (polish(at, options.closeness, result.state)) return result;
    }
    result.status = flow_status::stalled;
    return result;
}

}  // namespace moebius
