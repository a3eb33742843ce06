// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <complex>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>

#include "fixed_space.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double a_zero = 1e-6;            // of a test's values at the ends of a step
constexpr double joined_within = 1e-6;     // of a step, for groups that agree
constexpr double joined_rounding = 1e-10;  // of 1 + |u|, for those that rounding parts
constexpr double singular_share = 0.1;     // of the regularity at the ends of a step
constexpr double aside = 1e-3;             // scaled: how far off an end what vanishes is compared
constexpr double vanishes = 1e-8;          // against its value there
constexpr double unfolds = 0.1;            // w^T f_p against f_p; more is no branch point's
constexpr double unsolved = 1e-6;          // state scales by which f says that a point is off
constexpr double stands = 1e-7;            // scaled: what rounding leaves of where a cubic turns
constexpr double vertical = 1e-10;         // scaled parameter over a state scale; less is rounding
constexpr double creeping = 1e-4;  // how far from a branch point a search for a fold may stop

/// Whether the parameter turns at a fold, and does not stand still as on the way through a cusp: a
/// cubic looks like one near by, as far off its middle as the quadratic term at u tells.
/// @param unit  of the parameter
bool turns(const special_point& fold, double state_unit, double unit, const VectorXd& u,
           const bracket& seen) {
    const double speed = std::abs(coefficient_of(fold, "parameter").value_or(0)) * unit;
    const double quadratic = std::abs(coefficient_of(fold, "quadratic").value_or(0));
    const bool at_b = (seen.a.u - u).norm() < (seen.b.u - u).norm();
    const curve_point& far = at_b ? seen.b : seen.a;
    const double square = (far.u - u).squaredNorm();
    const double slope = std::abs(far.tangent[far.tangent.size() - 1]);
    if (quadratic * state_unit * state_unit < vertical * speed) return false;  // all at one value
    return !(quadratic * state_unit * state_unit * square < stands * slope * speed);
}

/// The eigenvalues that vanish at a fold or branch point.
std::vector<std::complex<double>> zeros_at(const special_point& point) {
    return std::vector<std::complex<double>>(point.type == point_type::BT ? 2 : 1, 0.0);
}

/// Where branches meet there is no one tangent: the regularity falls to zero on the way there.
bool is_joint(const curve_point& at, const bracket& seen) {
    const double most = std::max(std::abs(seen.a.regularity), std::abs(seen.b.regularity));
    return std::abs(at.regularity) <= singular_share * most;
}

}  // namespace

void fixed_space::handle_turn(const bracket& seen, const curve_point& at, recorder& rows) {
    curve_.units().unscale(at.u, x_, p_);
    auto fold = find_fold(base(), range_, x_, p_);
    if (!fold) {
        if (!known_.crossing_at(at.u) && !crosses_at(at.u)) ++result_.search.not_located;
        return;
    }
    const VectorXd u = curve_.units().scale(fold->state, fold->parameters);
    // Newton may have gone to another fold, or the turn is a crossing of two branches.
    if (!lies_between(seen.a, seen.b, u) || known_.crossing_at(u) || !is_solved(u) ||
        is_crossing(u, seen.a))
        return;
    const double unit = (range_.to - range_.from) / scaling::whole;
    if (!turns(*fold, base().model->state_scale(p_), unit, u, seen)) return;
    note_passed({u, at.tangent, at.regularity}, zeros_at(*fold));
    rows.add(seen.arc + (u - seen.a.u).norm(), u, extras_at(u), std::move(*fold));
}

