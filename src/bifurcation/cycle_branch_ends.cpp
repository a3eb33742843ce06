// SPDX-License-Identifier: MIT
// Where a branch of cycles ends, and what is made anew after each of its steps.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "cycle_branch.hpp"
#include "cycle_facts.hpp"
#include "cycle_switch.hpp"
#include "halved_cycle.hpp"

namespace moebius::detail {

using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double slack = 0.1;        // of the error allowed, at which the mesh is made finer
constexpr double shortest = 4;       // times the least step, of one that is not trusted
constexpr double outside = 1;        // exponent of a multiplier that is so beyond doubt
constexpr double beside_end = 1e-2;  // of a branch that ends in a doubling: a short way

/// Whether the largest multiplier changes so much in a step that several may have come to the unit
/// circle and gone back within.
bool leaps(const floquet& from, const floquet& to) {
    constexpr double least = 3;
    const double before = from.largest_exponent(), after = to.largest_exponent();
    return std::abs(after - before) > std::max(least, 0.5 * std::max(before, after));
}

/// Whether the largest multipliers, real and outside, differ in sign: both of two have turned.
bool turn_over(const floquet& from, const floquet& to) {
    const auto a = from.others.front(), b = to.others.front();
    return a.imag() == 0 && b.imag() == 0 && a.real() * b.real() < 0 &&
           std::min(from.largest_exponent(), to.largest_exponent()) > outside;
}

}  // namespace

/// The branch ends where multipliers say nothing any more, or in a homoclinic orbit.
std::optional<stop_reason> cycle_branch::kept(walk& along, bool goes_on) {
    if (!goes_on) return std::nullopt;
    const bool is_fold = held_ && std::exchange(held_->old, true);
    const double left = way_ - last_step();
    if (doubled_ && left > 0 && left < beside_end) {
        write_held();
        if (const auto why = end_in_doubling(along.arc() - last_step())) return why;
    }
    const auto why = renewed(along);
    if (is_fold) write_held();  // behind the step's own row, which may be said again before
    return why;
}

/// Whether the branch ends after its last row; else that is said again where the mesh is renewed.
std::optional<stop_reason> cycle_branch::renewed(walk& along) {
    auto extremes = extremes_at(trace_.current().u);
    for (double& x : extremes) x /= scale();
    const bool reached =
        homoclinic_.reached(curve_.period(trace_.current().u),
                            trace_.current().u[curve_.size() - 1], std::move(extremes));
    if (reached && options_.longest_period == 0) return stop_reason::homoclinic;
    // cycles beyond differ by what the mesh errs, which multipliers magnify
    past_homoclinic_ = past_homoclinic_ || reached;
    lost_ = past_homoclinic_;
    if (folds_.repeat() && options_.longest_period == 0) return stop_reason::homoclinic_to_cycle;
    if (!resolve(along))
        return homoclinic_.nears() ? stop_reason::homoclinic : stop_reason::unresolved;
    lost_ = lost_ || !facts_at(trace_.current()).multipliers.resolved();
    const bool coarse = is_coarse(trace_.current().u);
    const auto why = cycle_walk::kept(along, true);
    if (!why && !lost_ && !facts_at(trace_.current()).multipliers.are_told() && !resolve(along))
        return stop_reason::unresolved;
    remember_told();
    // the row of a cycle that its mesh did not suit, on the one made for it
    if (coarse && !why) rows_.replace_row(row_at(trace_.current().u));
    return why;
}

/// Makes the mesh finer until the trivial multiplier is as near to 1 as asked for, and says the
/// last row again.
/// @return false if no mesh does
bool cycle_branch::resolve(walk& along) {
    const auto error = [this] { return facts_at(trace_.current()).multipliers.error(); };
    const double most = options_.multiplier_error, aim = slack * slack * most;
    if (error() < slack * most) {
        coarsen(error(), aim);
        return true;
    }
    bool stale = true;  // the mesh of a cycle some steps ago may suit this one badly
    do {                // the error falls like intervals^(-2 degree)
        const double wanted = std::pow(error() / aim, 0.5 / static_cast<double>(start_.degree));
        const double times = std::exchange(stale, false) ? 1 : std::min(2.0, std::max(1.2, wanted));
        if (!refine(times)) return error() < most;  // 1.2 for NaN
        if (!rebase()) return false;
        rows_.replace_row(row_at(trace_.current().u));
        along.rebased();
    } while (!(error() < slack * most));
    return true;
}

bool cycle_branch::end(walk& /*along*/, double arc, const curve_point& at) {
    return ended_ || add_point(point_type::EP, suited(at), arc, 0);
}

