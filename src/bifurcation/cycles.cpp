// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycle_types.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/continuation/check_start.hpp>
#include <moebius/continuation/cycle_curve.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/model/cell_field.hpp>
#include <numbers>
#include <utility>

#include "cut_diagram.hpp"
#include "cycle_branch.hpp"
#include "cycle_leaving.hpp"
#include "cycle_mesh.hpp"
#include "cycle_switch.hpp"
#include "unit_frame.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::size_t first_degree = 4;  // of collocation from a Hopf point
constexpr double on_edge = 1e-6;         // scaled distance from the range that a start may have

/// The ellipse of a critical eigenvector around an equilibrium, or the first part of it.
piecewise ellipse(const std::vector<double>& centre, const Eigen::VectorXcd& q, double radius,
                  const twist& beyond) {
    const Index intervals = detail::fewest_intervals_of(beyond);
    piecewise result{VectorXd::LinSpaced(intervals + 1, 0, 1), first_degree, {}, beyond};
    const auto n = static_cast<Index>(centre.size());
    const Index points = intervals * result.degree;
    result.values.resize(n, points + 1);
    for (Index k = 0; k <= points; ++k) {
        const double angle = 2 * std::numbers::pi * static_cast<double>(k) /
                             static_cast<double>(points * beyond.order);
        result.values.col(k) = Eigen::Map<const VectorXd>(centre.data(), n) +
                               radius * (q * std::polar(1.0, angle)).real();
    }
    return result;
}

Eigen::VectorXcd first_way(const problem& base, const special_point& hopf) {
    return hopf.turn.next.empty() ? critical_vector(base, hopf) : rotating_vector(base, hopf);
}

orbit hopf_orbit(const problem& base, const special_point& start) {
    const auto period = coefficient_of(start, "period");
    if (!period)
        throw invalid_argument("cycle", fmt::format("{} came without its period", start.label),
                               "a Hopf point with its normal form is needed");
    const twist beyond(start.turn, start.state.size());
    return orbit_of(unfolded(ellipse(start.state, first_way(base, start), 1, beyond)), *period);
}

[[noreturn]] void no_cycle(const special_point& start) {
    throw invalid_argument("cycle", fmt::format("{} came as a start", start.label),
                           "Newton's method must find a cycle near it");
}

/// The cycle, or guess of one, on which a branch from this point starts.
orbit first_orbit(const problem& base, const special_point& start) {
    if (start.type == point_type::HB) return hopf_orbit(base, start);
    return start.type == point_type::PD ? detail::doubled(*start.cycle) : *start.cycle;
}

[[noreturn]] void no_branch(const special_point& start) {
    throw invalid_argument("cycle", fmt::format("{} came as a start", start.label),
                           "another branch of cycles must leave it");
}

/// How many multipliers of the least cycles beside a Hopf point are outside the unit circle: those
/// of the other eigenvalues, and the one of the cycles' size where they are subcritical.
std::optional<std::ptrdiff_t> unstable_beside(const special_point& hopf,
                                              const detail::floquet& at_rest) {
    constexpr double rounding = 1e-9;
    const auto sides = at_rest.sides_of_circle(rounding);
    if (sides.on != 1 || hopf.criticality.empty()) return std::nullopt;
    return sides.out + (hopf.criticality == "subcritical" ? 1 : 0);
}

class cycles final : private detail::cycle_branch {
public:
    cycles(diagram& to, const problem& base, const parameter_range& range,
           const special_point& start, std::optional<std::size_t> parted,
           const continuation_options& options, const watch& progress)
        : cycle_branch(to, base, range, start, first_orbit(base, start), start.turn, options,
                       progress),
          parted_(parted) {}

