// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/continuation/events.hpp>
#include <moebius/continuation/recorder.hpp>
#include <moebius/solve/newton.hpp>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double low = 0, high = scaling::whole;  // of the scaled parameters
constexpr double same_point = 1e-6;               // scaled distance within which two points are one
constexpr int lines_across = 1;       // of the window each way, where closed curves are looked for
constexpr double search_step = 0.25;  // of the equilibria along edges and lines
constexpr std::size_t watch_every = 256;

/// A fold curve that has been followed, for telling whether a start lies on it.
struct followed_curve {
    std::vector<VectorXd> points;

    /// Points of a smooth curve stray from the chord by at most an eighth of its length times the
    /// turn along it.
    [[nodiscard]] bool passes(const VectorXd& u, double max_turn) const {
        for (std::size_t i = 0; i + 1 < points.size(); ++i) {
            const VectorXd chord = points[i + 1] - points[i];
            const double length = chord.norm();
            if ((u - points[i]).norm() > 2 * length + same_point) continue;
            const double share =
                length > 0 ? std::clamp((u - points[i]).dot(chord) / (length * length), 0., 1.) : 0;
            if ((points[i] + share * chord - u).norm() <= length * max_turn / 8 + same_point)
                return true;
        }
        return false;
    }
};

class builder {
public:
    builder(const problem& base, const parameter_range& first, const parameter_range& second,
            const continuation_options& options, const watch& progress)
        : ranges_{first, second},
          folds_(base, ranges_),
          options_(options),
          watch_(progress),
          n_(static_cast<Index>(base.model->dimension())) {
        x_.resize(base.model->dimension());
        p_ = base.parameters;
    }

    diagram everything() {
        for (std::size_t fixed = 0; fixed < 2; ++fixed) {
            const auto& across = ranges_[fixed];
            for (int line = 0; line < lines_across + 2; ++line) {
                const double value =
                    across.from + (across.to - across.from) * line / (lines_across + 1);
                follow_along(fixed, value);
            }
        }
        return std::move(result_);
    }

    diagram through(const special_point& start) {
        if (!follow(start, start.label))
            throw invalid_argument("locus", fmt::format("{} came as a start", start.label),
                                   "there is no fold near it in this window");
        return std::move(result_);
    }

private:
    /// Starts from the folds of the equilibria along one line of the window.
    void follow_along(std::size_t fixed, double value) {
        problem line = folds_.base();
        line.parameters[folds_.units().free()[fixed]] = value;
        continuation_options search;
        search.max_step = search_step;
        search.searches = 2;
        search.split_groups = false;
        const auto along = equilibrium_diagram(line, ranges_[1 - fixed], search, {}, watch_);
        for (const auto& point : along.special_points)
            if (point.type == point_type::LP || point.type == point_type::BP) follow(point, "");
    }

    /// Follows the fold curve through a point, both ways, unless it is known.
    /// @return false if there is no fold near the point
    bool follow(const special_point& start, const std::string& from) {
        const VectorXd guess = folds_.units().scale(start.state, start.parameters);
        folds_.adapt(guess);
        tracer ahead(folds_, options_);
        if (!ahead.start(guess, VectorXd::Unit(guess.size(), n_))) return false;
        if ((ahead.current().u - guess).norm() > 0.1) return false;
        // On a cusp itself no sign changes: one step on, it lies behind and is found.
        if (start.type != point_type::LP && ahead.advance() != step_status::accepted) return false;
        const curve_point first = ahead.current();
        for (const auto& curve : followed_)
            if (curve.passes(first.u, options_.max_turn)) return true;
        static constexpr std::array<std::string_view, 1> extras{"quadratic"};
        recorder rows(folds_.base(), folds_.units(), extras);
        followed_curve way;
        branch made;
        made.id = static_cast<int>(result_.branches.size()) + 1;
        made.kind = "fold";
        made.from = from;
        rows.add(0, first.u, quadratic_at(first.u));
        tracer back(folds_, options_);
        back.start_with_tangent(first.u, -first.tangent);
        made.first = go(back, rows, way);
        rows.turn_back();
        std::reverse(way.points.begin(), way.points.end());
        way.points.push_back(first.u);
        made.last = made.first == stop_reason::closed ? stop_reason::closed : go(ahead, rows, way);
        followed_.push_back(std::move(way));
        if (rows.rows() > 1) rows.finish(std::move(made), result_);
        return true;
    }

