// SPDX-License-Identifier: MIT
// What the walks along cycles and along their folds have in common.
#pragma once

#include <algorithm>
#include <complex>
#include <moebius/continuation/walk.hpp>
#include <moebius/model/cell_field.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cycle_mesh.hpp"

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
          scale_(curve_.base().model->state_scale(curve_.base().parameters)) {}

    stop_reason go() {
        steps_ = 0;
        return walk(*this, trace_, rows_, options_, watch_).go();
    }

    /// What a linearization told.
    struct facts {
        Eigen::VectorXd u;  // where
        std::vector<std::complex<double>> multipliers;
        double residual = 0;
        double quadratic = 0;  // of a fold
    };
    /// What the tracer's own last one told, at u.
    void remember(const Eigen::VectorXd& u) {
        known_.u = u;
        known_.multipliers = curve_.multipliers();
        if constexpr (requires { curve_.quadratic(); }) known_.quadratic = curve_.quadratic();
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
    /// The same unless that is known already.
    const facts& facts_at(const curve_point& at) {
        const bool known = known_.u.size() == at.u.size() && known_.u == at.u;
        if (!known && !look_at(at)) known_ = {};
        return known_;
    }

    /// New mesh, new phase and new borders for the current cycle.
    bool rebase() {
        Eigen::VectorXd u = trace_.current().u, way = trace_.current().tangent;
        curve_.rebase(u, way, intervals_for(curve_.values(u), scale_));
        if constexpr (requires { curve_.adapt(u); })
            if (!curve_.adapt(u)) return false;
        if (!trace_.start(u, way)) return false;
        remember(trace_.current().u);
        return true;
    }

    /// How far the last step's cycle swings, negative if it went through one of no size.
    [[nodiscard]] double swing_now() const {
        return swing(curve_.values(trace_.current().u), curve_.values(trace_.previous().u));
    }

    /// A point with its cycle, where the curve was last looked at.
    /// @param missed  what is left of the test function there
    [[nodiscard]] special_point described(point_type type, const Eigen::VectorXd& u,
                                          double missed) const {
        special_point point;
        point.type = type;
        const problem here = curve_.problem_at(u);
        const piecewise values = curve_.values(u);
        point.parameter_names = parameter_names(*here.model);
        point.parameters = here.parameters;
        point.state.assign(values.values.col(0).begin(), values.values.col(0).end());
        point.eigenvalues = known_.multipliers;
        point.cycle = orbit_of(values, curve_.period(u));
        point.normal_form = {{"period", point.cycle->period}};
        if (const auto* cells = here.model->cells()) point.groups = cells->groups();
        point.residual = std::max(known_.residual, missed);
        return point;
    }

    [[nodiscard]] window inside() const override {
        return {curve_.coordinate(0), static_cast<Eigen::Index>(curve_.free().size())};
    }
    void mark(const curve_point& at, Eigen::VectorXd& to) override {
        to = cycle_mark(curve_, at.u, first_period_);
    }
    std::optional<stop_reason> kept(walk& along, bool goes_on) override {
        if (!goes_on) return std::nullopt;
        constexpr double longest = 1000;  // times the first period
        const Eigen::VectorXd& u = trace_.current().u;
        if (curve_.period(u) > longest * first_period_) return stop_reason::long_period;
        if (++steps_ % rebase_every != 0 && !too_coarse(curve_.values(u), scale_))
            return std::nullopt;
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

private:
    double scale_;
    std::size_t steps_ = 0;
    facts known_;
};

}  // namespace moebius::detail