    void from_hopf(const special_point& start) {
        const auto& base = curve_.base();
        const auto q = first_way(base, start);
        const twist& beyond = curve_.beyond();
        piecewise still = ellipse(start.state, q, 0, beyond), change = still;
        change.values = ellipse(start.state, q, 1, beyond).values - still.values;
        const VectorXd u = curve_.scale(still, start_.period, start.parameters);
        const VectorXd tangent = curve_.scale_change(change, 0, VectorXd::Zero(1)).normalized();
        curve_.take_points_for(u);
        trace_.start_with_tangent(u, tangent);
        if (!look_at(trace_.current())) no_cycle(start);
        if (auto at_rest = detail::floquet::at_hopf(start); at_rest && start.turn.next.empty()) {
            unstable_at_hopf_ = unstable_beside(start, *at_rest);
            know(std::move(*at_rest));
        }
        rows_.add_row(0, row_at(u));
        made_.first = stop_reason::branch_point;
        at_hopf_ = true;
        made_.last = go();
        rows_.finish(std::move(made_), result_);
    }

    /// The cycles of twice the period: one way, since the other one is the same with its halves
    /// changed.
    void from_doubling(const special_point& start) {
        const VectorXd u = scaled(start_, start.parameters);
        check_inside(u, start);
        const auto tangent = detail::doubling_tangent(curve_, u);
        if (!tangent) no_branch(start);
        trace_.start_with_tangent(u, *tangent);
        if (!look_at(trace_.current())) no_cycle(start);
        rows_.add_row(0, row_at(u));
        made_.first = stop_reason::branch_point;
        doubled_ = true;
        made_.last = go();
        rows_.finish(std::move(made_), result_);
    }

    /// The branch that crosses the one on which the point was found, both ways.
    void from_crossing(const special_point& start) {
        const VectorXd u = scaled(start_, start.parameters);
        check_inside(u, start);
        const auto crossing = detail::tangents_at_crossing(curve_, u);
        if (!crossing) no_branch(start);
        const VectorXd way = other_than(start, *crossing);
        rows_.add_row(0, [&] {
            trace_.start_with_tangent(u, -way);
            if (!look_at(trace_.current())) no_cycle(start);
            return row_at(u);
        }());
        made_.first = made_.last = go();
        turn_back(start_);
        if (made_.first != stop_reason::closed) {
            trace_.start_with_tangent(u, way);
            if (!look_at(trace_.current())) no_cycle(start);
            made_.last = go();
        }
        rows_.finish(std::move(made_), result_);
    }

    void from_cycle(const special_point& start) {
        const VectorXd u = scaled(start_, start.parameters);
        if (!trace_.start(u, VectorXd::Unit(u.size(), u.size() - 1))) no_cycle(start);
        rebase();
        check_inside(trace_.current().u, start);
        const curve_point first = trace_.current();
        const auto parameters = curve_.problem_at(first.u).parameters;
        const orbit stored = orbit_of(whole(first.u), curve_.period(first.u));
        rows_.add_row(0, row_at(first.u));
        trace_.start_with_tangent(first.u, -first.tangent);
        made_.first = made_.last = go();
        if (made_.first == stop_reason::closed) {
            rows_.turn_back();
        } else {
            turn_back(stored);
            const VectorXd again = scaled(stored, parameters);
            if (!trace_.start(again, first.tangent)) no_cycle(start);
            remember(trace_.current().u);
            made_.last = go();
        }
        rows_.finish(std::move(made_), result_);
    }

private:
    [[nodiscard]] VectorXd scaled(const orbit& cycle, const std::vector<double>& parameters) const {
        return curve_.scale(folded(piecewise_of(cycle), curve_.beyond()), cycle.period, parameters);
    }

    void check_inside(const VectorXd& u, const special_point& start) const {
        const double s = u[u.size() - 1];
        if (!(s >= -on_edge && s <= scaling::whole + on_edge))
            throw invalid_argument(
                "cycle",
                fmt::format("{} is {} there", range_.name, start.parameters[curve_.free().front()]),
                fmt::format("the range is {} to {}", range_.from, range_.to));
    }

