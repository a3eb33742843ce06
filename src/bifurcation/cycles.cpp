// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/continuation/cycle_curve.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/continuation/recorder.hpp>
#include <moebius/model/cell_field.hpp>
#include <numbers>
#include <utility>

#include "cycle_facts.hpp"
#include "cycle_mesh.hpp"
#include "floquet.hpp"

namespace moebius {
namespace {

using complex = std::complex<double>;
using detail::fewest_intervals;
using detail::floquet;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double low = 0, high = scaling::whole;  // of the scaled parameter
constexpr std::size_t first_degree = 4;           // of collocation from a Hopf point
constexpr std::size_t watch_every = 16;
constexpr double longest = 1000;     // times the first period
constexpr double standstill = 1e-8;  // of the parameter along the arc
constexpr std::array<point_type, 4> types{point_type::LPC, point_type::BP, point_type::PD,
                                          point_type::NS};

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

class builder {
public:
    builder(diagram& to, const problem& base, const parameter_range& range,
            const special_point& start, const continuation_options& options, const watch& progress)
        : result_(to),
          range_(range),
          options_(options),
          watch_(progress),
          hopf_(start.type == point_type::HB),
          start_(hopf_ ? hopf_orbit(base, start) : *start.cycle),
          curve_(base, range, start_),
          trace_(curve_, options),
          scale_(base.model->state_scale(base.parameters.data())),
          rows_(detail::cycle_columns(base, range.name)) {
        made_.id = static_cast<int>(to.branches.size()) + 1;
        made_.kind = "cycle";
        made_.from = start.label;
        if (const auto* cells = base.model->cells()) made_.groups = cells->groups();
    }

    void from_hopf(const special_point& start) {
        const auto& base = curve_.base();
        const auto q = critical_vector(base, start);
        piecewise still = ellipse(start.state, q, 0), change = still;
        change.values = ellipse(start.state, q, 1).values - still.values;
        const VectorXd u = curve_.scale(still, start_.period, start.parameters);
        const VectorXd tangent = curve_.scale_change(change, 0, VectorXd::Zero(1)).normalized();
        trace_.start_with_tangent(u, tangent);
        VectorXd f(u.size() - 1);
        if (!curve_.linearize(u, f)) no_cycle(start);
        curve_.derivative().factor(tangent);
        add_row(0);
        made_.first = stop_reason::branch_point;
        made_.last = go();
        rows_.finish(std::move(made_), result_);
    }

    void from_cycle(const special_point& start) {
        const double p = start.parameters[varied()];
        VectorXd u = curve_.scale(piecewise_of(start_), start_.period, start.parameters);
        VectorXd way = VectorXd::Unit(u.size(), u.size() - 1);
        if (!trace_.start(u, way)) no_cycle(start);
        rebase();
        const double s = parameter_of(trace_.current());
        if (s < low - 1e-6 || s > high + 1e-6)
            throw invalid_argument("cycle", fmt::format("{} is {} there", range_.name, p),
                                   fmt::format("the range is {} to {}", range_.from, range_.to));
        const curve_point first = trace_.current();
        const orbit stored = orbit_of(curve_.values(first.u), curve_.period(first.u));
        add_row(0);
        if (s > low + 1e-6) {  // back
            trace_.start_with_tangent(first.u, -first.tangent);
            made_.first = go();
            rows_.turn_back();
        }
        if (made_.first != stop_reason::closed && s < high - 1e-6) {
            curve_ = cycle_curve(curve_.base(), range_, stored);
            const VectorXd u_first =
                curve_.scale(piecewise_of(stored), stored.period, problem_at(first.u).parameters);
            if (!trace_.start(u_first, first.tangent)) no_cycle(start);
            arc_ = 0;
            made_.last = go();
        } else if (made_.first == stop_reason::closed) {
            made_.last = stop_reason::closed;
        }
        rows_.finish(std::move(made_), result_);
    }

private:
    static orbit hopf_orbit(const problem& base, const special_point& start) {
        problem at = base;
        at.parameters = start.parameters;
        const auto period = coefficient_of(start, "period");
        if (!period)
            throw invalid_argument("cycle", fmt::format("{} came without its period", start.label),
                                   "a Hopf point with its normal form is needed");
        return orbit_of(ellipse(start.state, critical_vector(at, start), 1), *period);
    }

