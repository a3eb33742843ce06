// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/continuation/check_start.hpp>
#include <moebius/continuation/cycle_curve.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <numbers>
#include <utility>

#include "cut_diagram.hpp"
#include "cycle_facts.hpp"
#include "cycle_mesh.hpp"
#include "cycle_walk.hpp"
#include "floquet.hpp"
#include "unit_frame.hpp"

namespace moebius {
namespace {

using detail::fewest_intervals;
using detail::floquet;
using Eigen::Index;
using Eigen::VectorXd;

constexpr std::size_t first_degree = 4;  // of collocation from a Hopf point
constexpr double standstill = 1e-8;      // of the parameter along the arc
constexpr double on_edge = 1e-6;         // scaled distance from the range that a start may have

/// The ellipse of a critical eigenvector around an equilibrium.
piecewise ellipse(const std::vector<double>& centre, const Eigen::VectorXcd& q, double radius) {
    piecewise result{VectorXd::LinSpaced(fewest_intervals + 1, 0, 1), first_degree, {}};
    const auto n = static_cast<Index>(centre.size());
    const Index points = fewest_intervals * result.degree;
    result.values.resize(n, points + 1);
    for (Index k = 0; k <= points; ++k) {
        const double angle =
            2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(points);
        result.values.col(k) = Eigen::Map<const VectorXd>(centre.data(), n) +
                               radius * (q * std::polar(1.0, angle)).real();
    }
    return result;
}

orbit hopf_orbit(const problem& base, const special_point& start) {
    const auto period = coefficient_of(start, "period");
    if (!period)
        throw invalid_argument("cycle", fmt::format("{} came without its period", start.label),
                               "a Hopf point with its normal form is needed");
    return orbit_of(ellipse(start.state, critical_vector(base, start), 1), *period);
}

[[noreturn]] void no_cycle(const special_point& start) {
    throw invalid_argument("cycle", fmt::format("{} came as a start", start.label),
                           "Newton's method must find a cycle near it");
}

double parameter_of(const curve_point& at) { return at.u[at.u.size() - 1]; }

class cycles final : private detail::cycle_walk<cycle_curve> {
public:
    cycles(diagram& to, const problem& base, const parameter_range& range,
           const special_point& start, const continuation_options& options, const watch& progress)
        : cycles(to, base, range, start.label,
                 start.type == point_type::HB ? hopf_orbit(base, start) : *start.cycle, options,
                 progress) {}

    void from_hopf(const special_point& start) {
        const auto& base = curve_.base();
        const auto q = critical_vector(base, start);
        piecewise still = ellipse(start.state, q, 0), change = still;
        change.values = ellipse(start.state, q, 1).values - still.values;
        const VectorXd u = curve_.scale(still, start_.period, start.parameters);
        const VectorXd tangent = curve_.scale_change(change, 0, VectorXd::Zero(1)).normalized();
        trace_.start_with_tangent(u, tangent);
        if (!look_at(trace_.current())) no_cycle(start);
        rows_.add_row(0, row_at(u));
        made_.first = stop_reason::branch_point;
        at_hopf_ = true;
        made_.last = go();
        rows_.finish(std::move(made_), result_);
    }

    void from_cycle(const special_point& start) {
        const VectorXd u = curve_.scale(piecewise_of(start_), start_.period, start.parameters);
        if (!trace_.start(u, VectorXd::Unit(u.size(), u.size() - 1))) no_cycle(start);
        rebase();
        const double s = parameter_of(trace_.current());
        if (s < -on_edge || s > scaling::whole + on_edge)
            throw invalid_argument(
                "cycle", fmt::format("{} is {} there", range_.name, start.parameters[varied()]),
                fmt::format("the range is {} to {}", range_.from, range_.to));
        const curve_point first = trace_.current();
        const auto parameters = curve_.problem_at(first.u).parameters;
        const orbit stored = orbit_of(curve_.values(first.u), curve_.period(first.u));
        rows_.add_row(0, row_at(first.u));
        trace_.start_with_tangent(first.u, -first.tangent);
        made_.first = made_.last = go();
        rows_.turn_back();
        if (made_.first != stop_reason::closed) {
            curve_ = cycle_curve(curve_.base(), range_, stored);
            const VectorXd again = curve_.scale(piecewise_of(stored), stored.period, parameters);
            if (!trace_.start(again, first.tangent)) no_cycle(start);
            remember(trace_.current().u);
            made_.last = go();
        }
        rows_.finish(std::move(made_), result_);
    }

private:
    cycles(diagram& to, const problem& base, const parameter_range& range, const std::string& from,
           const orbit& start, const continuation_options& options, const watch& progress)
        : cycle_walk(cycle_curve(base, range, start), start.period, options, progress,
                     detail::cycle_columns(base, range.name)),
          result_(to),
          range_(range),
          start_(start),
          made_(new_branch(to, "cycle", from, base)) {}