    /// How far the two groups that were one go apart along a tangent.
    [[nodiscard]] double parting_along(const VectorXd& way) const {
        const Eigen::MatrixXd x = curve_.values(way).values;
        const auto groups = static_cast<Index>(curve_.base().model->cells()->groups().size());
        double sum = 0;
        for (auto i = static_cast<Index>(*parted_); i < x.rows(); i += groups)
            sum += (x.row(i) - x.row(i + 1)).squaredNorm();
        return sum;
    }

    /// The tangent that is less like that of the branch on which the point was found.
    [[nodiscard]] VectorXd other_than(const special_point& start,
                                      const detail::crossing_tangents& of) const {
        if (parted_)
            return parting_along(of.first) > parting_along(of.second) ? of.first : of.second;
        const auto period = coefficient_of(start, tangent_names[0]);
        const auto parameter = coefficient_of(start, tangent_names[1]);
        const auto unlike = [&](const VectorXd& way) {
            const Eigen::Vector2d here = slopes_of(way), known(period.value_or(0), *parameter);
            return std::min((here - known).norm(), (here + known).norm());
        };
        if (!parameter)  // the one along which the parameter moves less
            return std::abs(slopes_of(of.first)[1]) < std::abs(slopes_of(of.second)[1]) ? of.first
                                                                                        : of.second;
        return unlike(of.first) > unlike(of.second) ? of.first : of.second;
    }

    std::optional<std::size_t> parted_;  // the first one of two groups that were one
};

/// That the groups which go on in turn are alike.
void check_turn(const problem& at, const special_point& start) {
    if (start.turn.next.empty()) return;
    const auto reject = [&start](std::string_view needed) {
        throw invalid_argument(
            "cycle", fmt::format("{} has the rotation {}", start.label, to_string(start.turn)),
            needed);
    };
    const cell_field* cells = at.model->cells();
    if (!cells || start.turn.next.size() != cells->groups().size())
        reject("it must be one of the model's groups of cells");
    const std::size_t groups = cells->groups().size();
    for (const auto& cycle : cycles_of(start.turn))
        for (const std::size_t g : cycle) {
            bool alike =
                cells->groups().groups[g].size() == cells->groups().groups[cycle.front()].size();
            for (std::size_t k = cells->shared_parameters(); k < at.parameters.size(); k += groups)
                alike = alike && at.parameters[k + g] == at.parameters[k + cycle.front()];
            if (!alike) reject("groups in turn must have one size and the same parameters");
        }
}

}  // namespace

void add_cycle_branch(diagram& to, const problem& base, const parameter_range& range,
                      const special_point& start, const continuation_options& options,
                      const watch& progress) {
    check_options(options);
    if (start.type != point_type::HB && !start.cycle)
        throw invalid_argument(
            "cycle", fmt::format("{} is a {} without a cycle", start.label, to_string(start.type)),
            "an HB or a point with a stored cycle is needed");
    check_start(*base.model, start, "cycle");
    problem at = base;
    at.parameters = start.parameters;
    check_range(range);
    check_turn(at, start);
    const std::size_t branches = to.branches.size(), points = to.special_points.size();
    const bool leaves = start.type == point_type::BP || start.type == point_type::PD;
    const auto from = leaves ? detail::leaving_at(at, range, start)
                             : detail::leaving_cycles{std::move(at), start};
    const detail::unit_frame frame(from.on, {range}, options, from.start);
    cycles along(to, frame.on, range, *frame.start, from.parted, frame.options, progress);
    if (start.type == point_type::HB)
        along.from_hopf(*frame.start);
    else if (start.type == point_type::PD)
        along.from_doubling(*frame.start);
    else if (start.type == point_type::BP)
        along.from_crossing(*frame.start);
    else
        along.from_cycle(*frame.start);
    frame.leave(to, branches, points);
    if (from.parted) to.branches.back().copies = copies(start.groups, from.start.groups);
    if (detail::was_stopped(to)) throw interrupted("cycle");
}

}  // namespace moebius