/// Two groups agree: the branch comes to one of coarser groups, and goes on as a copy of itself or
/// as the other branch that leaves there.
std::optional<stop_reason> fixed_space::handle_join(walk& along, const bracket& seen,
                                                    const group_pair& pair) {
    const double before = apart(seen.a.u, pair), after = apart(seen.b.u, pair);
    if (std::abs(before) <= joined_rounding * (1 + seen.a.u.norm()))
        return std::nullopt;  // it left
    VectorXd u = seen.a.u + before / (before - after) * (seen.b.u - seen.a.u);
    const VectorXd travel = seen.b.u - seen.a.u;
    if (const auto found = find_branch_point(curve_, u);
        found && lies_between(seen.a, seen.b, found->u) &&
        std::abs(apart(found->u, pair)) < joined_within * travel.norm())
        u = found->u;
    else if (const auto at = along.locate(seen); at && !is_joint(*at, seen))
        return std::nullopt;  // next to a crossing Newton's method went to the other branch
    else if (at)
        u = at->u;
    equalise(u, {pair.i, pair.j});
    join(u, pair, before > 0 ? 1 : -1, seen.arc + (u - seen.a.u).norm(), along.rows());
    return stop_reason::branch_point;
}

/// Branches on which groups agree belong to coarser groups; where one of these leaves at a small
/// angle, a long step ends on the one that it left.
bool fixed_space::strays(walk& along) {
    const VectorXd& u = along.trace().current().u;
    return is_coarser(u, joined_rounding * (1 + u.norm()));
}

/// The last row of a branch that comes to coarser groups in u.
void fixed_space::join(const VectorXd& u, const group_pair& pair, int side, double arc,
                       recorder& rows) {
    known_.crossing_made(u).sides.push_back(side);
    std::erase_if(arms_, [&](const arm& a) {  // this way was just come along
        return (a.u - u).norm() < same_point && apart(a.tangent, pair) * side > 0;
    });
    rows.add(arc, u, extras_at(u));
    curve_.units().unscale(u, x_, p_);
    joints_.push_back({joined(first_, base(), x_, pair), p_[curve_.units().free()[0]]});
}

/// The branch point to coarser groups that an end on the window's very edge is: a root of third
/// order there, and found less precisely.
std::optional<fixed_space::edge_joint> fixed_space::joint_on_edge(const VectorXd& u) {
    const double p = u[n_];
    if (p > same_point && p < scaling::whole - same_point) return std::nullopt;
    for (const auto& pair : pairs_) {
        if (std::abs(apart(u, pair)) > at_a_multiple_root) continue;
        VectorXd even = u;
        equalise(even, {pair.i, pair.j});
        const auto found = find_branch_point(curve_, even);
        if (!found || (found->u - u).norm() > at_a_multiple_root ||
            std::abs(found->u[n_] - p) > same_point || std::abs(apart(found->u, pair)) > same_point)
            continue;
        even = found->u;
        equalise(even, {pair.i, pair.j});
        return edge_joint{even, pair};
    }
    return std::nullopt;
}

/// Whether f vanishes at u as far as f_x can tell: where the parameter is below the rounding of its
/// range, Newton's method stops at any residual.
bool fixed_space::is_solved(const VectorXd& u) {
    extras_at(u);
    const auto& terms = curve_.terms();
    const double unit = curve_.units().units()[0];
    return terms.f().lpNorm<Eigen::Infinity>() <= unsolved * unit * (1 + terms.jacobian_norm());
}

/// Whether a branch point is at u, as far as a search for a fold comes to one.
bool fixed_space::crosses_at(const VectorXd& u) {
    const auto found = find_branch_point(curve_, u);
    return found && (found->u - u).norm() < creeping;
}

/// Whether the parameter does not unfold the zero eigenvalue at u: w^T f_p = 0, a branch point. A
/// branch that turns in it is no fold; Newton's method for folds only creeps towards it.
bool fixed_space::is_crossing(const VectorXd& u, const curve_point& beside) {
    const auto& terms = curve_.terms();
    const bool dense = n_ > 1 && !terms.is_structured() && !base().model->cells();
    extras_at(beside.u);
    const double size = terms.jacobian_norm();
    const double second = dense ? singular_values_of(terms.jacobian())[n_ - 2] : 0;
    extras_at(u);
    if (dense) {  // more than one zero, and not a slow rate beside fast ones
        const double least = singular_values_of(terms.jacobian())[n_ - 2];
        if (least < creeping * size && least < singular_share * second) return true;
    }
    const VectorXd w = terms.null_vectors_here().left;
    const double slope = w.dot(terms.by_parameters().col(0)) * curve_.units().units()[n_];
    const double most = (terms.by_parameters().col(0) * curve_.units().units()[n_]).norm();
    return std::abs(slope) <= unfolds * most && crosses_at(u);
}

