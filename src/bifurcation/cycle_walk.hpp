// SPDX-License-Identifier: MIT
// What the walks along cycles and along their folds have in common.
#pragma once

#include <algorithm>
#include <complex>
#include <moebius/continuation/walk.hpp>
#include <moebius/model/cell_field.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cycle_facts.hpp"
#include "cycle_mesh.hpp"
#include "floquet.hpp"

namespace moebius::detail {

/// @tparam Curve  cycle_curve or cycle_fold_curve
template <typename Curve>
class cycle_walk : public walk_kind {
protected:
    /// @param first_period  of the start, against which periods are measured
    cycle_walk(Curve followed, double first_period, const continuation_options& options,
               const watch& progress, std::vector<std::string> columns)
        : options_(options),
          watch_(progress),
          curve_(std::move(followed)),
          trace_(curve_, options),
          rows_(std::move(columns)),
          first_period_(first_period),
          scale_(curve_.base().model->state_scale(curve_.base().parameters)) {
        curve_.treat(fast_modes_for(options.tolerance, curve_.degree()));
    }

    stop_reason go() {
        steps_ = 0;
        return walk(*this, trace_, rows_, options_, watch_).go();
    }

    /// What a linearization told.
    struct facts {
        Eigen::VectorXd u;  // where
        floquet multipliers;
        std::vector<double> extremes;
        std::optional<std::vector<group_multipliers>> within;  // groups of cells
        double residual = 0;
        double quadratic = 0;  // of a fold
    };
    /// What the tracer's own last one told, at u.
    void remember(const Eigen::VectorXd& u) {
        known_.u = u;
        known_.multipliers = floquet(curve_.multipliers(), curve_.beyond().order);
        known_.extremes.clear();
        known_.within.reset();
        if constexpr (requires { curve_.quadratic(); }) known_.quadratic = curve_.quadratic();
    }
    [[nodiscard]] const facts& known() const noexcept { return known_; }
    /// What is known better of these multipliers.
    void know(floquet multipliers) { known_.multipliers = std::move(multipliers); }
    /// The same, unless u is known.
    const facts& known_at(const Eigen::VectorXd& u) {
        if (known_.u.size() != u.size() || known_.u != u) remember(u);
        return known_;
    }
    /// Linearizes at a point. @return false if a number is not finite
    bool look_at(const curve_point& at) {
        Eigen::VectorXd f(at.u.size() - 1);
        if (!curve_.linearize(at.u, f)) return false;
        curve_.derivative().factor(at.tangent);
        remember(at.u);
        known_.residual = f.template lpNorm<Eigen::Infinity>();
        return true;
    }
    /// The same unless that is known already, or the tracer's last linearization was there.
    const facts& facts_at(const curve_point& at) {
        if (known_.u.size() == at.u.size() && known_.u == at.u) return known_;
        if (is_linearized_at(at.u))
            remember(at.u);
        else if (!look_at(at))
            known_ = {};
        return known_;
    }

    /// Of the loads or states of a cycle.
    std::vector<double> extremes_at(const Eigen::VectorXd& u) {
        const bool known = known_.u.size() == u.size() && known_.u == u;
        if (known && !known_.extremes.empty()) return known_.extremes;
        auto found = cycle_extremes(curve_.problem_at(u), whole(u), curve_.period(u));
        if (known) known_.extremes = found;
        return found;
    }

    /// Multipliers of perturbations within groups of cells, where it was last looked at.
    const std::vector<group_multipliers>& within_groups() {
        if (!known_.within)
            known_.within = multipliers_within(curve_.problem_at(known_.u), whole(known_.u),
                                               curve_.period(known_.u), curve_.turn());
        return *known_.within;
    }

    /// So many times as many intervals from the next rebase on.
    /// @return false if there are as many as there may be
    bool refine(double times) {
        fineness_ = std::min(times * made_with_, static_cast<double>(most_intervals));
        return intervals_ < most_intervals;
    }
    /// Fewer from the next rebase on, if the largest error on this mesh, which falls like
    /// intervals^(-2 degree), leaves room.
    /// @param error  on the last row
    void coarsen(double error, double aim) {
        constexpr double least = 0.7;
        worst_ = std::max(worst_, error);
        const double order = 2 * static_cast<double>(curve_.degree());
        fineness_ =
            std::max(1.0, made_with_ * std::clamp(std::pow(worst_ / aim, 1 / order), least, 1.0));
    }

