// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/base/watch.hpp>
#include <moebius/dynamics/integrate.hpp>
#include <string>
#include <vector>

namespace moebius {

enum class sweep_direction { up, down, both };
[[nodiscard]] std::string_view to_string(sweep_direction direction) noexcept;
/// @throws invalid_argument for an unknown name, offering the nearest
[[nodiscard]] sweep_direction sweep_direction_from_name(std::string_view name);

struct slow_sweep_options {
    double rate = 1e-3;                                 ///< parameter units a unit of time, > 0
    sweep_direction direction = sweep_direction::both;  ///< both: up, then down from where up ended
    std::size_t samples = 401;  ///< rows a direction, evenly spaced in the parameter, >= 2
    flow_options flow = {};
};

/// A place where the state left its branch.
struct sweep_jump {
    int direction = 1;         ///< 1 on the way up, -1 on the way down
    double parameter = 0;      ///< where the transit was fastest
    double entry = 0;          ///< where the state began to be repelled
    std::vector<double> from;  ///< the state at `entry`: close to the fold
    std::vector<double> at;    ///< the state at `parameter`
    std::vector<double> to;    ///< the steady state reached from `at` with the parameter held
};

/// Values of the parameter between which something was seen, on the way up (1) or down (-1).
struct sweep_stretch {
    int direction = 1;
    double from = 0, to = 0;
};

struct slow_sweep_result {
    flow_status status = flow_status::stalled;  ///< look here first
    /// direction, the swept parameter, the states, and load_1 ... if the model knows loads.
    table samples;
    std::vector<sweep_jump> jumps;  ///< in the order in which they happened
    /// Where the state stayed though it was unstable, as the flow does where nothing pushes it off
    /// (there is no noise): from the first of at least four such samples to the last one.
    std::vector<sweep_stretch> unstable;
    std::vector<sweep_stretch> oscillations;  ///< flights without a steady state to end in
    int direction = 1;                        ///< of the way that was gone last
    double reached = 0;  ///< the parameter where the sweep ended: before its end unless converged
};

/// Moves one parameter slowly and linearly through [low, high] and follows the state.
///
/// The start is settled at the first parameter (if it does not settle, the sweep begins where the
/// wait ended). A jump is an excursion during which the frozen
/// field f(., p) drives the state away from where it is (f . f_x f > 0; for one state f_x > 0), and
/// it stands where that growth turns into decay: where |f| at frozen p is largest. A state that
/// follows a stable branch never shows this, however steep the branch, so no threshold is needed
/// and the samples do not matter. A flight that passes several such places without a steady state
/// to rest at in between is one jump, standing where it was fastest. A flight from which the state
/// comes to rest nowhere, with the parameter held, is an oscillation and no jump.
///
/// @param x0  start, one number a state
/// @throws invalid_argument  for an unknown parameter, an empty or reversed range, a start or an
///                           option out of range
/// @throws cut_short<slow_sweep_result>  with what was swept, if the watch asks to stop;
/// interrupted
///                                       if that is nothing
[[nodiscard]] slow_sweep_result slow_sweep(const problem& at, std::string_view parameter,
                                           double low, double high, std::span<const double> x0,
                                           const slow_sweep_options& options = {},
                                           const watch& watch = {});

/// How far behind a fold a swept state jumps, to leading order in the rate.
///
/// Near the fold x' = alpha (p - p*) + a (x - x*)^2 with p' = rate; the delay p - p* at which the
/// solution of this normal form becomes infinite is 2.338107410459767 |rate|^(2/3)
/// |alpha a|^(-1/3) in the direction of the motion, 2.338... being the first zero of Ai(-z).
/// What follows is of the order rate log rate.
///
/// @param alpha  df/dp at the fold
/// @param a      half of d2f/dx2 at the fold
/// @param rate   of the parameter; its sign is its direction
/// @return       p - p*, with the sign of `rate`
/// @throws invalid_argument  unless alpha a rate > 0: the sweep must leave the side on which the
///                           equilibria are
/// @source  R. Haberman, SIAM J. Appl. Math. 37 (1979) 69-106; C. Kuehn, Multiple Time Scale
///          Dynamics (2015), section 5.4
[[nodiscard]] double swept_fold_delay(double alpha, double a, double rate);

}  // namespace moebius
