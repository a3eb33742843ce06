// SPDX-License-Identifier: MIT
#pragma once

#include <boost/numeric/odeint.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <string_view>

namespace moebius::detail {

/// @throws invalid_argument  naming `where`, if the start or the options are out of range
void check_flow(std::string_view where, const problem& at, std::span<const double> x0,
                const flow_options& options);

/// One parameter moving linearly: p = from + rate t, and no further than `to`.
struct ramp {
    std::size_t parameter = 0;
    double from = 0;
    double to = 0;
    double rate = 0;  ///< a unit of time; 0 for a parameter that stands still

    [[nodiscard]] double value(double t) const;
};

/// The flow of a problem, one adaptive step at a time, with dense output in between.
class flow {
public:
    flow(const problem& at, std::span<const double> x0, const flow_options& options);
    flow(const problem& at, const ramp& moving, std::span<const double> x0,
         const flow_options& options);

    /// Goes on by one step; `converged` while all is well.
    flow_status step();

    /// Within the step just taken, [t_before, t].
    void state_at(double t, std::vector<double>& x) const;
    [[nodiscard]] double t_before() const { return stepper_.previous_time(); }
    [[nodiscard]] double t() const { return stepper_.current_time(); }
    [[nodiscard]] const std::vector<double>& x() const { return stepper_.current_state(); }

    /// The parameters at a time.
    [[nodiscard]] std::vector<double> parameters(double t) const;

private:
    using state = std::vector<double>;
    using method = boost::numeric::odeint::runge_kutta_dopri5<state>;
    using dense = boost::numeric::odeint::result_of::make_dense_output<method>::type;

    problem at_;
    ramp moving_;
    flow_options options_;
    double largest_;  ///< |x_i| beyond which the domain is left
    dense stepper_;
    std::size_t steps_ = 0;
};

}  // namespace moebius::detail