    stop_reason go(tracer& trace, recorder& rows, followed_curve& way) {
        event_finder events(
            trace,
            {{point_type::CP, [this](const curve_point& at) { return folds_.quadratic(at.u); }}});
        events.begin(trace.current());
        const VectorXd first = trace.current().u;
        for (std::size_t steps = 1; steps < options_.max_points; ++steps) {
            if (steps % watch_every == 0 && watch_.stopping()) throw interrupted("locus");
            const auto status = trace.advance();
            if (status == step_status::not_finite) return stop_reason::not_finite;
            if (status == step_status::too_small) return stop_reason::step_too_small;
            const bool left = is_outside(trace.current().u);
            if (left && !land_on_edge(trace)) {
                // A fold curve may touch the edge, at a cusp: end as near to it as steps go.
                if (trace.retreat()) continue;
                return stop_reason::range_end;
            }
            const VectorXd here = trace.current().u;
            for (const auto& seen : events.look(trace.current()))
                note_cusp(seen, events, trace, rows);
            rows.add(events.arc(), here, quadratic_at(here));
            way.points.push_back(here);
            if (left) return stop_reason::range_end;
            folds_.adapt(here);
            if (steps > 4 && (here - first).norm() < trace.step()) return stop_reason::closed;
        }
        return stop_reason::max_points;
    }

    [[nodiscard]] bool is_outside(const VectorXd& u) const {
        return u.tail(2).minCoeff() < low || u.tail(2).maxCoeff() > high;
    }

    /// Goes back to where the last step crossed the window's edge.
    bool land_on_edge(tracer& trace) {
        for (Index k = 0; k < 2; ++k) {
            const double p = trace.current().u[n_ + k];
            if (p >= low && p <= high) continue;
            if (!trace.land(n_ + k, p < low ? low : high)) return false;
        }
        return !is_outside(trace.current().u);
    }

    void note_cusp(const bracket& seen, const event_finder& events, tracer& trace, recorder& rows) {
        const auto at = trace.locate(seen.a, seen.b, events.test(seen.test).value);
        if (!at) return;
        folds_.units().unscale(at->u, x_, p_);
        auto point = point_at(*folds_.base().model, point_type::CP, x_, p_);
        const auto form = centre_manifold_at(*folds_.base().model, x_, p_);
        point.normal_form = {{"quadratic", form.quadratic}, {"cubic", form.cubic}};
        point.criticality = form.cubic < 0 ? "supercritical" : "subcritical";
        point.residual = std::max(
            {point.residual, std::abs(point.eigenvalues[0].real()), std::abs(2 * form.quadratic)});
        rows.add(seen.arc + (at->u - seen.a.u).norm(), at->u, quadratic_at(at->u),
                 std::move(point));
    }

    /// Half of w^T f_xx(v, v), the normal form's coefficient of w^2.
    std::array<double, 1> quadratic_at(const VectorXd& u) { return {folds_.quadratic(u) / 2}; }

    std::vector<parameter_range> ranges_;
    fold_curve folds_;
    continuation_options options_;
    const watch& watch_;
    Index n_;
    std::vector<double> x_, p_;
    std::vector<followed_curve> followed_;
    diagram result_;
};

}  // namespace

diagram fold_locus(const problem& base, const parameter_range& first, const parameter_range& second,
                   const continuation_options& options, const std::optional<special_point>& start,
                   const watch& progress) {
    check_options(options);
    if (first.name == second.name)
        throw invalid_argument("locus", fmt::format("{} came twice", first.name),
                               "two different parameters must vary");
    problem from = base;
    if (start) from.parameters = start->parameters;
    builder build(from, first, second, options, progress);
    return start ? build.through(*start) : build.everything();
}

}  // namespace moebius
