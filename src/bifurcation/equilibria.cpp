// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/branch_point.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/continuation/events.hpp>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/continuation/recorder.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double low = 0, high = scaling::whole;  // of the scaled parameter
constexpr double same_point = 1e-6;               // scaled distance within which two points are one
constexpr std::size_t watch_every = 256;

/// A direction out of a branch point that has not been followed yet.
struct arm {
    std::string label;
    VectorXd u, tangent;
};

class builder {
public:
    builder(const problem& base, const parameter_range& range, const continuation_options& options,
            const watch& progress)
        : curve_(base, range),
          range_(range),
          options_(options),
          watch_(progress),
          n_(curve_.unknowns() - 1) {
        x_.resize(base.model->dimension());
        p_ = base.parameters;
    }

    diagram everything() {
        for (const double end : {low, high}) {
            problem at_end = curve_.base();
            at_end.parameters[curve_.units().free()[0]] = end == low ? range_.from : range_.to;
            for (const auto& x : find_equilibria(at_end)) {
                VectorXd u(n_ + 1);
                u << x / curve_.units().units()[0], end;
                if (!is_known_end(u)) follow_from(u, end == low ? 1 : -1, "");
            }
        }
        return std::move(result_);
    }

    diagram through(const special_point& start) {
        const VectorXd u = curve_.units().scale(start.state, start.parameters);
        const double p = u[n_];
        if (p < low - same_point || p > high + same_point)
            throw invalid_argument("diagram",
                                   fmt::format("{} stands at {} = {}", start.label, range_.name,
                                               start.parameters[curve_.units().free()[0]]),
                                   fmt::format("the range is {} to {}", range_.from, range_.to));
        follow_from(u, p < low + same_point ? 1 : p > high - same_point ? -1 : 0, start.label);
        return std::move(result_);
    }

private:
    /// Follows the branch through u: one way if `sign` says where the parameter must go, else both.
    void follow_from(const VectorXd& u, int sign, const std::string& from) {
        tracer trace(curve_, options_);
        const VectorXd direction = VectorXd::Unit(n_ + 1, n_) * (sign == 0 ? 1 : sign);
        if (!trace.start(u, direction)) {
            follow_from_singular(u, from);
            return;
        }
        // On a fold itself no sign changes: one step on, it lies behind and is found.
        if (sign == 0 && std::abs(trace.current().tangent[n_]) < same_point)
            if (trace.advance() != step_status::accepted) return follow_from_singular(u, from);
        const curve_point first = trace.current();
        const bool both = sign == 0 || std::abs(first.tangent[n_]) < same_point;
        recorder rows = new_recorder();
        branch made = new_branch(from);
        if (sign == 0)
            rows.add(0, first.u, extras_at(first.u));
        else
            record_end(rows, 0, first.u);
        made.first = stop_reason::range_end;
        if (both) {
            tracer back(curve_, options_);
            back.start_with_tangent(first.u, -first.tangent);
            made.first = go(back, rows);
            rows.turn_back();
        }
        if (made.first == stop_reason::closed)
            finish(rows, made, stop_reason::closed);
        else
            finish(rows, made, go(trace, rows));
        follow_arms();
    }

    /// u has no unique tangent: if it is a branch point, all ways out of it are followed.
    void follow_from_singular(const VectorXd& u, const std::string& from) {
        const auto found = find_branch_point(curve_, u);
        recorder rows = new_recorder();
        branch made = new_branch(from);
        made.first = made.last = stop_reason::singular;
        if (found && (found->u - u).norm() <= 1e-3) {
            made.first = made.last = stop_reason::branch_point;
            note_branch_point(rows, 0, *found, VectorXd{});
        } else {
            record_end(rows, 0, u);
        }
        rows.finish(std::move(made), result_);
        name_arms();
        follow_arms();
    }

    void follow_arms() {
        while (!arms_.empty()) {
            const arm next = arms_.front();
            arms_.pop_front();
            tracer trace(curve_, options_);
            trace.start_with_tangent(next.u, next.tangent);
            recorder rows = new_recorder();
            branch made = new_branch(next.label);
            made.first = stop_reason::branch_point;
            rows.add(0, next.u, extras_at(next.u));
            const stop_reason end = go(trace, rows);
            // It leaves the window at once, or ends where a branch known before does.
            if (rows.rows() < 2 || end_was_known_) continue;
            finish(rows, made, end);
        }
    }

    branch new_branch(const std::string& from) {
        branch made;
        made.id = static_cast<int>(result_.branches.size()) + 1;
        made.kind = "equilibrium";
        made.from = from;
        return made;
    }

    void finish(recorder& rows, branch& made, stop_reason end) {
        made.last = end;
        rows.finish(made, result_);
        name_arms();
    }