/// A branch that goes through amplitude zero meets its own mirror image there.
std::optional<stop_reason> cycle_branch::overruns(walk& along) {
    if (!at_hopf_ && swing_now() < 0) return stop_reason::branch_point;
    if (way_ > last_step()) return std::nullopt;
    return end_in_doubling(along.arc()).value_or(stop_reason::branch_point);
}

/// The length of the last step.
double cycle_branch::last_step() const { return (trace_.current().u - trace_.previous().u).norm(); }

/// How far from where the last step began the branch comes to a cycle of half the period: the
/// halves of its own differ the less the nearer it is, and beyond it they have changed places. It
/// crosses the branch of these cycles there.
double cycle_branch::way_to_half() const {
    const curve_point &a = trace_.previous(), &b = trace_.current();
    const bool may = doubled_ || !(a.regularity * b.regularity > 0);
    if (!may || !started_ || !curve_.turn().next.empty())
        return std::numeric_limits<double>::infinity();
    const MatrixXd first = halves_apart(whole(a.u)), last = halves_apart(whole(b.u));
    const double from = first.squaredNorm(), to = first.cwiseProduct(last).sum();
    const bool nears = to < 0 || last.squaredNorm() < from;
    return nears ? from / (from - to) * last_step() : std::numeric_limits<double>::infinity();
}

/// The way to the end of a doubled branch is a short one, on which nothing else is passed. So is a
/// step in which a mode goes from fast decay to fast growth: points that suit the first have the
/// second on the wrong side, and no test function sees it pass.
bool cycle_branch::trusts(walk& /*along*/) {
    const bool as_before = lost_ || !told_ || known_at(trace_.current().u).multipliers.are_told();
    if (!as_before && trace_.step() > shortest * options_.min_step) {
        stale_ = true;
        return false;
    }
    if (trace_.step() > shortest * options_.min_step &&
        passes_from_hopf(known_at(trace_.current().u).multipliers))
        return false;
    if (trace_.step() > beside_end && passes_unseen(known_at(trace_.current().u).multipliers))
        return false;
    way_ = way_to_half();
    return way_ > last_step() || way_ < beside_end;
}

/// Whether as many multipliers as no test function tells have passed the unit circle since the last
/// row: two doublings in one step leave no change of sign.
bool cycle_branch::passes_unseen(const floquet& now) const {
    if (lost_ || at_hopf_ || !last_told_ || !now.resolved()) return false;
    const floquet& before = *last_told_;
    if (now.others.size() > 1 && (leaps(before, now) || (!started_ && turn_over(before, now))))
        return true;
    const double least = digits_of_multipliers * options_.tolerance;
    const auto was = before.sides_of_circle(least), is = now.sides_of_circle(least);
    const bool turns = before.critical_angle() != 0 || now.critical_angle() != 0;
    return was.on + is.on == 0 && was.out != is.out && before.unity() * now.unity() > 0 &&
           before.doubling() * now.doubling() > 0 && !(turns && before.torus() * now.torus() < 0);
}

/// The same of the first step from a Hopf point, where the eigenvalues and the criticality tell how
/// many multipliers of the least cycles are outside.
bool cycle_branch::passes_from_hopf(const floquet& now) const {
    if (!at_hopf_ || !unstable_at_hopf_ || !now.resolved()) return false;
    const auto is = now.sides_of_circle(digits_of_multipliers * options_.tolerance);
    return is.on == 0 && is.out != *unstable_at_hopf_;
}

/// Writes down the doubling of the cycles of half the period, on a curve of their own.
/// @param arc  where the last step began
/// @return nothing if none is found there
std::optional<stop_reason> cycle_branch::end_in_doubling(double arc) {
    const curve_point &a = trace_.previous(), &b = trace_.current();
    const VectorXd u = a.u + way_ / last_step() * (b.u - a.u);
    const auto found =
        doubling_of_half(curve_, range_, whole(u), curve_.period(u), u[u.size() - 1], options_);
    if (!found || std::abs(found->at.u.tail<1>()[0] - u.tail<1>()[0]) > beside_end)
        return std::nullopt;
    const cycle_curve twice_through = std::exchange(curve_, found->curve);
    if (!look_at(found->at)) {
        curve_ = twice_through;
        return std::nullopt;
    }
    auto point = described(point_type::PD, found->at.u, found->missed);
    add_form(point, found->at.u);
    floquet twice = known().multipliers;
    twice.parts = 2;
    auto within = within_groups();
    for (auto& group : within)
        for (auto& mu : group.values) mu *= mu;
    rows_.add_row(
        arc + way_,
        cycle_row(curve_.problem_at(found->at.u), curve_.free().front(),
                  2 * curve_.period(found->at.u), extremes_at(found->at.u), twice, within),
        std::move(point));
    ended_ = true;
    return stop_reason::period_doubling;
}

}  // namespace moebius::detail
