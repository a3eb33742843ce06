// SPDX-License-Identifier: MIT
#include "cycle_fold_locus.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/bifurcation/cycle_fold_curve.hpp>
#include <moebius/bifurcation/hopf_curve.hpp>
#include <numbers>
#include <optional>
#include <utility>

#include "cycle_locus.hpp"

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double small = 0.05;         // state scales, of a cycle whose end is looked for
constexpr int most_steps_to_end = 20;  // along the Hopf curve, from the guess of its GH

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

class cycle_folds final : public cycle_locus<cycle_fold_curve> {
public:
    cycle_folds(diagram& to, const problem& base, const std::vector<parameter_range>& ranges,
                const special_point& start, const continuation_options& options,
                const watch& progress)
        : cycle_locus(to, cycle_fold_curve(base, ranges, *start.cycle), "fold of cycles", start,
                      options, progress, {"quadratic", "n_unstable"}),
          ranges_(ranges) {}

private:
    [[nodiscard]] VectorXd guess() override {
        return curve_.scale(piecewise_of(*start_.cycle), start_.cycle->period, start_.parameters);
    }
    void turned() override { size_ = 0; }

    [[nodiscard]] std::vector<test_function> tests() override {
        const auto of = [this](auto value) {  // multipliers that are not resolved tell nothing
            return [this, value](const curve_point& at) {
                const floquet& all = facts_at(at).multipliers;
                return all.resolved() ? value(all) : 0.0;
            };
        };
        return {{point_type::CP, [this](const curve_point& at) { return facts_at(at).quadratic; }},
                {point_type::R1, of([](const floquet& all) { return all.second_unity(); })},
                {point_type::LPPD, of([](const floquet& all) { return all.doubling(); })},
                {point_type::LPNS, of([](const floquet& all) { return all.besides(1).torus(); })}};
    }

    std::optional<stop_reason> meet(walk& along, const bracket& seen) override {
        const auto at = along.locate(seen);
        if (!at || !look_at(*at)) return std::nullopt;
        const double missed = std::abs(along.test(seen).value(*at));
        if (!confirms(seen.type)) return std::nullopt;
        rows_.add_row(seen.arc + (at->u - seen.a.u).norm(), row_at(at->u),
                      described(seen.type, at->u, missed));
        return std::nullopt;
    }

    /// Whether what vanished is what the label says: no neutral saddle, and no change of sign by
    /// rounding, as of multipliers of 1e69.
    [[nodiscard]] bool confirms(point_type type) {
        const floquet rest = known().multipliers.besides(1);
        if (type == point_type::LPNS) return rest.has_critical_pair();
        if (type == point_type::LPPD) return rest.confirms(point_type::PD, floquet::nearby);
        return type != point_type::R1 || rest.confirms(point_type::LPC);
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

    [[nodiscard]] std::vector<double> row_at(const VectorXd& u) override {
        const problem at = curve_.problem_at(u);
        const piecewise values = curve_.values(u);
        auto row = facts(at, values, curve_.period(u));
        row.push_back(curve_.quadratic());
        row.push_back(static_cast<double>(
            count_unstable(known().multipliers.besides(1).others, within_groups())));
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

    std::vector<parameter_range> ranges_;
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