    [[noreturn]] static void no_cycle(const special_point& start) {
        throw invalid_argument("cycle", fmt::format("{} came as a start", start.label),
                               "Newton's method must find a cycle near it");
    }

    [[nodiscard]] static double parameter_of(const curve_point& at) {
        return at.u[at.u.size() - 1];
    }

    /// The test functions of `types`, where the curve was last linearised.
    [[nodiscard]] std::array<double, 4> tests(const curve_point& at) const {
        const floquet mu(curve_.multipliers());
        return {at.tangent[at.u.size() - 1], at.regularity, mu.doubling(), mu.torus()};
    }

    stop_reason go() {
        const bool at_hopf = hopf_;
        bool known = !at_hopf;  // at a Hopf point two multipliers are 1: nothing can be told
        if (known) before_ = tests(trace_.current());
        const VectorXd first = rows_begin();
        stop_before_ = stop_values(trace_.current().u);
        const double first_period = start_.period;
        for (std::size_t steps = 1; rows_.rows() + 1 < options_.max_points; ++steps) {
            if (steps % watch_every == 0 && watch_.stopping()) throw interrupted("cycle");
            const auto status = trace_.advance();
            if (status != step_status::accepted)
                return end(status == step_status::not_finite ? stop_reason::not_finite
                                                             : stop_reason::step_too_small);
            if ((known || !at_hopf) && shrank_through_hopf()) return stop_reason::branch_point;
            const double s = parameter_of(trace_.current());
            const bool outside = s < low || s > high;
            if (outside && !trace_.land(trace_.current().u.size() - 1, s < low ? low : high))
                return end(stop_reason::step_too_small);
            const double from = arc_;
            const auto now = tests(trace_.current());
            if (const auto at = stop_point()) {
                const double way = (at->u - trace_.previous().u).norm();
                if (known) note_events(now, from, way);
                add_point(point_type::EP, *at, from + way, 0);
                return stop_reason::stop_event;
            }
            arc_ += (trace_.current().u - trace_.previous().u).norm();
            if (outside)
                add_point(point_type::EP, trace_.current(), arc_, 0);
            else
                add_row(arc_);
            if (known) note_events(now, from, trace_.step());
            if (outside) return stop_reason::range_end;
            if (steps > 8 && came_back(first)) return stop_reason::closed;
            if (curve_.period(trace_.current().u) > longest * first_period)
                return end(stop_reason::long_period);
            before_ = now;
            if (steps % detail::rebase_every == 0 ||
                detail::too_coarse(curve_.values(trace_.current().u), scale_)) {
                if (!rebase()) return end(stop_reason::step_too_small);
                before_ = tests(trace_.current());
            }
            known = true;
        }
        return end(stop_reason::max_points);
    }

    /// Whether the last step went through amplitude zero, where a branch meets its own mirror
    /// image.
    [[nodiscard]] bool shrank_through_hopf() {
        const auto before = curve_.values(trace_.previous().u);
        return detail::swing(curve_.values(trace_.current().u), before) < 0;
    }

    /// New mesh and new phase for the current cycle.
    bool rebase() {
        VectorXd u = trace_.current().u, way = trace_.current().tangent;
        curve_.rebase(u, way, detail::intervals_for(curve_.values(u), scale_));
        return trace_.start(u, way);
    }

    /// What tells cycles apart whatever their mesh and phase: the row but for the multipliers.
    [[nodiscard]] VectorXd rows_begin() {
        const auto& u = trace_.current().u;
        const VectorXd alike = detail::cycle_mark(curve_, u, start_.period);
        VectorXd mark(alike.size() + 1);
        mark << alike, trace_.current().tangent[u.size() - 1] > 0 ? 1 : -1;
        return mark;
    }

    [[nodiscard]] bool came_back(const VectorXd& first) {
        if (std::abs(first[first.size() - 2] - parameter_of(trace_.current())) > trace_.step())
            return false;
        return (rows_begin() - first).norm() < trace_.step();
    }

    [[nodiscard]] problem problem_at(const VectorXd& u) const { return curve_.problem_at(u); }
    [[nodiscard]] std::size_t varied() const { return curve_.free().front(); }

