// SPDX-License-Identifier: MIT
#include "cycle_branch.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cycle_facts.hpp"
#include "return_map.hpp"

namespace moebius::detail {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr double touching = 5e-3;   // of two cycles that are one but for a broken symmetry
constexpr double alike = 1e-6;      // their parameters, scaled
constexpr double vanished = 1e-11;  // of a test's values beside the point; Newton's method errs so

double parameter_of(const curve_point& at) { return at.u[at.u.size() - 1]; }

}  // namespace

cycle_branch::cycle_branch(diagram& to, const problem& base, const parameter_range& range,
                           const special_point& from, const orbit& start, const rotation& turn,
                           const continuation_options& options, const watch& progress)
    : cycle_walk(cycle_curve(base, range, start, turn), start.period, options, progress,
                 cycle_columns(base, range.name)),
      result_(to),
      range_(range),
      start_(start),
      made_(new_branch(to, "cycle", from.label, base)),
      homoclinic_(options.tolerance),
      folds_(options.tolerance) {
    made_.turn = turn;
}

void cycle_branch::turn_back(const orbit& first) {
    rows_.turn_back();
    curve_ = cycle_curve(curve_.base(), range_, first, curve_.turn());
    homoclinic_ = homoclinic_end(options_.tolerance);
    folds_ = repeated_folds(options_.tolerance);
    lost_ = past_homoclinic_ = false;
    ended_ = false;
}

/// A test of the multipliers in the cycle's own space. At a Hopf point two of them are 1, and
/// where the trivial one is wrong they say nothing: nothing can be told.
cycle_branch::test_value cycle_branch::of_multipliers(floquet_test value) {
    return [this, value](const curve_point& at) {
        const floquet& mu = facts_at(at).multipliers;
        return at_hopf_ || lost_ || !mu.have_sides() ? 0.0 : (mu.*value)();
    };
}

/// The same of those within groups of cells.
cycle_branch::test_value cycle_branch::within(floquet_test value) {
    return [this, value](const curve_point& at) {
        if (at_hopf_ || lost_ || facts_at(at).u.size() == 0) return 0.0;
        double product = 1;
        for (const auto& group : within_groups()) product *= (floquet(group.values).*value)();
        return product;
    };
}

/// What a multiplier -1 of one part means for a whole cycle of several.
point_type cycle_branch::doubling_type() const {
    return curve_.beyond().order % 2 == 0 ? point_type::BP : point_type::PD;
}

std::vector<test_function> cycle_branch::tests() {
    std::vector<test_function> result{
        {point_type::BP, [this](const curve_point& at) { return lost_ ? 0 : at.regularity; }},
        {point_type::LPC, [](const curve_point& at) { return at.tangent[at.tangent.size() - 1]; }},
        {doubling_type(), of_multipliers(&floquet::doubling)},
        {point_type::NS, of_multipliers(&floquet::torus)},
        {point_type::LPC, of_multipliers(&floquet::unity)}};
    if (curve_.base().model->cells()) {
        result.push_back({point_type::BP, within(&floquet::unity)});
        result.push_back({point_type::PD, within(&floquet::doubling)});
        result.push_back({point_type::NS, within(&floquet::torus)});
    }
    for (std::size_t k = 0; k < 2 && options_.stop_at; ++k)
        result.push_back({point_type::EP,
                          [this, k](const curve_point& at) { return extremes_of_stop(at.u)[k]; }});
    return result;
}

/// The least and the greatest value of the caller's function along a cycle.
std::vector<double> cycle_branch::extremes_of_stop(const VectorXd& u) const {
    const problem at = curve_.problem_at(u);
    const auto value = [&](const VectorXd& x) -> VectorXd {
        return VectorXd::Constant(1,
                                  options_.stop_at({x.data(), x.data() + x.size()}, at.parameters));
    };
    return extremes_along(at, whole(u), curve_.period(u), value);
}