    [[nodiscard]] std::size_t varied() const { return curve_.free().front(); }

    [[nodiscard]] std::vector<test_function> tests() override {
        using test = double (floquet::*)() const;
        const auto of_multipliers = [this](test value) {
            // At a Hopf point two multipliers are 1: nothing can be told.
            return [this, value](const curve_point& at) {
                return at_hopf_ ? 0.0 : (floquet(facts_at(at).multipliers).*value)();
            };
        };
        std::vector<test_function> result{
            {point_type::LPC,
             [](const curve_point& at) { return at.tangent[at.tangent.size() - 1]; }},
            {point_type::BP, [](const curve_point& at) { return at.regularity; }},
            {point_type::PD, of_multipliers(&floquet::doubling)},
            {point_type::NS, of_multipliers(&floquet::torus)}};
        for (std::size_t k = 0; k < 2 && options_.stop_at; ++k)
            result.push_back({point_type::EP, [this, k](const curve_point& at) {
                                  return extremes_of_stop(at.u)[k];
                              }});
        return result;
    }

    /// The least and the greatest value of the caller's function along a cycle.
    [[nodiscard]] std::vector<double> extremes_of_stop(const VectorXd& u) const {
        const problem at = curve_.problem_at(u);
        const auto value = [&](const VectorXd& x) -> VectorXd {
            return VectorXd::Constant(
                1, options_.stop_at({x.data(), x.data() + x.size()}, at.parameters));
        };
        return detail::extremes_along(at, curve_.values(u), curve_.period(u), value);
    }

    std::optional<stop_reason> meet(walk& along, const bracket& seen) override {
        const auto& value = along.test(seen).value;
        // In a canard explosion the parameter stands still to rounding: no turn can be told.
        if (seen.type == point_type::LPC &&
            std::max(std::abs(value(seen.a)), std::abs(value(seen.b))) < standstill)
            return std::nullopt;
        if (const auto at = along.locate(seen))
            add_point(seen.type, *at, seen.arc + (at->u - seen.a.u).norm(), std::abs(value(*at)));
        return std::nullopt;
    }

    bool end(walk& /*along*/, double arc, const curve_point& at) override {
        return add_point(point_type::EP, at, arc, 0);
    }

    /// A branch that goes through amplitude zero meets its own mirror image there.
    std::optional<stop_reason> overruns(walk& /*along*/) override {
        if (!at_hopf_ && swing_now() < 0) return stop_reason::branch_point;
        return std::nullopt;
    }

    void row(const walk& /*along*/, const curve_point& at, std::vector<double>& to) override {
        at_hopf_ = false;
        remember(at.u);
        to = row_at(at.u);
    }

    /// @param missed  what is left of the test function there
    /// @return false if the point is not what it seems
    bool add_point(point_type type, const curve_point& at, double arc, double missed) {
        if (!look_at(at) || !floquet(curve_.multipliers()).confirms(type)) return false;
        rows_.add_row(arc, row_at(at.u), described(type, at.u, missed));
        return true;
    }

    /// The multipliers are those where the curve was last linearised.
    [[nodiscard]] std::vector<double> row_at(const VectorXd& u) const {
        return detail::cycle_row(curve_.problem_at(u), varied(), curve_.values(u), curve_.period(u),
                                 floquet(curve_.multipliers()));
    }

    diagram& result_;
    parameter_range range_;
    orbit start_;
    branch made_;
    bool at_hopf_ = false;  // before the first step from one
};

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
    const std::size_t branches = to.branches.size(), points = to.special_points.size();
    const detail::unit_frame frame(at, {range}, options, start);
    cycles along(to, frame.on, range, *frame.start, frame.options, progress);
    if (start.type == point_type::HB)
        along.from_hopf(*frame.start);
    else
        along.from_cycle(*frame.start);
    frame.leave(to, branches, points);
    if (detail::was_stopped(to)) throw interrupted("cycle");
}

}  // namespace moebius