    /// The least and the greatest value of the caller's function along a cycle.
    [[nodiscard]] std::array<double, 2> stop_values(const VectorXd& u) const {
        if (!options_.stop_at) return {};
        const problem at = problem_at(u);
        const auto value = [&](const VectorXd& x) -> VectorXd {
            return VectorXd::Constant(
                1, options_.stop_at({x.data(), x.data() + x.size()}, at.parameters));
        };
        const auto both = detail::extremes_along(at, curve_.values(u), curve_.period(u), value);
        return {both[0], both[1]};
    }

    /// Where in the last step one of these passed zero first.
    [[nodiscard]] std::optional<curve_point> stop_point() {
        const auto before = std::exchange(stop_before_, stop_values(trace_.current().u));
        const curve_point a = trace_.previous(), b = trace_.current();
        std::optional<curve_point> first;
        for (std::size_t k = 0; k < 2; ++k) {
            if (before[k] == 0 || (before[k] > 0) == (stop_before_[k] > 0)) continue;
            const auto at =
                trace_.locate(a, b, [&](const curve_point& on) { return stop_values(on.u)[k]; });
            if (at && (!first || (at->u - a.u).norm() < (first->u - a.u).norm())) first = at;
        }
        return first;
    }

    /// Adds what the last step passed, up to a distance from where it began, at `from`.
    void note_events(const std::array<double, 4>& now, double from, double until) {
        const curve_point a = trace_.previous(), b = trace_.current();
        for (std::size_t k = 0; k < types.size(); ++k) {
            if (before_[k] == 0 || (before_[k] > 0) == (now[k] > 0)) continue;
            // In a canard explosion the parameter stands still to rounding: no turn can be told.
            if (k == 0 && std::max(std::abs(before_[k]), std::abs(now[k])) < standstill) continue;
            double value = 0;
            const auto test = [&](const curve_point& at) {
                VectorXd f(at.u.size() - 1);
                if (k > 1 && curve_.linearize(at.u, f)) curve_.derivative().factor(at.tangent);
                return value = k == 0   ? at.tangent[at.u.size() - 1]
                               : k == 1 ? at.regularity
                                        : tests(at)[k];
            };
            const auto at = trace_.locate(a, b, test);
            if (!at || (at->u - a.u).norm() > until) continue;
            value = test(*at);
            add_point(types[k], *at, from + (at->u - a.u).norm(), std::abs(value));
        }
    }

    /// Linearises at a point again, and adds it with its row; `missed` is its test function's
    /// value.
    void add_point(point_type type, const curve_point& at, double arc, double missed) {
        VectorXd f(at.u.size() - 1);
        if (!curve_.linearize(at.u, f)) return;
        curve_.derivative().factor(at.tangent);
        const auto all = curve_.multipliers();
        if (!floquet(all).confirms(type)) return;
        const piecewise values = curve_.values(at.u);
        special_point point;
        point.type = type;
        const problem here = problem_at(at.u);
        point.parameter_names = parameter_names(*here.model);
        point.parameters = here.parameters;
        point.state.assign(values.values.col(0).begin(), values.values.col(0).end());
        point.eigenvalues = all;
        point.cycle = orbit_of(values, curve_.period(at.u));
        point.normal_form = {{"period", point.cycle->period}};
        point.groups = made_.groups;
        point.residual = std::max(f.lpNorm<Eigen::Infinity>(), missed);
        rows_.add_row(arc, row_at(at.u), std::move(point));
    }

    void add_row(double arc) { rows_.add_row(arc, row_at(trace_.current().u)); }

    stop_reason end(stop_reason why) {
        add_point(point_type::EP, trace_.current(), arc_, 0);
        return why;
    }

    /// The multipliers are those where the curve was last linearised.
    [[nodiscard]] std::vector<double> row_at(const VectorXd& u) const {
        return detail::cycle_row(problem_at(u), varied(), curve_.values(u), curve_.period(u),
                                 floquet(curve_.multipliers()));
    }

    diagram& result_;
    parameter_range range_;
    continuation_options options_;
    const watch& watch_;
    bool hopf_;
    orbit start_;
    cycle_curve curve_;
    tracer trace_;
    double scale_;
    double arc_ = 0;
    std::array<double, 4> before_{};
    std::array<double, 2> stop_before_{};
    recorder rows_;
    branch made_;
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
    problem at = base;
    at.parameters = start.parameters;
    builder build(to, at, range, start, options, progress);
    if (start.type == point_type::HB)
        build.from_hopf(start);
    else
        build.from_cycle(start);
}

}  // namespace moebius
