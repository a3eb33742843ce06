// SPDX-License-Identifier: MIT
#include "cycle_fold_locus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycle_fold_curve.hpp>
#include <moebius/bifurcation/hopf_curve.hpp>
#include <moebius/continuation/recorder.hpp>
#include <moebius/model/cell_field.hpp>
#include <numbers>
#include <optional>

#include "cycle_facts.hpp"
#include "cycle_mesh.hpp"
#include "floquet.hpp"

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double low = 0, high = scaling::whole;  // of the scaled parameters
constexpr double near_start = 0.1;  // scaled distance that a start may have from its curve
constexpr double longest = 1000;    // times the first period
constexpr std::size_t watch_every = 16;
constexpr int most_steps_to_end = 20;  // along the Hopf curve, from the guess of its GH

/// The GH of the Hopf curve near a guess of it.
std::optional<special_point> generalized_hopf_near(const problem& base,
                                                   const std::vector<parameter_range>& ranges,
                                                   const special_point& guess,
                                                   const continuation_options& options) {
    hopf_curve hopfs(base, ranges);
    const VectorXd u = hopfs.start(guess);
    const auto tests = hopfs.tests();
    const auto test = std::find_if(tests.begin(), tests.end(), [](const test_function& each) {
        return each.type == point_type::GH;
    });
    for (const double way : {1.0, -1.0}) {
        tracer trace(hopfs, options);
        if (!trace.start(u, way * VectorXd::Unit(u.size(), u.size() - 2))) return std::nullopt;
        double before = test->value(trace.current());
        for (int step = 0; step < most_steps_to_end; ++step) {
            if (trace.advance() != step_status::accepted) break;
            const double now = test->value(trace.current());
            if ((before > 0) != (now > 0)) {
                const auto at = trace.locate(trace.previous(), trace.current(), test->value);
                return at ? hopfs.described(point_type::GH, at->u) : std::nullopt;
            }
            before = now;
        }
    }
    return std::nullopt;
}

class follower {
public:
    follower(diagram& to, const problem& base, const std::vector<parameter_range>& ranges,
             const special_point& start, const continuation_options& options, const watch& progress)
        : result_(to),
          ranges_(ranges),
          options_(options),
          watch_(progress),
          start_(start),
          curve_(base, ranges, *start.cycle),
          trace_(curve_, options),
          scale_(base.model->state_scale(base.parameters.data())),
          rows_(column_names()) {
        made_.id = static_cast<int>(to.branches.size()) + 1;
        made_.kind = "fold of cycles";
        made_.from = start.label;
        if (const auto* cells = base.model->cells()) made_.groups = cells->groups();
    }

    void both_ways() {
        begin(*start_.cycle, start_.parameters, 1);
        const VectorXd first = trace_.current().u;
        const orbit stored = orbit_of(curve_.values(first), curve_.period(first));
        const auto parameters = curve_.problem_at(first).parameters;
        rows_.add_row(0, row_at(first));
        made_.last = go();
        if (made_.last == stop_reason::closed) {
            made_.first = stop_reason::closed;
        } else {
            rows_.turn_back();
            curve_ = cycle_fold_curve(curve_.base(), ranges_, stored);
            begin(stored, parameters, -1);
            made_.first = go();
            rows_.turn_back();
        }
        rows_.finish(std::move(made_), result_);
    }

private:
    /// Puts the tracer on the curve, to go the way on which the first parameter rises or falls.
    void begin(const orbit& cycle, const std::vector<double>& parameters, double way) {
        const VectorXd guess = curve_.scale(piecewise_of(cycle), cycle.period, parameters);
        const VectorXd towards = way * VectorXd::Unit(guess.size(), curve_.coordinate(0));
        const bool there = curve_.adapt(guess) && trace_.start(guess, towards) &&
                           (trace_.current().u - guess).norm() < near_start && rebase();
        if (!there)
            throw invalid_argument("locus", fmt::format("{} came as a start", start_.label),
                                   "no fold of cycles is near it");
        arc_ = 0;
    }

