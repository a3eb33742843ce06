// SPDX-License-Identifier: MIT
#include "cycle_fold_locus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/cycle_fold_curve.hpp>
#include <moebius/bifurcation/hopf_curve.hpp>
#include <numbers>
#include <optional>
#include <utility>

#include "cycle_facts.hpp"
#include "cycle_mesh.hpp"
#include "cycle_walk.hpp"
#include "floquet.hpp"

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double near_its_start = 0.1;  // scaled distance that a start may have from its curve
constexpr double small = 0.05;          // state scales, of a cycle whose end is looked for
constexpr int most_steps_to_end = 20;   // along the Hopf curve, from the guess of its GH

/// The GH of the Hopf curve near a guess of it.
std::optional<special_point> generalized_hopf_near(const problem& base,
                                                   const std::vector<parameter_range>& ranges,
                                                   const special_point& guess,
                                                   const continuation_options& options) {
    hopf_curve hopfs(base, ranges);
    const VectorXd u = hopfs.start(guess);
    if (u.size() == 0) return std::nullopt;
    for (const double way : {1.0, -1.0}) {
        tracer trace(hopfs, options);
        if (!trace.start(u, way * VectorXd::Unit(u.size(), u.size() - 2))) return std::nullopt;
        event_finder events(trace, hopfs.tests());
        events.begin(trace.current());
        for (int step = 0; step < most_steps_to_end; ++step) {
            if (trace.advance() != step_status::accepted) break;
            for (const auto& seen : events.look(trace.current())) {
                if (seen.type != point_type::GH) continue;
                const auto at = trace.locate(seen.a, seen.b, events.test(seen.test).value);
                if (at) return hopfs.described(point_type::GH, at->u);
            }
        }
    }
    return std::nullopt;
}

class cycle_folds final : private cycle_walk<cycle_fold_curve> {
public:
    cycle_folds(diagram& to, const problem& base, const std::vector<parameter_range>& ranges,
                const special_point& start, const continuation_options& options,
                const watch& progress)
        : cycle_walk(cycle_fold_curve(base, ranges, *start.cycle), start.cycle->period, options,
                     progress, column_names(base, ranges)),
          result_(to),
          ranges_(ranges),
          start_(start),
          made_(new_branch(to, "fold of cycles", start.label, base)) {}