std::optional<stop_reason> cycle_branch::meet(walk& along, const bracket& found) {
    if (lost_) return std::nullopt;
    bracket seen = found;
    const bool untold = found.test != crossing_test && !facts_at(found.b).multipliers.have_sides();
    const auto value = seen.test == doubling_test ? of_multipliers(&floquet::nearest_doubling)
                                                  : along.test(seen).value;
    if (seen.type == point_type::LPC && !folds(along, seen)) return std::nullopt;
    if (seen.test == unity_test && goes_on(seen)) seen.type = point_type::BP;
    if (by_regularity(seen) && is_sign_of_rounding(seen)) return std::nullopt;
    const bool crosses =
        by_regularity(seen) || seen.test == doubling_test || seen.test == torus_test;
    const bool regular = by_regularity(seen) && has_clear_sign(seen);
    if (crosses && !regular && may_be_rounding(seen)) return std::nullopt;
    const auto write = [&](tracer& on, const curve_point& a, const curve_point& b) {
        finer_tells_ =
            !facts_at(a).multipliers.have_sides() || !facts_at(b).multipliers.have_sides();
        // on the row's mesh the test function was not known at b
        if (untold && !finer_tells_ && along.test(found).value(a) * along.test(found).value(b) > 0)
            return true;
        return write_down(on, {seen.type, seen.test, a, b, seen.arc}, value);
    };
    Index finer = seen.type == point_type::BP || !facts_at(seen.b).multipliers.suits() ? 3 : 2;
    may_be_finer_ = true;
    do {
        finer_tells_ = false;
        if (finely(seen, finer, write)) {
            may_be_finer_ = false;
            return std::nullopt;
        }
        finer *= 2;
    } while (finer_tells_ && !was_finest());
    may_be_finer_ = false;
    write(trace_, seen.a, seen.b);
    return std::nullopt;
}

/// Whether it is by the regularity that a bracket holds a branch point.
bool cycle_branch::by_regularity(const bracket& seen) { return seen.test == crossing_test; }

/// @return false if nothing vanishes there
bool cycle_branch::write_down(tracer& on, const bracket& seen, const test_value& value) {
    const test_value exact = [this, &value](const curve_point& at) {
        return look_at(at) ? value(at) : 0.0;
    };
    const auto unity = of_multipliers(&floquet::unity);
    if (by_regularity(seen)) {
        const auto crossing = [&] {
            return on.locate_crossing(seen.a, seen.b, is_conserved(seen) ? test_value() : unity);
        };
        // which is by multipliers where these are steep, or rounding hides the regularity's sign
        const auto by_unity = [&] { return on.locate(seen.a, seen.b, unity, vanished); };
        return is_steep(seen)
                   ? written(seen, by_unity(), value) || written(seen, crossing(), value)
                   : written(seen, crossing(), value) || written(seen, by_unity(), value);
    }
    return written(seen, on.locate(seen.a, seen.b, is_steep(seen) ? exact : value, vanished),
                   value);
}

/// @return false if there is no point, or it is not what it seems
bool cycle_branch::written(const bracket& seen, const std::optional<curve_point>& at,
                           const test_value& value) {
    if (!at) return false;
    const double arc = seen.arc + (at->u - seen.a.u).norm(), missed = std::abs(value(*at));
    if (seen.test >= tests_within) return add_point_within(seen.type, *at, arc, missed);
    return add_point(seen.test == doubling_test ? point_type::PD : seen.type, *at, arc, missed,
                     unplaced(seen));
}

/// Whether multipliers change so much in a bracket that the last linearization before a cycle,
/// which is next to it, does not tell those of the cycle.
bool cycle_branch::is_steep(const bracket& seen) {
    constexpr double steep = 1e4;
    const auto most = [this](const curve_point& at) {
        const auto& others = facts_at(at).multipliers.others;  // by falling modulus
        return others.empty() ? 0.0 : std::abs(others.front());
    };
    return std::max(most(seen.a), most(seen.b)) > steep;
}

