// SPDX-License-Identifier: MIT
// What changes of sign along a branch of cycles mean: folds, crossings or rounding.
#include <algorithm>
#include <cmath>

#include "cycle_branch.hpp"
#include "cycle_facts.hpp"

namespace moebius::detail {
namespace {

constexpr double clear = 0.1;       // regularities that rounding changes by no means
constexpr double conserved = 1e-6;  // a multiplier so near to 1 may be 1
constexpr double standstill = 300;  // tolerances that a parameter changes by along a branch

}  // namespace

/// Whether the regularity is larger than rounding makes it, or, where multipliers are 1 all along
/// and say nothing, goes through zero step by step.
bool cycle_branch::has_clear_sign(const bracket& seen) {
    const double from = seen.a.regularity, to = seen.b.regularity;
    if (std::min(std::abs(from), std::abs(to)) > clear) return true;
    if (!is_conserved(seen)) return false;
    double last = from;
    for (const double share : {0.25, 0.5, 0.75}) {
        const auto between = trace_.between(seen.a, seen.b, share);
        if (!between || (between->regularity - last) * (to - from) <= 0) return false;
        last = between->regularity;
    }
    return (to - last) * (to - from) > 0;
}

/// Whether the regularity changes its sign by rounding, as beside multipliers of 1e100: no
/// multiplier goes through 1 with it, nor does the parameter turn in the same step.
bool cycle_branch::is_sign_of_rounding(const bracket& seen) {
    const auto unity = of_multipliers(&floquet::unity);
    const auto turn = [](const curve_point& at) { return at.tangent[at.tangent.size() - 1]; };
    return unity(seen.a) * unity(seen.b) > 0 && turn(seen.a) * turn(seen.b) > 0 &&
           !is_conserved(seen);
}

/// Whether multipliers change sides in a bracket by rounding alone, as beside a multiple Hopf
/// point, where many are on the unit circle. One that crosses there is off it a step farther.
bool cycle_branch::may_be_rounding(const bracket& seen) {
    const floquet first = facts_at(seen.a).multipliers, last = facts_at(seen.b).multipliers;
    if (lost_ || !first.resolved() || !last.resolved()) return false;
    const double least = digits_of_multipliers * options_.tolerance;
    const auto sides_at = [&](const floquet& end, double farther) {
        const auto sides = end.sides_of_circle(least);
        if (sides.on == 0) return sides;
        const auto at = trace_.between(seen.a, seen.b, farther);
        return at ? facts_at(*at).multipliers.sides_of_circle(least) : sides;
    };
    if (first.sides_of_circle(least).on + last.sides_of_circle(least).on == 0) return false;
    const auto from = sides_at(first, -1), to = sides_at(last, 2);
    constexpr auto pair = 2;  // more are no crossing
    return std::max(from.on, to.on) > pair || (to.out - from.out) * (to.in - from.in) >= 0;
}

/// Whether a multiplier may be 1 all along a bracket, as where something is conserved.
bool cycle_branch::is_conserved(const bracket& seen) {
    return !facts_at(seen.a).multipliers.differ_from_one(conserved) &&
           !facts_at(seen.b).multipliers.differ_from_one(conserved);
}

/// Whether the parameter goes on the same way at both ends of a bracket, and not by rounding.
bool cycle_branch::goes_on(const bracket& seen) const {
    const auto change = [](const curve_point& at) { return at.tangent[at.tangent.size() - 1]; };
    const double a = change(seen.a), b = change(seen.b);
    return a * b > 0 && std::min(std::abs(a), std::abs(b)) > standstill * options_.tolerance;
}

/// Whether a bracket is the one from which a fold is to be found. A multiplier goes through 1 at
/// folds, where the parameter turns, and at branch points, where the regularity changes its sign.
/// The multiplier tells of a fold also where the parameter stands still to rounding, as in canard
/// explosions and near homoclinic orbits; the turn tells of one in the same step as a branch point,
/// and where a multiplier is 1 on both sides, as that of a slow mode beside the cycle.
/// Beside a Hopf point multipliers differ from 1 by rounding: no sign of theirs says anything.
bool cycle_branch::folds(walk& along, const bracket& seen) {
    const bool crosses = !(seen.a.regularity * seen.b.regularity > 0);
    if (seen.test == unity_test) {
        const double known_to = digits_of_multipliers * options_.tolerance;
        return !crosses && !is_conserved(seen) &&
               facts_at(seen.a).multipliers.differ_from_one(known_to) &&
               facts_at(seen.b).multipliers.differ_from_one(known_to);
    }
    const auto& turn = along.test(seen).value;
    const double steepest = std::max(std::abs(turn(seen.a)), std::abs(turn(seen.b)));
    const bool slow = is_conserved(seen) && facts_at(seen.a).multipliers.error() < conserved &&
                      facts_at(seen.b).multipliers.error() < conserved;
    return (crosses || slow) && steepest > standstill * options_.tolerance;
}

}  // namespace moebius::detail