std::optional<stop_reason> fixed_space::handle_crossing(walk& along, const bracket& seen) {
    std::size_t zeros = 0;  // of several at once, which are told when the row is kept
    for (const auto& met : find_joint(seen.a, seen.b))
        if (!met.oscillates) zeros += met.count;
    if (zeros % 2 == 1) return std::nullopt;  // they make the change of sign
    const auto found = find_crossing(seen.a, seen.b, along);
    if (!found) return std::nullopt;  // a dip without a crossing
    recorder& rows = along.rows();
    const double arc = seen.arc + (found->u - seen.a.u).norm();
    const VectorXd travel = (seen.b.u - seen.a.u).normalized();
    note_passed({found->u, travel, 0}, zeros_at(found->point));
    if (const auto* known = known_.crossing_at(found->u)) {
        rows.add(arc, found->u, extras_at(found->u));
        std::erase_if(arms_, [&](const arm& a) {  // this way was just come along
            return a.label == known->label && a.tangent.dot(-travel) > 0.9;
        });
        return stop_reason::branch_point;
    }
    note_crossing(rows, arc, *found, travel);
    return std::nullopt;
}

/// Adds a point of several eigenvalues, and the arms that leave it.
void fixed_space::handle_joint(const joint_crossing& found, walk& along) {
    const VectorXd& u = found.at.u;
    passed_.push_back({found.at, found.first, found.first + found.count});
    if (known_.crossing_at(u)) return;
    const double arc = along.arc() - (along.trace().current().u - u).norm();
    auto point = described(curve_, found);
    if (special_point* known = met_at(u, point_type::HB, along.rows()); known && found.oscillates) {
        point.parameter_names = known->parameter_names;  // of which one pair was seen before
        *known = std::move(point);
        return;
    }
    along.rows().add(arc, u, extras_at(u), std::move(point));
    if (found.oscillates) return;
    multiple_.push_back(u);
    auto& met = known_.add_crossing(u);
    for (const auto& tangent : leaving_tangents(curve_, found))
        for (const double sign : {1.0, -1.0}) met.ways.push_back(sign * tangent);
}

/// Adds the point and its arms: those across `travel`, or all of them if it is empty.
void fixed_space::note_crossing(recorder& rows, double arc, const crossing& found,
                                const VectorXd& travel) {
    rows.add(arc, found.u, extras_at(found.u), found.point);
    auto& met = known_.add_crossing(found.u);
    for (std::size_t k = 0; k < 2; ++k) {
        if (travel.size() > 0 &&
            std::abs(found.tangents[k].dot(travel)) >= std::abs(found.tangents[1 - k].dot(travel)))
            continue;
        for (const double sign : {1.0, -1.0}) met.ways.push_back(sign * found.tangents[k]);
    }
}

/// Type, normal form and criticality of a splitting, as those of one member against the rest.
void fixed_space::describe_splitting(special_point& point, std::size_t group) const {
    problem here = base();
    here.parameters = point.parameters;
    const cell_field& coarse = *here.model->cells();
    const problem apart = regrouped(here, split(coarse.groups(), group, 1));
    const equilibrium_curve finer(apart, range_);
    const auto x = regrouped_state(coarse, *apart.model->cells(), point.state);
    const auto found = find_branch_point(finer, finer.units().scale(x, apart.parameters));
    if (!found) return;
    point.type = found->point.type;
    point.normal_form = found->point.normal_form;
    point.criticality = found->point.criticality;
}

