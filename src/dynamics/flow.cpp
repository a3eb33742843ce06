// SPDX-License-Identifier: MIT
#include "flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>

namespace moebius::detail {

void check_flow(std::string_view where, const problem& at, std::span<const double> x0,
                const flow_options& options) {
    const auto positive = [&](std::string_view name, double value) {
        if (!(value > 0))  // also catches NaN
            throw invalid_argument(where, fmt::format("{} is {}", name, value), "it must be > 0");
    };
    check_parameters(*at.model, at.parameters);
    if (x0.size() != at.model->dimension())
        throw invalid_argument(
            where, fmt::format("the start has {} numbers", x0.size()),
            fmt::format("{} has {} states", at.model->name(), at.model->dimension()));
    for (const double x : x0) require(where).finite("a start", x);
    positive("rtol", options.rtol);
    positive("atol", options.atol);
    positive("limit", options.limit);
    if (options.max_steps < 1) throw invalid_argument(where, "max_steps is 0", "it must be >= 1");
}

double ramp::value(double t) const {
    const double p = from + rate * t;
    return rate > 0 ? std::min(p, to) : std::max(p, to);
}

namespace {

/// A first guess of the step: a hundredth of the time in which the state would double or leave its
/// scale; the step control corrects it at once.
double first_step(const problem& at, std::span<const double> x0) {
    std::vector<double> f(x0.size());
    at.model->rhs(x0, at.parameters, f);
    const double scale = at.model->state_scale(at.parameters);
    double speed = 0;
    for (std::size_t i = 0; i < f.size(); ++i)
        speed = std::max(speed, std::abs(f[i]) / (scale + std::abs(x0[i])));
    return std::isfinite(speed) && speed > 1e-3 ? 0.01 / speed : 1;
}

}  // namespace

flow::flow(const problem& at, std::span<const double> x0, const flow_options& options)
    : flow(at, {0, at.parameters.at(0), at.parameters.at(0), 0}, x0, options) {}

flow::flow(const problem& at, const ramp& moving, std::span<const double> x0,
           const flow_options& options)
    : at_(at),
      moving_(moving),
      options_(options),
      stepper_(boost::numeric::odeint::make_dense_output(options.atol, options.rtol, method())) {
    at_.parameters[moving.parameter] = moving.from;
    largest_ = options.limit * at_.model->state_scale(at_.parameters);
    stepper_.initialize(state(x0.begin(), x0.end()), 0.0, first_step(at_, x0));
}

flow_status flow::step() {
    if (steps_++ >= options_.max_steps) return flow_status::stalled;
    try {
        stepper_.do_step([this](const state& x, state& f, double t) {
            at_.parameters[moving_.parameter] = moving_.value(t);
            at_.model->rhs(x, at_.parameters, f);
        });
    } catch (const boost::numeric::odeint::odeint_error&) {
        return flow_status::stalled;  // no step is small enough
    }
    for (const double x : stepper_.current_state())
        if (!std::isfinite(x)) return flow_status::not_finite;
    for (const double x : stepper_.current_state())
        if (std::abs(x) > largest_) return flow_status::left_domain;
    return flow_status::converged;
}

void flow::state_at(double t, std::vector<double>& x) const {
    x.resize(stepper_.current_state().size());
    stepper_.calc_state(t, x);
}

std::vector<double> flow::parameters(double t) const {
    auto p = at_.parameters;
    p[moving_.parameter] = moving_.value(t);
    return p;
}

}  // namespace moebius::detail
