// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/model/field.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// How following a trajectory ended. Not arriving is an answer about the model, so it is a value.
enum class flow_status {
    converged,    ///< the end time, or the steady state, was reached
    not_finite,   ///< the model gave NaN or infinity
    left_domain,  ///< a coordinate left the domain (flow_options::limit)
    stalled,      ///< as many steps, or as much time, as were allowed did not suffice
};
[[nodiscard]] std::string_view to_string(flow_status status) noexcept;

/// Accuracy and limits of the adaptive time stepping (Dormand-Prince 5(4), dense output).
struct flow_options {
    double rtol = 1e-9;                  ///< error a step relative to the state, > 0
    double atol = 1e-12;                 ///< error a step near zero, in units of the state, > 0
    double limit = 1e9;                  ///< |x_i| beyond so many state scales left the domain
    std::size_t max_steps = 10'000'000;  ///< steps before `stalled`, >= 1
};

struct integrate_options {
    std::size_t samples = 201;  ///< rows, evenly spaced over [0, t_end], ends included, >= 2
    flow_options flow = {};
};

struct trajectory {
    flow_status status = flow_status::stalled;  ///< look here first
    table columns;                              ///< t, then the states; ends early unless converged
};

/// The solution of x' = f(x, p) from x0 at t = 0, sampled evenly by dense output.
///
/// Here and in settle, where states of a model that knows no scale are far from 1, distances are in
/// units of each (continuation/state_units.hpp).
/// @param x0     start, one number a state
/// @param t_end  > 0
/// @throws invalid_argument  if a size, a start, the end or an option is out of range
/// @throws interrupted       if the watch asks to stop
/// @source       Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I, II.4-II.6
[[nodiscard]] trajectory integrate(const problem& at, std::span<const double> x0, double t_end,
                                   const integrate_options& options = {},
                                   const watch& watched = {});

struct settle_options {
    double closeness = 1e-6;  ///< Newton takes over within this many state scales, > 0
    double max_time = 1e7;    ///< time before `stalled`, in the model's unit, > 0
    flow_options flow{.max_steps = 100'000};
};

struct settled_state {
    flow_status status = flow_status::stalled;  ///< look here first
    std::vector<double> state;                  ///< where it ended
    double time = 0;                            ///< how long the flow was followed
};

/// Follows the flow from x0 to a steady state, finished by Newton's method to rounding.
///
/// Converged means a hyperbolic equilibrium that attracts: the Newton step is small and converges,
/// and every eigenvalue has a negative real part. A start on an unstable equilibrium, a cycle, and
/// the slow approach to a fold or branch point all end as `stalled`.
///
/// @throws invalid_argument  if a size, a start or an option is out of range
/// @throws interrupted       if the watch asks to stop
/// @cost   the Jacobian and its eigenvalues at every step: meant for few states
[[nodiscard]] settled_state settle(const problem& at, std::span<const double> x0,
                                   const settle_options& options = {}, const watch& watched = {});

}  // namespace moebius