/// The point of this type that the branch has at u; null if there is none.
special_point* fixed_space::met_at(const VectorXd& u, point_type type, recorder& rows) const {
    for (auto& known : rows.points())
        if (known.type == type &&
            (curve_.units().scale(known.state, known.parameters) - u).norm() < same_point)
            return &known;
    return nullptr;
}

/// Adds a point at which a group of cells may split.
void fixed_space::handle_split(const bracket& seen, const curve_point& at, std::size_t group,
                               recorder& rows) {
    // Where a finer branch leaves a coarser one, its groups are about to join, not to split.
    if (known_.crossing_at(at.u)) return;
    const auto size_at = [&](const curve_point& point) {
        return std::abs(within(point, group).determinant());
    };
    if (size_at(at) > a_zero * std::max(size_at(seen.a), size_at(seen.b))) return;  // a mere jump
    if (known_.crossing_at(seen.a.u) && size_at(seen.a) <= a_zero * size_at(seen.b)) return;
    add_splitting(at.u, group, seen.arc + (at.u - seen.a.u).norm(), rows);
}

void fixed_space::add_splitting(const VectorXd& u, std::size_t group, double arc, recorder& rows) {
    if (std::any_of(splittings_.begin(), splittings_.end(), [&](const auto& each) {
            return each.what.group == group && (each.u - u).norm() < same_point;
        }))
        return;  // on an edge the first step may see it, too
    auto point = point_here(point_type::BP, u);
    const cell_field& cells = *base().model->cells();
    const auto size = cells.groups().groups[group].size();
    point.multiplicity = static_cast<int>(size) - 1;
    const auto others = eigenvalues(within({u, {}, 0}, group));
    describe_splitting(point, group);
    const bool bends = point.criticality == "transcritical" || coefficient_of(point, "a");
    const bool flat = size > 2 && !point.criticality.empty() && !bends;
    splittings_.push_back({u, {"", group, depth_, point.state, point.parameters, flat}});
    if (special_point* known = met_at(u, point.type, rows)) {  // two groups split at once
        known->multiplicity += point.multiplicity;
        known->eigenvalues.insert(known->eigenvalues.end(), others.begin(), others.end());
        return;
    }
    point.eigenvalues.insert(point.eigenvalues.end(), others.begin(), others.end());
    rows.add(arc, u, extras_at(u), std::move(point));
}

/// A splitting on the window's very edge, where no sign changes.
void fixed_space::split_at_end(const VectorXd& u, double arc, recorder& rows) {
    const cell_field* cells = base().model->cells();
    const double p = u[n_];
    if (!cells || (p > same_point && p < scaling::whole - same_point) || known_.crossing_at(u))
        return;
    VectorXd inside = u;
    inside[n_] += p < same_point ? aside : -aside;
    for (std::size_t g = 0; g < cells->groups().size(); ++g) {
        if (cells->groups().groups[g].size() < 2) continue;
        const double here = std::abs(within({u, {}, 0}, g).determinant());
        if (here <= vanishes * std::abs(within({inside, {}, 0}, g).determinant()))
            add_splitting(u, g, arc, rows);
    }
}

/// A branch point on the window's very edge.
void fixed_space::cross_at_end(const curve_point& at, double arc, recorder& rows) {
    const double p = at.u[n_];
    if (p > aside && p < scaling::whole - aside) return;
    const bool landed = p == 0 || p == scaling::whole;  // next to a crossing it fails
    if (landed && std::abs(at.regularity) > aside) return;
    const auto found = find_branch_point(curve_, at.u);
    if (!found || (found->u - at.u).norm() > 2 * aside || known_.crossing_at(found->u)) return;
    const double edge = p > aside ? scaling::whole : 0;
    if (std::abs(found->u[n_] - edge) > same_point) return;
    note_crossing(rows, arc, *found, at.tangent);
}

}  // namespace moebius