    stop_reason go() {
        if (const auto out = leads_out()) return *out;
        const VectorXd first = cycle_mark(curve_, trace_.current().u, start_.cycle->period);
        double before = curve_.quadratic();
        for (std::size_t steps = 1; steps < options_.max_points; ++steps) {
            if (steps % watch_every == 0 && watch_.stopping()) throw interrupted("locus");
            const auto status = trace_.advance();
            if (status == step_status::not_finite) return stop_reason::not_finite;
            if (status == step_status::too_small) return stop_reason::step_too_small;
            const auto shrunk =
                swing(curve_.values(trace_.current().u), curve_.values(trace_.previous().u));
            if (shrunk < 0) return end_in_hopf(shrunk);
            const bool left = is_outside();
            if (left && !land_on_edge()) {
                if (trace_.retreat()) continue;  // at a cusp the curve may touch the edge
                return stop_reason::range_end;
            }
            const double from = arc_, now = curve_.quadratic();
            arc_ += (trace_.current().u - trace_.previous().u).norm();
            rows_.add_row(arc_, row_at(trace_.current().u));
            if ((before > 0) != (now > 0)) note_cusp(from);
            if (left) return stop_reason::range_end;
            if (steps > 8 && came_back(first)) return stop_reason::closed;
            if (curve_.period(trace_.current().u) > longest * start_.cycle->period)
                return stop_reason::long_period;
            if (steps % rebase_every == 0 ||
                too_coarse(curve_.values(trace_.current().u), scale_)) {
                if (!rebase()) return stop_reason::step_too_small;
            }
            before = curve_.quadratic();
        }
        return stop_reason::max_points;
    }

    /// New mesh, new phase and new borders for the current cycle.
    bool rebase() {
        VectorXd u = trace_.current().u, way = trace_.current().tangent;
        curve_.rebase(u, way, intervals_for(curve_.values(u), scale_));
        return curve_.adapt(u) && trace_.start(u, way);
    }

    [[nodiscard]] bool came_back(const VectorXd& first) const {
        const VectorXd now = cycle_mark(curve_, trace_.current().u, start_.cycle->period);
        return (now - first).norm() < trace_.step();
    }

    /// The last step went through a cycle of no size: the curve ends there, in a GH.
    stop_reason end_in_hopf(double beyond) {
        const auto& a = trace_.previous();
        const auto& b = trace_.current();
        const double before = swing(curve_.values(a.u), curve_.values(a.u));
        const VectorXd u = a.u + before / (before - beyond) * (b.u - a.u);
        special_point guess;
        guess.parameters = curve_.problem_at(u).parameters;
        const VectorXd mean = curve_.values(u).values.rowwise().mean();
        guess.state.assign(mean.begin(), mean.end());
        guess.normal_form = {{"omega", 2 * std::numbers::pi / curve_.period(u)}};
        auto end = generalized_hopf_near(curve_.base(), ranges_, guess, options_);
        if (!end) return stop_reason::step_too_small;
        end->groups = made_.groups;
        end->parameter_names = parameter_names(*curve_.base().model);
        arc_ += (u - a.u).norm();
        const auto row = still_row(*end);
        rows_.add_row(arc_, row, std::move(*end));
        return stop_reason::branch_point;
    }

    void note_cusp(double from) {
        const curve_point a = trace_.previous(), b = trace_.current();
        VectorXd f(a.u.size() - 1);
        const auto test = [&](const curve_point& at) {
            return curve_.linearize(at.u, f) ? curve_.quadratic() : 0.0;
        };
        const auto at = trace_.locate(a, b, test);
        if (at) {
            const double missed = std::abs(test(*at));
            special_point point;
            point.type = point_type::CP;
            const problem here = curve_.problem_at(at->u);
            const piecewise values = curve_.values(at->u);
            point.parameter_names = parameter_names(*here.model);
            point.parameters = here.parameters;
            point.state.assign(values.values.col(0).begin(), values.values.col(0).end());
            curve_.derivative().factor(at->tangent);
            point.eigenvalues = curve_.multipliers();
            point.cycle = orbit_of(values, curve_.period(at->u));
            point.normal_form = {{"period", point.cycle->period}};
            point.groups = made_.groups;
            point.residual = std::max(f.lpNorm<Eigen::Infinity>(), missed);
            rows_.add_row(from + (at->u - a.u).norm(), row_at(at->u), std::move(point));
        }
        test(b);  // as the last step left it
        curve_.derivative().factor(b.tangent);
    }

