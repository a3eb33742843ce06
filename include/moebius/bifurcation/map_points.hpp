// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <vector>

namespace moebius {

// The discrete rule x <- x + step f(x, p), one batch at a time (docs/theory.md section 1). Its
// fixed points are the equilibria of f; an eigenvalue of f_x becomes the multiplier
// 1 + step eigenvalue.

/// The flip (PD) near (x, p) as `range` varies: f = 0 and an eigenvalue -2/step, by Newton's
/// method.
///
/// Normal form `b` (flip_coefficient); supercritical, with a stable orbit of period 2, for b > 0.
/// Where -1 is double with one eigenvector it is an R2, with `c` and `d` of resonance_2_at.
/// @return nothing if there is none near
/// @throws invalid_argument unless step > 0 and finite, or for a bad range or parameter
/// @source  Kuznetsov (3rd ed.), section 4.3 and 5.4.2
[[nodiscard]] std::optional<special_point> find_flip(const problem& base, double step,
                                                     const parameter_range& range,
                                                     const std::vector<double>& x,
                                                     const std::vector<double>& p);

/// The torus point (NS) near (x, p): multipliers exp(+-i theta), 0 < theta < pi.
///
/// Normal form `theta` and `a` (torus_coefficient); supercritical, with a stable closed curve, for
/// a < 0. At a strong resonance (theta = pi/2 or 2 pi/3) criticality is left open. Where the pair
/// comes together at 1 or -1 it is an R1 or R2, with the coefficients of resonance_1_at or
/// resonance_2_at.
/// @return nothing if there is none near
/// @throws as find_flip
/// @source  Kuznetsov (3rd ed.), section 4.6-4.7 and 5.4.3
[[nodiscard]] std::optional<special_point> find_torus(const problem& base, double step,
                                                      const parameter_range& range,
                                                      const std::vector<double>& x,
                                                      const std::vector<double>& p);

/// equilibrium_diagram of the discrete rule: the same branches with PD and NS on them. In place of
/// `eigenvalue` a column `multiplier` (the largest modulus); `stable` and `n_unstable` count
/// multipliers beyond the unit circle. R1 and R2 stand where the range passes one exactly.
///
/// A point at which cells of one group part company has their number less one as multiplicity. Two
/// points of the same kind that cancel within one step of the diagram are not seen.
/// @throws invalid_argument unless step > 0 and finite, and as equilibrium_diagram
/// @throws interrupted  if the watch asks to stop
[[nodiscard]] diagram map_diagram(const problem& base, double step, const parameter_range& range,
                                  const continuation_options& options = {},
                                  const std::optional<special_point>& start = {},
                                  const watch& progress = {});

/// The rule x <- x + step f, and the least period of the orbits that are asked for.
struct map_rule {
    double step = 1;
    std::size_t period = 1;
};

/// Orbits of least period n of the rule: map_diagram of its n-th iterate, each orbit by one of its
/// points and without those of shorter periods. A BP stands where the period falls to a divisor, as
/// at the PD of an orbit of half the period; `multiplier`, PD, NS and LP are those of the orbit.
/// @param start  a fixed point, or a point of the orbit; a PD of an orbit of half the period, too
/// @throws invalid_argument  unless 1 <= period <= most_iterations, and as map_diagram
/// @throws interrupted       if the watch asks to stop
[[nodiscard]] diagram period_diagram(const problem& base, const map_rule& rule,
                                     const parameter_range& range,
                                     const continuation_options& options = {},
                                     const std::optional<special_point>& start = {},
                                     const watch& progress = {});

/// What map_diagram does to a diagram of the equilibria of the same problem over the same range.
[[nodiscard]] diagram as_map_diagram(const problem& base, double step, const parameter_range& range,
                                     diagram equilibria);

}  // namespace moebius