    /// New mesh, new phase and new borders for the current cycle, if Newton's method finds it
    /// there.
    bool rebase() {
        const Curve before = curve_;
        const Eigen::VectorXd u = trace_.current().u, way = trace_.current().tangent;
        Eigen::VectorXd u_there = u, way_there = way;
        renew_mesh(u_there, way_there);
        if (!resumed(u_there, way_there)) {  // as next to a branch point: on the mesh as it was
            curve_ = before;
            if (!resumed(u, way)) return false;
        }
        remember(trace_.current().u);
        return true;
    }

    /// An end of the branch on a mesh that suits its cycle, where the parameter is as it was: the
    /// curve's own is made for the cycle of some steps ago, and an end comes before the next one.
    [[nodiscard]] curve_point suited(curve_point end) {
        for (int meshes = 0; meshes < most_meshes && is_coarse(end.u); ++meshes) {
            const Curve before = curve_;
            Eigen::VectorXd u = end.u, way = end.tangent;
            renew_mesh(u, way);
            const Eigen::Index parameter = u.size() - 1;
            if (!trace_.start_at(u, parameter, way[parameter] < 0 ? -1 : 1)) {
                curve_ = before;
                break;
            }
            end = trace_.current();
        }
        return end;
    }

    /// Whether the mesh does not suit a cycle on it any more.
    [[nodiscard]] bool is_coarse(const Eigen::VectorXd& u) const {
        return too_coarse(curve_.values(u), scale_, options_.tolerance);
    }
    static constexpr int most_meshes = 4;  ///< in a row: the first one is made by a poor cycle

    /// Looks between the ends of a bracket on a mesh so fine that its errors show no more: coarser
    /// ones break symmetries, and a branch point suffers from that most.
    /// @param times  as many intervals as usual; errors fall by its power of 2 degree
    /// @param use  called with the tracer, the ends there and the arclength at a, while that mesh
    ///             is the curve's
    template <typename Use>
    bool finely(const bracket& seen, Eigen::Index times, const Use& use) {
        const Curve before = curve_;
        const facts known_before = known_;
        const auto same = [](const Eigen::VectorXd& u, const Eigen::VectorXd& v) {
            return u.size() == v.size() && u == v;  // the mesh may be another one since
        };
        const bool again = fine_ && fine_->times == times && same(fine_->a, seen.a.u) &&
                           same(fine_->b, seen.b.u);  // as where several tests change in one step
        if (!again) fine_ = made_fine(seen, times);
        bool done = false;
        if (fine_) {
            curve_ = fine_->curve;
            tracer there(curve_, options_);
            done = use(there, fine_->from, fine_->to);
        }
        curve_ = before;
        known_ = known_before;
        return done;
    }

    /// Whether the last of these meshes was as fine as one may be, or none was found.
    [[nodiscard]] bool was_finest() const {
        return !fine_ || fine_->curve.values(fine_->from.u).intervals() >= most_intervals;
    }

    [[nodiscard]] double scale() const noexcept { return scale_; }  ///< of the states

    /// All parts of a cycle.
    [[nodiscard]] piecewise whole(const Eigen::VectorXd& u) const {
        return unfolded(curve_.values(u));
    }

    /// How far the last step's cycle swings, negative if it went through one of no size.
    [[nodiscard]] double swing_now() const {
        return swing(whole(trace_.current().u), whole(trace_.previous().u));
    }

    /// A point with its cycle, where the curve was last looked at.
    /// @param missed  what is left of the test function there
    [[nodiscard]] special_point described(point_type type, const Eigen::VectorXd& u,
                                          double missed) const {
        special_point point;
        point.type = type;
        const problem here = curve_.problem_at(u);
        const piecewise values = whole(u);
        point.parameter_names = parameter_names(*here.model);
        point.parameters = here.parameters;
        point.state.assign(values.values.col(0).begin(), values.values.col(0).end());
        point.eigenvalues = known_.multipliers.all();
        point.cycle = orbit_of(values, curve_.period(u));
        point.normal_form = {{"period", point.cycle->period}};
        if (const auto* cells = here.model->cells()) point.groups = cells->groups();
        point.turn = curve_.turn();
        point.residual = std::max(known_.residual, missed);
        return point;
    }

