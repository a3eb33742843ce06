// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <vector>

namespace moebius {

/// What a proof of special points needs to know beside them.
struct certify_options {
    std::vector<parameter_range> ranges;  ///< that vary, one or two
    double step = 0;                      ///< of the discrete rule; 0: the differential equation
    double radius = 1e-10;                ///< farther than this from its point, nothing is proven
};

/// Whether a model's right-hand side is known over enclosures.
[[nodiscard]] bool has_closed_form(const field& model);

/// Proves that there is exactly one point of the given type near a special point, by an interval
/// Newton step (solve/krawczyk.hpp) on the system that defines it:
///
///     EP       f = 0, and what its curve is made of
///     LP       f = 0, f_x v = 0
///     BP       f = 0 on the cells' groups and a zero eigenvalue within one of them; else, where
///              f(0, p) = 0 for all p, a zero eigenvalue at x = 0; else Moore's system, whose
///              imperfection may be 0 but is not proven to be
///     HB       f = 0, f_x q = i omega q with omega != 0
///     PD, NS   the same for the multiplier -1, or a pair on the unit circle, of the map
///     CP       LP and w^T f_xx(v, v) = 0        BT   f = 0, f_x v = 0, f_x g = v
///     ZH       those of LP (or BP) and HB; HH those of two HB, as two parameters vary
///     GH       HB and the first Lyapunov coefficient
/// each with v of a fixed length. The systems are regular at points of that type which are not
/// degenerate, so that also simplicity is proven: of the fold, the cusp and the crossing of the
/// axis. Points of cycles are not proven yet, and say so.
///
/// The radius is how far the true point can be from the given one, in each state and free parameter
/// relative to its value, or to a unit if that is larger: the state scale; of a parameter the least
/// of a twentieth of its range, the ends of that, and what moves the state by its scale.
/// @param base   the model of the diagram; the point's groups of cells and parameters are taken
/// @param curve  kind of the curve on which the point is, as in branch::kind
/// @throws invalid_argument if the model has no closed form, or for a bad range or point
/// @source  docs/theory.md section 8
[[nodiscard]] certificate certify(const problem& base, const special_point& point,
                                  std::string_view curve, const certify_options& options);

/// The same for all points of a diagram.
/// @throws interrupted  if the watch asks to stop
void certify(const problem& base, diagram& of, const certify_options& options,
             const watch& progress = {});

}  // namespace moebius