/// How far from its place a multiplier may be that is 1 or -1 in a bracket.
double cycle_branch::unplaced(const bracket& seen) {
    if (seen.test != doubling_test && seen.test != unity_test) return 0;
    const floquet first = facts_at(seen.a).multipliers;
    return floquet::unplaced(first, facts_at(seen.b).multipliers, seen.test == unity_test ? 1 : -1);
}

/// Whether the parameter turns because the branch touches another one from the side: that is the
/// last BP, from which the turn is as far as the mesh breaks the symmetry.
bool cycle_branch::touches(const VectorXd& fold) const {
    if (crossing_.size() == 0) return false;
    const VectorXd apart = fold - crossing_;
    return apart.norm() < touching && std::abs(apart[apart.size() - 1]) < alike;
}

void cycle_branch::write_held() {
    if (held_) rows_.add_row(held_->arc, held_->row, std::move(held_->point));
    held_.reset();
}

void cycle_branch::row(const walk& /*along*/, const curve_point& at, std::vector<double>& to) {
    at_hopf_ = false;
    started_ = true;
    known_at(at.u);
    to = row_at(at.u);
}

/// @param missed  what is left of the test function there
/// @param off     how far a multiplier may be from its place
/// @return false if the point is not what it seems
bool cycle_branch::add_point(point_type type, const curve_point& at, double arc, double missed,
                             double off) {
    if (!look_at(at)) return false;
    if (may_be_finer_ && !was_finest() && !known().multipliers.suits()) {
        finer_tells_ = true;
        return false;
    }
    if (!known().multipliers.confirms(type, off)) return false;
    const bool told_by_multipliers = type != point_type::BP && type != point_type::EP;
    if (type != point_type::EP && (lost_ || !known().multipliers.resolved())) return false;
    auto point = described(type == point_type::PD ? doubling_type() : type, at.u, missed);
    // on a row to rounding, it is seen in both steps
    if (told_by_multipliers && last_.first == point.type && std::abs(arc - last_.second) < alike)
        return true;
    last_ = {point.type, arc};
    add_form(point, at.u);
    if (type == point_type::LPC) {
        write_held();
        VectorXd fold;
        mark(at, fold);
        if (touches(fold)) return true;
        folds_.add(curve_.period(at.u), parameter_of(at));
        held_ = {arc, row_at(at.u), std::move(point), fold, false};
        return true;
    }
    if (type == point_type::BP) {
        mark(at, crossing_);
        if (held_ && touches(held_->mark)) held_.reset();
        const auto slopes = slopes_of(at.tangent);
        for (std::size_t k = 0; k < tangent_names.size(); ++k)
            point.normal_form.emplace_back(tangent_names[k], slopes[static_cast<Index>(k)]);
    }
    rows_.add_row(arc, row_at(at.u), std::move(point));
    return true;
}

/// Of a PD or an NS, told by the map over the first part.
void cycle_branch::add_form(special_point& point, const VectorXd& u) const {
    const floquet& all = known().multipliers;
    if (point.type != point_type::PD && point.type != point_type::NS) return;
    if (!has_coefficients(curve_.base(), all)) return;
    if (point.type == point_type::PD && !all.has_placed(-1.0)) return;
    const double parts = static_cast<double>(curve_.beyond().order);
    add_coefficient(point, curve_.problem_at(u), curve_.values(u), curve_.period(u) / parts,
                    all.critical_angle());
}

/// The same of what happens within groups of cells, with the number of alike perturbations.
bool cycle_branch::add_point_within(point_type type, const curve_point& at, double arc,
                                    double missed) {
    if (!look_at(at)) return false;
    for (const auto& [values, copies, group] : within_groups()) {
        if (!floquet(values).crosses(type)) continue;
        auto point = described(type, at.u, missed);
        point.multiplicity = static_cast<int>(copies);
        rows_.add_row(arc, row_at(at.u), std::move(point));
        return true;
    }
    return false;
}

/// At the place that was last looked at.
std::vector<double> cycle_branch::row_at(const VectorXd& u) {
    return cycle_row(curve_.problem_at(u), curve_.free().front(), curve_.period(u), extremes_at(u),
                     known().multipliers, within_groups());
}

}  // namespace moebius::detail