    /// Steps until something ends the branch; the tracer stands on its first point.
    stop_reason go(tracer& trace, recorder& rows) {
        end_was_known_ = false;
        event_finder events(
            trace, {{point_type::BP, [](const curve_point& at) { return at.regularity; }},
                    {point_type::LP, [n = n_](const curve_point& at) { return at.tangent[n]; }}});
        events.begin(trace.current());
        const VectorXd first = trace.current().u;
        while (rows.rows() + 1 < options_.max_points) {
            if (rows.rows() % watch_every == 0 && watch_.stopping()) throw interrupted("diagram");
            const auto status = trace.advance();
            if (status != step_status::accepted)
                return end_here(rows, events.arc(), trace.current().u,
                                status == step_status::not_finite ? stop_reason::not_finite
                                                                  : stop_reason::step_too_small);
            const double p = trace.current().u[n_];
            const bool outside = p < low || p > high;
            if (outside && !trace.land(n_, p < low ? low : high))
                return end_here(rows, events.arc(), trace.previous().u,
                                stop_reason::step_too_small);
            const bool on_edge = outside || p == low || p == high;
            if (jumped(trace)) {
                if (trace.retreat()) continue;
                return end_here(rows, events.arc(), trace.current().u, stop_reason::step_too_small);
            }
            // Only the row of the tracer's own last evaluation is free, so it is taken first.
            const VectorXd here = trace.current().u;
            const auto row = extras_of_last_evaluation();
            for (const auto& seen : events.look(trace.current()))
                if (!handle(seen, events, trace, rows)) return stop_reason::branch_point;
            if (on_edge) return end_here(rows, events.arc(), here, stop_reason::range_end);
            rows.add(events.arc(), here, row);
            if (rows.rows() > 4 && (here - first).norm() < trace.step() && comes_back(trace, first))
                return stop_reason::closed;
        }
        return end_here(rows, events.arc(), trace.current().u, stop_reason::max_points);
    }

    /// Whether the last step changed the sign of the regularity without passing a branch point:
    /// then it crossed the gap of an imperfect one, onto another branch.
    bool jumped(tracer& trace) {
        const double before = trace.previous().regularity, after = trace.current().regularity;
        if (before == 0 || after == 0 || (before > 0) == (after > 0)) return false;
        return !find_crossing(trace.previous(), trace.current(), trace,
                              [](const curve_point& at) { return at.regularity; });
    }

    /// The branch point between two neighbours of a branch, if there is one.
    std::optional<crossing> find_crossing(const curve_point& a, const curve_point& b, tracer& trace,
                                          const std::function<double(const curve_point&)>& test) {
        const double before = std::abs(test(a)), after = std::abs(test(b));
        const VectorXd guess = a.u + before / (before + after) * (b.u - a.u);
        auto found = find_branch_point(curve_, guess);
        if (found && lies_between(a, b, found->u)) return found;
        const auto at = trace.locate(a, b, test);
        if (!at) return std::nullopt;
        found = find_branch_point(curve_, at->u);
        if (found && lies_between(a, b, found->u)) return found;
        return std::nullopt;
    }

    /// Whether u belongs to the stretch from a to b: Newton's method may have gone elsewhere.
    static bool lies_between(const curve_point& a, const curve_point& b, const VectorXd& u) {
        const VectorXd chord = b.u - a.u;
        const double share = (u - a.u).dot(chord) / chord.squaredNorm();
        return share > -1e-3 && share < 1 + 1e-3 && (u - a.u - share * chord).norm() < chord.norm();
    }

    /// Whether the last step passes the first point of the branch.
    static bool comes_back(const tracer& trace, const VectorXd& first) {
        const VectorXd& a = trace.previous().u;
        const VectorXd along = trace.current().u - a;
        const double share = (first - a).dot(along) / along.squaredNorm();
        return share >= 0 && share <= 1 && (a + share * along - first).norm() < 0.1 * along.norm();
    }

    /// Locates and notes a fold or branch point.
    /// @return false if the branch ends there, in a branch point known before
    bool handle(const bracket& seen, const event_finder& events, tracer& trace, recorder& rows) {
        if (seen.type == point_type::BP) return handle_branch_point(seen, events, trace, rows);
        const auto at = trace.locate(seen.a, seen.b, events.test(seen.test).value);
        if (!at) return true;
        curve_.units().unscale(at->u, x_, p_);
        auto fold = find_fold(curve_.base(), range_, x_, p_);
        if (!fold) return true;
        const VectorXd u = curve_.units().scale(fold->state, fold->parameters);
        // Newton may have gone to another fold, or the turn is a crossing of two branches.
        if (!lies_between(seen.a, seen.b, u) || near_branch_point(u)) return true;
        rows.add(seen.arc + (u - seen.a.u).norm(), u, extras_at(u), std::move(*fold));
        return true;
    }