    void both_ways() {
        begin(*start_.cycle, start_.parameters, 1);
        const VectorXd first = trace_.current().u;
        const orbit stored = orbit_of(curve_.values(first), curve_.period(first));
        const auto parameters = curve_.problem_at(first).parameters;
        rows_.add_row(0, row_at(first));
        made_.last = made_.first = go();
        if (made_.last != stop_reason::closed) {
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
        size_ = 0;
        const VectorXd guess = curve_.scale(piecewise_of(cycle), cycle.period, parameters);
        const VectorXd towards = way * VectorXd::Unit(guess.size(), curve_.coordinate(0));
        const bool there = curve_.adapt(guess) && trace_.start(guess, towards) &&
                           (trace_.current().u - guess).norm() < near_its_start && rebase();
        if (!there)
            throw invalid_argument("locus", fmt::format("{} came as a start", start_.label),
                                   "no fold of cycles is near it");
    }

    [[nodiscard]] std::vector<test_function> tests() override {
        return {{point_type::CP, [this](const curve_point& at) { return facts_at(at).quadratic; }}};
    }

    void row(const walk& /*along*/, const curve_point& at, std::vector<double>& to) override {
        remember(at.u);
        to = row_at(at.u);
    }

    std::optional<stop_reason> meet(walk& along, const bracket& seen) override {
        const auto at = along.locate(seen);
        if (at && look_at(*at))
            rows_.add_row(seen.arc + (at->u - seen.a.u).norm(), row_at(at->u),
                          described(seen.type, at->u, std::abs(curve_.quadratic())));
        return std::nullopt;
    }

    /// Through a cycle of no size: the curve ends there, in a GH.
    std::optional<stop_reason> overruns(walk& along) override {
        const double beyond = swing_now();
        if (beyond >= 0) return std::nullopt;
        const auto& a = trace_.previous();
        const auto& b = trace_.current();
        const double before = swing(curve_.values(a.u), curve_.values(a.u));
        const VectorXd u = a.u + before / (before - beyond) * (b.u - a.u);
        auto end = end_near(u);
        if (!end) return stop_reason::step_too_small;
        add_end(std::move(*end), along.arc() + (u - a.u).norm());
        return stop_reason::branch_point;
    }

    /// Short steps only creep towards a cycle of no size, where the equations are singular: its end
    /// is taken from a distance, where parameters that go like the square of the size say.
    std::optional<stop_reason> kept(walk& along, bool goes_on) override {
        if (const auto why = cycle_walk::kept(along, goes_on)) return why;
        const VectorXd& u = trace_.current().u;
        const piecewise now = curve_.values(u);
        const double size = swing(now, now) / std::sqrt(static_cast<double>(now.values.size()));
        const double before = std::exchange(size_, size);
        const Eigen::Vector2d p = u.tail<2>(), p_before = std::exchange(free_, p);
        if (!goes_on || !(size < before) || size > small * scale()) return std::nullopt;
        const Eigen::Vector2d way = size * size / (before * before - size * size) * (p - p_before);
        VectorXd guess = u;
        guess.tail<2>() += way;
        auto end = end_near(guess);
        if (!end) return std::nullopt;
        const VectorXd at = curve_.scale(now, curve_.period(u), end->parameters);
        if ((at - guess).tail<2>().norm() > way.norm() / 2) return std::nullopt;
        add_end(std::move(*end), along.arc() + way.norm());
        return stop_reason::branch_point;
    }

    /// The GH of the Hopf curve near a cycle of next to no size.
    [[nodiscard]] std::optional<special_point> end_near(const VectorXd& u) const {
        special_point guess;
        guess.parameters = curve_.problem_at(u).parameters;
        const VectorXd mean = curve_.values(u).values.rowwise().mean();
        guess.state.assign(mean.begin(), mean.end());
        guess.normal_form = {{"omega", 2 * std::numbers::pi / curve_.period(u)}};
        return generalized_hopf_near(curve_.base(), ranges_, guess, options_);
    }

    void add_end(special_point end, double arc) {
        end.groups = made_.groups;
        end.parameter_names = parameter_names(*curve_.base().model);
        const auto row = still_row(end);
        rows_.add_row(arc, row, std::move(end));
    }

    static std::vector<std::string> column_names(const problem& base,
                                                 const std::vector<parameter_range>& ranges) {
        std::vector<std::string> names;
        for (const auto& range : ranges) names.push_back(range.name);
        names.emplace_back("period");
        for (auto& name : extreme_names(*base.model)) names.push_back(std::move(name));
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

    /// At the place that was last looked at.
    [[nodiscard]] std::vector<double> row_at(const VectorXd& u) {
        const problem at = curve_.problem_at(u);
        const piecewise values = curve_.values(u);
        auto row = facts(at, values, curve_.period(u));
        row.push_back(curve_.quadratic());
        row.push_back(static_cast<double>(
            count_unstable(known().multipliers.besides_fold(), within_groups())));
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
    special_point start_;
    branch made_;
    double size_ = 0;                                 // of the cycle before, root mean square
    Eigen::Vector2d free_ = Eigen::Vector2d::Zero();  // its scaled parameters
};

}  // namespace

void add_cycle_fold_branch(diagram& to, const problem& base,
                           const std::vector<parameter_range>& ranges, const special_point& start,
                           const continuation_options& options, const watch& progress) {
    problem at = base;
    at.parameters = start.parameters;
    cycle_folds(to, at, ranges, start, options, progress).both_ways();
}

}  // namespace moebius::detail
