// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/events.hpp>
#include <moebius/continuation/recorder.hpp>
#include <moebius/continuation/tracer.hpp>
#include <optional>
#include <span>
#include <vector>

namespace moebius {

class walk;

/// What a walk must know of a kind of curve: where it may go, what is looked for along it, what a
/// row tells, and what ends it besides the window's edge.
class walk_kind {
public:
    virtual ~walk_kind() = default;

    /// So many coordinates of u from `first` on must stay within 0 and scaling::whole.
    struct window {
        Eigen::Index first = 0, count = 1;
    };
    [[nodiscard]] virtual window inside() const = 0;

    /// Functions whose zeros are events. Where one of type EP vanishes the branch ends
    /// (stop_reason::stop_event), and what lies beyond in that step is not met.
    [[nodiscard]] virtual std::vector<test_function> tests() = 0;

    /// The row of a point, at which the curve was just linearized, in the recorder's columns.
    /// @param to  overwritten
    virtual void row(const walk& along, const curve_point& at, std::vector<double>& to) = 0;

    /// Writes down what vanished between the two ends of a bracket, if it is what it seems.
    /// @return why the branch ends there, in the row that was added last, if it does
    virtual std::optional<stop_reason> meet(walk& along, const bracket& seen) = 0;

    /// Writes down the end of the branch, with a row.
    /// @return false if this kind of curve gives its ends no point
    virtual bool end(walk& /*along*/, double /*arc*/, const curve_point& /*at*/) { return false; }

    /// Whether the last step is one to go on from; else it is taken back and halved.
    [[nodiscard]] virtual bool trusts(walk& /*along*/) { return true; }

    /// Whether the last step went beyond an end of the curve's own, which is written down then.
    virtual std::optional<stop_reason> overruns(walk& /*along*/) { return std::nullopt; }

    /// Whether what is followed is still there; else the branch ends before it, singular.
    [[nodiscard]] virtual bool holds(const curve_point& /*at*/) { return true; }

    /// Whether the curve crosses another one in the last step, along which the regularity changed
    /// its sign; else it jumped over a gap. Here: if the points on both sides of the change come
    /// together as those of a smooth curve do.
    [[nodiscard]] virtual bool crosses(walk& along);

    /// Whether the last step ended on another kind of curve, which no point of this one lies on: it
    /// is taken back.
    [[nodiscard]] virtual bool strays(walk& /*along*/) { return false; }

    /// After a row was written: takes new borders, or a new mesh (see walk::rebased), if it goes
    /// on.
    /// @return why the branch ends here, if it does
    virtual std::optional<stop_reason> kept(walk& /*along*/, bool /*goes_on*/) {
        return std::nullopt;
    }

    /// What tells points of the curve apart, whatever their mesh and phase.
    /// @param to  overwritten
    virtual void mark(const curve_point& at, Eigen::VectorXd& to) { to = at.u; }
};

/// Follows a curve of some kind one way, from where a tracer stands, until something ends it.
///
/// After each step, in this order: whether the kind trusts it, an end of the curve's own, the
/// window's edge (landed on, or else approached by halved steps), a jump to another branch (taken
/// back), whether the curve comes back to its first point (where it is cut then), events, and the
/// point's row.
/// @source  the iterator and locateEvent! of BifurcationKit.jl
/// @cost    that of the tracer's steps, of the tests and of the rows
class walk {
public:
    /// All arguments must outlive the walk. The first point's row is the caller's to write.
    walk(walk_kind& kind, tracer& trace, recorder& rows, const continuation_options& options,
         const watch& progress)
        : kind_(kind),
          trace_(trace),
          rows_(rows),
          options_(options),
          watch_(progress),
          events_(trace, kind.tests()) {}

    /// Reports each point; ends as `stopped` within a step if the watch asks for it.
    stop_reason go();

    // For the kind, while it is followed:

    [[nodiscard]] tracer& trace() noexcept { return trace_; }
    [[nodiscard]] recorder& rows() noexcept { return rows_; }
    [[nodiscard]] const recorder& rows() const noexcept { return rows_; }
    [[nodiscard]] double arc() const noexcept { return events_.arc(); }  ///< up to the last look

    /// What vanishes in a bracket.
    [[nodiscard]] const test_function& test(const bracket& seen) const {
        return events_.test(seen.test);
    }
    /// Where it vanishes, nothing if it only jumps or Newton's method fails.
    [[nodiscard]] std::optional<curve_point> locate(const bracket& seen) {
        return trace_.locate(seen.a, seen.b, test(seen).value);
    }
    /// Meets the events on the way to a point of the last step. @return as walk_kind::meet
    std::optional<stop_reason> pass(const curve_point& to, bool last = false);

    /// Whether a point lies outside the window.
    [[nodiscard]] bool is_outside(const Eigen::VectorXd& u) const;

    /// To be called when the tracer was started anew amid the curve, with other unknowns. A pair of
    /// events that hides in the steps just before and after is not found then.
    void rebased() { events_.restart(trace_.current()); }

private:
    stop_reason end(const curve_point& at, stop_reason why);
    bool land_on_edge();
    bool leads_out(const curve_point& at, double slack) const;
    bool jumped();
    bool smooth_between();
    bool comes_back();
    std::optional<stop_reason> keep(bool on_edge, bool closes);

    walk_kind& kind_;
    tracer& trace_;
    recorder& rows_;
    const continuation_options& options_;
    const watch& watch_;
    event_finder events_;
    std::size_t steps_ = 0;
    Eigen::VectorXd first_, way_;    // the first mark, and the way from it
    Eigen::VectorXd last_, before_;  // the newest mark, and the one before it
    std::vector<double> row_;        // of the newest point
};

}  // namespace moebius
