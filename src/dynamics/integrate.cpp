// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <array>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/base/view.hpp>
#include <moebius/continuation/state_units.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/newton.hpp>
#include <moebius/solve/spectrum.hpp>

#include "flow.hpp"

namespace moebius {
namespace {

constexpr std::array<std::string_view, 4> end_names{"converged", "not_finite", "left_domain",
                                                    "stalled"};

void check(double t_end, const integrate_options& options) {
    require("integrate").positive_and_finite("the end time", t_end);
    if (options.samples < 2)
        throw invalid_argument("integrate", fmt::format("samples is {}", options.samples),
                               "it must be >= 2");
}

void add_row(table& to, double t, const std::vector<double>& x) {
    to.columns[0].push_back(t);
    for (std::size_t i = 0; i < x.size(); ++i) to.columns[i + 1].push_back(x[i]);
}

/// Newton's method from a state that is close to an equilibrium; false if it is not, or if the
/// equilibrium does not attract.
bool polish(const problem& at, double closeness, std::vector<double>& state) {
    const auto n = static_cast<Eigen::Index>(state.size());
    Eigen::MatrixXd fp(n, static_cast<Eigen::Index>(at.parameters.size()));
    const auto system = [&](const Eigen::VectorXd& x, Eigen::VectorXd& f, Eigen::MatrixXd& fx) {
        at.model->linear(view(x), at.parameters, view(f), view(fx), view(fp));
    };
    const Eigen::VectorXd x = Eigen::Map<const Eigen::VectorXd>(state.data(), n);
    Eigen::VectorXd f(n);
    Eigen::MatrixXd fx(n, n);
    system(x, f, fx);
    const double near = closeness * at.model->state_scale(at.parameters);
    if (!(partial_lu<double>(fx).solve(f).lpNorm<Eigen::Infinity>() <= near)) return false;

    constexpr int enough = 8;  // quadratic from 1e-6: three steps do, unless a fold is near
    const auto end = newton(system, x, {.max_iterations = enough});
    if (!end || (end.u - x).lpNorm<Eigen::Infinity>() > 2 * near) return false;
    system(end.u, f, fx);
    if (!(eigenvalues(fx).front().real() < 0)) return false;
    state.assign(end.u.begin(), end.u.end());
    return true;
}

}  // namespace

std::string_view to_string(flow_status status) noexcept {
    return end_names[static_cast<std::size_t>(status)];
}

trajectory integrate(const problem& at, std::span<const double> x0, double t_end,
                     const integrate_options& options, const watch& watched) {
    detail::check_flow("integrate", at, x0, options.flow);
    check(t_end, options);
    const problem_in_units own(at);
    trajectory result{flow_status::converged, {{"t"}, {}}};
    for (const auto name : at.model->state_names()) result.columns.names.emplace_back(name);
    result.columns.columns.resize(result.columns.names.size());
    std::vector<double> x(x0.begin(), x0.end());
    add_row(result.columns, 0, x);

    own.enter(x);
    detail::flow flow(own.on(), x, options.flow);
    const double last = static_cast<double>(options.samples - 1);
    for (std::size_t row = 1; row < options.samples;) {
        if (watched.stopping()) throw interrupted("integrate");
        result.status = flow.step();
        if (result.status != flow_status::converged) return result;
        for (; row < options.samples; ++row) {
            const double t = t_end * (static_cast<double>(row) / last);
            if (t > flow.t()) break;
            flow.state_at(t, x);
            own.leave(x);
            add_row(result.columns, t, x);
        }
    }
    return result;
}

namespace {

/// On the problem's own units.
settled_state settled(const problem& at, std::span<const double> x0, const settle_options& options,
                      const watch& watched) {
    settled_state result{flow_status::converged, {x0.begin(), x0.end()}, 0};
    if (polish(at, options.closeness, result.state)) return result;

    detail::flow flow(at, x0, options.flow);
    while (result.time < options.max_time) {
        if (watched.stopping()) throw interrupted("settle");
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

}  // namespace

settled_state settle(const problem& at, std::span<const double> x0, const settle_options& options,
                     const watch& watched) {
    detail::check_flow("settle", at, x0, options.flow);
    for (const double value : {options.closeness, options.max_time})
        if (!(value > 0))
            throw invalid_argument("settle", fmt::format("an option is {}", value),
                                   "closeness and max_time must be > 0");
    const problem_in_units own(at);
    std::vector<double> x(x0.begin(), x0.end());
    own.enter(x);
    auto result = settled(own.on(), x, options, watched);
    own.leave(result.state);
    return result;
}

}  // namespace moebius