    [[nodiscard]] bool land_on_edge() {
        for (std::size_t k = 0; k < 2; ++k) {
            const double p = trace_.current().u[curve_.coordinate(k)];
            if (p >= low && p <= high) continue;
            if (!trace_.land(curve_.coordinate(k), p < low ? low : high)) return false;
        }
        return !is_outside();
    }

    [[nodiscard]] bool is_outside() const {
        const auto p = trace_.current().u.tail<2>();
        return p.minCoeff() < low || p.maxCoeff() > high;
    }

    [[nodiscard]] std::optional<stop_reason> leads_out() const {
        const auto p = trace_.current().u.tail<2>();
        const auto way = trace_.current().tangent.tail<2>();
        for (Index k = 0; k < 2; ++k)
            if ((p[k] <= low && way[k] < 0) || (p[k] >= high && way[k] > 0))
                return stop_reason::range_end;
        return std::nullopt;
    }

    [[nodiscard]] std::vector<std::string> column_names() const {
        std::vector<std::string> names;
        for (const auto& range : ranges_) names.push_back(range.name);
        names.emplace_back("period");
        for (auto& name : extreme_names(*curve_.base().model)) names.push_back(std::move(name));
        names.emplace_back("quadratic");
        names.emplace_back("n_unstable");
        return names;
    }

    /// A row but for its last two columns.
    [[nodiscard]] std::vector<double> facts(const problem& at, const piecewise& values,
                                            double period) const {
        std::vector<double> row;
        for (const std::size_t k : curve_.free()) row.push_back(at.parameters[k]);
        row.push_back(period);
        const auto extremes = cycle_extremes(at, values, period);
        row.insert(row.end(), extremes.begin(), extremes.end());
        return row;
    }

    /// The multipliers are those where the curve was last linearised.
    [[nodiscard]] std::vector<double> row_at(const VectorXd& u) const {
        const problem at = curve_.problem_at(u);
        const piecewise values = curve_.values(u);
        auto row = facts(at, values, curve_.period(u));
        row.push_back(curve_.quadratic());
        // Two multipliers are 1: that of the flow, and the one that makes the fold.
        const floquet others(floquet(curve_.multipliers()).others);
        row.push_back(
            static_cast<double>(count_unstable(at, values, curve_.period(u), others.others)));
        return row;
    }

    /// The row of a cycle of no size.
    [[nodiscard]] std::vector<double> still_row(const special_point& hopf) const {
        problem at = curve_.base();
        at.parameters = hopf.parameters;
        piecewise values = curve_.values(trace_.previous().u);
        values.values.colwise() =
            Eigen::Map<const VectorXd>(hopf.state.data(), static_cast<Index>(hopf.state.size()));
        auto row = facts(at, values, 2 * std::numbers::pi / hopf.normal_form.front().second);
        row.push_back(0);
        row.push_back(static_cast<double>(
            std::count_if(hopf.eigenvalues.begin(), hopf.eigenvalues.end(),
                          [](const auto value) { return value.real() > 1e-9 * std::abs(value); })));
        return row;
    }

    diagram& result_;
    std::vector<parameter_range> ranges_;
    continuation_options options_;
    const watch& watch_;
    special_point start_;
    cycle_fold_curve curve_;
    tracer trace_;
    double scale_;
    double arc_ = 0;
    recorder rows_;
    branch made_;
};

}  // namespace

void add_cycle_fold_branch(diagram& to, const problem& base,
                           const std::vector<parameter_range>& ranges, const special_point& start,
                           const continuation_options& options, const watch& progress) {
    problem at = base;
    at.parameters = start.parameters;
    follower(to, at, ranges, start, options, progress).both_ways();
}

}  // namespace moebius::detail
