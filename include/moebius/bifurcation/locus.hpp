// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <optional>

namespace moebius {

/// All curves of special points in a window of two parameters, each once, with the points of
/// codimension two on them.
///
/// kind            from                columns after loads    points on it
/// fold            LP CP BT ZH, BP *   quadratic              CP, BT, ZH
/// branch point    BP BT ZH **         quadratic, cubic       BT, ZH
/// hopf            HB GH BT ZH HH      omega, l1              GH, ZH, HH; BT at its end
/// fold of cycles  LPC and its CP                             CP; GH at its end
/// doubling of cycles      PD                                 GPD, R2, LPPD, PDNS
/// torus of cycles         NS R3 R4    angle                  CH, R3, R4, LPNS, PDNS, NSNS; R1 or
///                                                            R2 at its end
/// branch point of cycles  BP, of a symmetry
/// homoclinic              EP of cycles that end homoclinic,  NSS, NSF, NFF, DRS, DRU, OFS, OFU,
///                         and BT if it is the start          IFS, IFU; NCH or SH at its end
///
///  * where the second parameter unfolds the branch point    ** where neither of them does
///
/// A BP, PD or NS of cycles at which cells of one group part is followed on the groups that are
/// left when one cell goes its own way. Special cycles are followed from a start alone, by
/// cycle_fold_curve and cycle_multiplier_curve. Their columns: the two parameters, period,
/// load_1_min, load_1_max ... (or each state's), of folds `quadratic` (zero at a CP of cycles), of
/// tori the angle of the pair on the unit circle (0 to pi), and n_unstable: multipliers outside the
/// unit circle besides the critical ones. A branch point of cycles that no symmetry keeps is one
/// point; its curve ends there, `singular`. Those of crossing branches that no symmetry tells apart
/// are not followed.
///
/// GPD and CH, at which a PD's or an NS's cubic coefficient is zero (`b`, `a`, of the map of a
/// section across the cycle), are told of up to 32 states.
///
/// A homoclinic orbit is cut where it is within 1e-5 of its size from its saddle; `period` is what
/// is left of its time. Its columns: how far its ends are from the saddle against its size, the
/// saddle's leading eigenvalues (stable_re, stable_im, unstable_re, unstable_im), the sum of their
/// real parts (saddle_quantity: negative where the cycle beside it is stable), and how many of the
/// two are pairs (saddle_foci: 0 of a saddle). It ends in an NCH or SH, or `branch_point` where it
/// comes to a BT. From a BT at which a symmetry makes the quadratic coefficients zero none starts.
///
/// `quadratic` and `cubic` are the normal form's coefficients along the null vector of length 1. A
/// curve that is not closed crosses the window's edge or ends in a BT or GH, so the starts are the
/// special points of the equilibria along the four edges, and along a line across the middle each
/// way for curves that close inside. Of states on which fewer cells are alike than the two
/// parameters allow, the points that bound a stable part are starts, too. A branch that ends in a
/// BT or GH says so by stop_reason::branch_point. The lines are diagrams with these options but for
/// the step, and share max_branches; what they left is in diagram::search, and may lack its curve.
///
/// @param start  follow only the curves through this point; its groups of cells and parameters are
///               taken, and of equal cells at a multiple point one is let go its own way
/// @throws invalid_argument for a bad range, option or parameter, or a start that lies on no curve
/// @throws interrupted  if the watch asks to stop
/// @source  Kuznetsov (3rd ed.), chapter 8 and section 10.3
[[nodiscard]] diagram locus(const problem& base, const parameter_range& first,
                            const parameter_range& second, const continuation_options& options = {},
                            const std::optional<special_point>& start = {},
                            const watch& progress = {});

/// The same for orbits of a period of the rule x <- x + step f(x, p), fixed points first of all.
///
/// kind            from                        columns after loads    points on it
/// fold            LP CP BP R1 LPPD LPNS       quadratic              CP, R1, LPPD, LPNS
/// branch point    BP R1 LPPD LPNS             quadratic, cubic       R1, LPPD, LPNS
/// doubling        PD GPD R2 LPPD PDNS         cubic                  GPD, R2, LPPD, PDNS
/// torus           NS CH R1 R2 R3 R4 LPNS ...  theta, cubic           CH, R3, R4, LPNS, PDNS, NSNS;
///                                                                    R1 or R2 at its end
///
/// `cubic` is flip_coefficient or torus_coefficient; R1 to R4 have the normal forms of
/// bifurcation/map_forms.hpp. A point of a period stands for its orbit, of which one is told.
/// @throws invalid_argument  as locus, and as period_diagram
/// @throws interrupted       if the watch asks to stop
/// @source  Kuznetsov (3rd ed.), chapter 9
[[nodiscard]] diagram map_locus(const problem& base, const map_rule& rule,
                                const parameter_range& first, const parameter_range& second,
                                const continuation_options& options = {},
                                const std::optional<special_point>& start = {},
                                const watch& progress = {});

/// The same for the curves of folds alone.
///
/// A cusp's normal form is `cubic`, of w' = ... + cubic w^3 along the null vector of length 1.
/// @param start  follow only the fold curve through this LP, BP, CP, BT or ZH
/// @throws as locus
[[nodiscard]] diagram fold_locus(const problem& base, const parameter_range& first,
                                 const parameter_range& second,
                                 const continuation_options& options = {},
                                 const std::optional<special_point>& start = {},
                                 const watch& progress = {});

}  // namespace moebius