    bool handle_branch_point(const bracket& seen, const event_finder& events, tracer& trace,
                             recorder& rows) {
        const auto found = find_crossing(seen.a, seen.b, trace, events.test(seen.test).value);
        if (!found) return true;  // a dip without a crossing
        const double arc = seen.arc + (found->u - seen.a.u).norm();
        const VectorXd travel = (seen.b.u - seen.a.u).normalized();
        if (const auto known = known_branch_point(found->u)) {
            rows.add(arc, found->u, extras_at(found->u));
            std::erase_if(arms_, [&](const arm& a) {  // this way was just come along
                return a.label == *known && a.tangent.dot(-travel) > 0.9;
            });
            return false;
        }
        note_branch_point(rows, arc, *found, travel);
        return true;
    }

    /// Adds the point and its arms: those across `travel`, or all of them if it is empty.
    void note_branch_point(recorder& rows, double arc, const crossing& found,
                           const VectorXd& travel) {
        rows.add(arc, found.u, extras_at(found.u), found.point);
        crossings_.push_back({"", found.u, {}});
        for (std::size_t k = 0; k < 2; ++k) {
            if (travel.size() > 0 && std::abs(found.tangents[k].dot(travel)) >=
                                         std::abs(found.tangents[1 - k].dot(travel)))
                continue;
            for (const double sign : {1.0, -1.0})
                crossings_.back().ways.push_back(sign * found.tangents[k]);
        }
    }

    /// Branch points get their labels when the branch is finished; their arms wait for them.
    void name_arms() {
        for (auto& met : crossings_) {
            if (!met.label.empty()) continue;
            for (const auto& point : result_.special_points)
                if (point.type == point_type::BP && is_at(point, met.u)) met.label = point.label;
            for (const auto& way : met.ways) arms_.push_back({met.label, met.u, way});
        }
    }

    [[nodiscard]] bool is_at(const special_point& point, const VectorXd& u) const {
        return (curve_.units().scale(point.state, point.parameters) - u).norm() < same_point;
    }

    [[nodiscard]] std::optional<std::string> known_branch_point(const VectorXd& u) const {
        for (const auto& met : crossings_)
            if ((met.u - u).norm() < same_point) return met.label;
        return std::nullopt;
    }

    [[nodiscard]] bool near_branch_point(const VectorXd& u) const {
        return known_branch_point(u).has_value();
    }

    [[nodiscard]] bool is_known_end(const VectorXd& u) const {
        return std::any_of(ends_.begin(), ends_.end(), [&](const VectorXd& end) {
            return (end - u).norm() < same_point * (1 + u.head(n_).norm());
        });
    }

    stop_reason end_here(recorder& rows, double arc, const VectorXd& u, stop_reason reason) {
        end_was_known_ = is_known_end(u);
        record_end(rows, arc, u);
        return reason;
    }

    /// An EP with its row.
    void record_end(recorder& rows, double arc, const VectorXd& u) {
        ends_.push_back(u);
        curve_.units().unscale(u, x_, p_);
        rows.add(arc, u, extras_at(u), point_at(*curve_.base().model, point_type::EP, x_, p_));
    }

    recorder new_recorder() const {
        static constexpr std::array<std::string_view, 3> extras{"eigenvalue", "stable",
                                                                "n_unstable"};
        return {curve_.base(), curve_.units(), extras};
    }

    std::array<double, 3> extras_at(const VectorXd& u) {
        VectorXd f(n_);
        Eigen::MatrixXd df(n_, n_ + 1);
        curve_.evaluate(u, f, df);
        return extras_of_last_evaluation();
    }

    std::array<double, 3> extras_of_last_evaluation() {
        const auto values = eigenvalues(curve_.jacobian());
        const auto unstable = std::count_if(values.begin(), values.end(),
                                            [](const auto& value) { return value.real() > 0; });
        return {values.front().real(), unstable == 0 ? 1.0 : 0.0, static_cast<double>(unstable)};
    }

    struct met_crossing {
        std::string label;
        VectorXd u;
        std::vector<VectorXd> ways;
    };

    equilibrium_curve curve_;
    parameter_range range_;
    continuation_options options_;
    const watch& watch_;
    Index n_;
    std::vector<double> x_, p_;
    std::vector<VectorXd> ends_;
    bool end_was_known_ = false;  // by the last end_here
    std::vector<met_crossing> crossings_;
    std::deque<arm> arms_;
    diagram result_;
};

}  // namespace

diagram equilibrium_diagram(const problem& base, const parameter_range& range,
                            const continuation_options& options,
                            const std::optional<special_point>& start, const watch& progress) {
    check_options(options);
    if (start && start->state.size() != base.model->dimension())
        throw invalid_argument(
            "diagram", fmt::format("{} has {} states", start->label, start->state.size()),
            fmt::format("{} has {}", base.model->name(), base.model->dimension()));
    problem from = base;
    if (start) from.parameters = start->parameters;
    builder build(from, range, options, progress);
    return start ? build.through(*start) : build.everything();
}

}  // namespace moebius