    [[nodiscard]] window inside() const override {
        return {curve_.coordinate(0), static_cast<Eigen::Index>(curve_.free().size())};
    }
    void mark(const curve_point& at, Eigen::VectorXd& to) override {
        // alike for two cycles that are one: extremes, period and free parameters
        const auto extremes = extremes_at(at.u);
        const auto count = static_cast<Eigen::Index>(extremes.size());
        const Eigen::Index first = curve_.coordinate(0);
        to.resize(count + 1 + at.u.size() - first);
        to << Eigen::Map<const Eigen::VectorXd>(extremes.data(), count),
            curve_.period(at.u) / first_period_, at.u.tail(at.u.size() - first);
    }
    std::optional<stop_reason> kept(walk& along, bool goes_on) override {
        if (!goes_on) return std::nullopt;
        constexpr double longest = 1000;  // times the first period
        const Eigen::VectorXd& u = trace_.current().u;
        const double most =
            options_.longest_period > 0 ? options_.longest_period : longest * first_period_;
        if (curve_.period(u) > most) return stop_reason::long_period;
        const bool stale = std::exchange(stale_, false);
        if (++steps_ % rebase_every != 0 && !stale && !is_coarse(u)) return std::nullopt;
        if (!rebase()) return stop_reason::step_too_small;
        along.rebased();
        return std::nullopt;
    }

    const continuation_options& options_;
    const watch& watch_;
    Curve curve_;
    tracer trace_;
    recorder rows_;
    double first_period_;
    bool stale_ = false;  // the mesh, whatever its errors

private:
    struct fine_look {  // the ends of a step on a finer mesh
        Eigen::Index times;
        Eigen::VectorXd a, b;
        Curve curve;
        curve_point from, to;
    };

    /// Moves a cycle and a change of it to a mesh that suits the cycle.
    void renew_mesh(Eigen::VectorXd& u, Eigen::VectorXd& way) {
        const auto wanted =
            static_cast<double>(intervals_for(curve_.values(u), scale_, options_.tolerance));
        made_with_ = fineness_;
        worst_ = 0;
        intervals_ = std::min(static_cast<Eigen::Index>(fineness_ * wanted), most_intervals);
        curve_.rebase(u, way, intervals_);
    }

    /// Leaves the curve on that mesh.
    std::optional<fine_look> made_fine(const bracket& seen, Eigen::Index times) {
        Eigen::VectorXd u = seen.a.u, way = seen.a.tangent;
        const piecewise b = curve_.values(seen.b.u), b_way = curve_.values(seen.b.tangent);
        const double b_period = curve_.period(seen.b.u), b_change = curve_.period(seen.b.tangent);
        const auto count = static_cast<Eigen::Index>(curve_.free().size());
        const Eigen::Index finer = times * intervals_for(b, scale_, options_.tolerance);
        curve_.rebase(u, way, std::min(std::max(finer, b.intervals()), most_intervals));
        const auto moved = [&](const piecewise& values, double period, const Eigen::VectorXd& of) {
            Eigen::VectorXd there = curve_.scale_change(resampled(values, curve_.values(u).breaks),
                                                        period, Eigen::VectorXd::Zero(count));
            there.tail(count) = of.tail(count);
            return there;
        };
        const Eigen::VectorXd u_b = moved(b, b_period, seen.b.u);
        const Eigen::VectorXd way_b = moved(b_way, b_change, seen.b.tangent).normalized();
        tracer fine(curve_, options_);
        if (!fine.resume(u, way)) return std::nullopt;
        const curve_point from = fine.current();
        if (!fine.resume(u_b, way_b)) return std::nullopt;
        return fine_look{times, seen.a.u, seen.b.u, curve_, from, fine.current()};
    }

    /// Whether Newton's method, which moves on from its last linearization, moved by rounding.
    [[nodiscard]] bool is_linearized_at(const Eigen::VectorXd& u) const {
        constexpr double rounding = 1e-10;
        const Eigen::VectorXd& there = curve_.evaluated_at();
        return there.size() == u.size() && (there - u).norm() <= rounding * (1 + u.norm());
    }

    bool resumed(const Eigen::VectorXd& u, const Eigen::VectorXd& way) {
        if constexpr (requires { curve_.adapt(u); })
            if (!curve_.adapt(u)) return false;
        return trace_.resume(u, way);
    }

    double scale_;
    std::size_t steps_ = 0;
    Eigen::Index intervals_ = 0;  // at the last rebase
    double fineness_ = 1;   // times the intervals that the tolerance asks for, of the next mesh
    double made_with_ = 1;  // of this one
    double worst_ = 0;      // error on it
    facts known_;
    std::optional<fine_look> fine_;  // the last one
};

}  // namespace moebius::detail
