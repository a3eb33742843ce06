// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/model/field.hpp>
#include <moebius/model/grid_axis.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// A parameter that differs between the instances of an ensemble.
struct varied_parameter {
    std::string name;
    std::vector<double> values;  ///< (instances)
};

/// Many initial value problems x' = f(x, p), x(0) = start, of one model with n states.
struct ensemble_problem {
    problem at;  ///< one of ensemble_names(); what is not varied
    std::vector<varied_parameter> varied = {};
    std::vector<double> starts = {};  ///< (instances, n) row-major, or (n) for all
    double t_end = 200;               ///< in the model's unit of time, > 0

    /// How many: the length of the varied parameters, else the rows of `starts`.
    [[nodiscard]] std::size_t instances() const noexcept;
};

enum class ensemble_precision { fp32, fp64 };
[[nodiscard]] std::string_view to_string(ensemble_precision precision) noexcept;

/// How an instance ended.
enum class ensemble_status : std::uint8_t {
    finished,    ///< the end time was reached
    stalled,     ///< the allowed steps did not suffice, or the step got too small to move the time
    not_finite,  ///< the state or its slope is NaN or infinite
};
[[nodiscard]] std::string_view to_string(ensemble_status status) noexcept;

struct ensemble_options {
    ensemble_precision precision = ensemble_precision::fp64;
    double rtol = 1e-6;       ///< error a step relative to the state; fp32: >= 5e-7, fp64: >= 1e-14
    double atol = 1e-9;       ///< error a step near zero, in units of the state, >= 1e-30
    double first_step = 0;    ///< time; 0: chosen for each instance
    int max_steps = 100'000;  ///< tried by an instance before `stalled`, 1 to 10^7
    unsigned threads = 0;     ///< of the CPU; 0: as many as the hardware runs. Changes no number.
};

struct ensemble_result {
    std::vector<double> states;           ///< (instances, n) row-major, where each ended
    std::vector<std::uint32_t> steps;     ///< (instances) tried, rejected ones included
    std::vector<ensemble_status> status;  ///< (instances)
    double seconds = 0;  ///< of integration, copies to and from a device not counted
};

/// The models that run as ensembles, by the names of the registry.
[[nodiscard]] std::span<const std::string_view> ensemble_names() noexcept;

/// Integrates every instance on the CPU, all cores, several instances side by side in a core's
/// vector registers; each has its own step size.
///
/// Dormand and Prince's 5(4) pair with local extrapolation and a proportional-integral step size
/// control. A rejected step is tried again; rest is not looked for, so t_end is always reached by
/// stepping.
///
/// @throws invalid_argument  for a model that has no ensemble, sizes that do not fit, a parameter
///                           or option out of range; a start may be NaN and ends `not_finite`
/// @throws interrupted       if the watch asks to stop
/// @accuracy  as rtol and atol ask; fp32 adds its own rounding, some 1e-7 of the state
/// @source    Dormand & Prince, J. Comput. Appl. Math. 6 (1980); Hairer, Norsett & Wanner, Solving
///            Ordinary Differential Equations I (2nd ed.), II.4-II.5
[[nodiscard]] ensemble_result integrate_ensemble(const ensemble_problem& work,
                                                 const ensemble_options& options = {},
                                                 const watch& watched = {});

/// Two varied parameters over all pairs of a grid's values; b runs fastest.
/// @throws invalid_argument  for equal parameters or an axis of fewer than 2 points or no length
[[nodiscard]] std::vector<varied_parameter> grid_of(const grid_axis& a, const grid_axis& b);

/// Whatever integrates ensembles: integrate_ensemble, or that of a device.
using ensemble_integrator =
    std::function<ensemble_result(const ensemble_problem&, const ensemble_options&, const watch&)>;

struct basin_options {
    ensemble_options ensemble = {};
    double t_end = 200;       ///< time that each start is given to settle
    double closeness = 1e-3;  ///< settled: Newton's step is within this many state scales, > 0
    double same = 1e-6;       ///< settled states closer than this many state scales are one, > 0
    std::size_t block = 1 << 16;  ///< grid points that are integrated side by side, >= 1
};

/// Which steady state each of several starts reaches, over a grid of two parameters.
///
/// Columns, one row a grid point with `b` running fastest: the two parameters; stable_states, how
/// many different stable equilibria were reached; unsettled, how many starts reached none; then
/// for each start k = 1, 2, ... basin_k, the position of the state reached among those of this
/// grid point in ascending order (of the first coordinate in which they differ), and the state
/// itself, x_k for a state x. Ends are finished by Newton's method in double precision. A start
/// that does not settle gives NaN: it was cut off before, is on its slow way past a fold, or sits
/// on an equilibrium that repels.
///
/// @param starts  (count, n) row-major, the same at every grid point; empty: the two ends of the
///                model's state bounds, all coordinates alike
/// @throws invalid_argument  as integrate_ensemble and grid_of, and for no starts of a model
///                           without finite state bounds
/// @throws cut_short<table>  with the rows of the blocks that were done, if the watch asks to stop;
///                           interrupted if there are none
[[nodiscard]] table basin_map(const problem& at, const grid_axis& a, const grid_axis& b,
                              const std::vector<double>& starts = {},
                              const basin_options& options = {}, const watch& watched = {},
                              const ensemble_integrator& integrate = integrate_ensemble);

/// @throws invalid_argument  if integrate_ensemble would, for the same reason
void check(const ensemble_problem& work, const ensemble_options& options);

/// Where ensembles are integrated.
class ensemble_backend {
public:
    virtual ~ensemble_backend() = default;

    /// Integrates an ensemble of initial value problems: integrate_ensemble (ensemble.hpp), whose
    /// results a device shares but for the last bits of exponentials and quotients.
    [[nodiscard]] virtual ensemble_result integrate(const ensemble_problem& work,
                                                    const ensemble_options& options,
                                                    const watch& watched) const = 0;
};

}  // namespace moebius
