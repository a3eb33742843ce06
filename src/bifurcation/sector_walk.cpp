// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/spectrum.hpp>

#include "sector.hpp"
#include "spectral_tests.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double low = 0, high = scaling::whole;  // of the scaled parameter
constexpr std::size_t watch_every = 256;

/// Whether the last step passes the first point of the branch.
bool comes_back(const tracer& trace, const VectorXd& first) {
    const VectorXd& a = trace.previous().u;
    const VectorXd along = trace.current().u - a;
    const double share = (first - a).dot(along) / along.squaredNorm();
    return share >= 0 && share <= 1 && (a + share * along - first).norm() < 0.1 * along.norm();
}

}  // namespace

/// Why the step that was just tried cannot be kept, if so.
std::optional<stop_reason> sector::trouble(tracer& trace, step_status status) const {
    if (status == step_status::not_finite) return stop_reason::not_finite;
    if (status == step_status::too_small) return stop_reason::step_too_small;
    if (trace.current().u.head(n_).lpNorm<Eigen::Infinity>() > options_.max_state)
        return stop_reason::left_box;
    return std::nullopt;
}

/// Steps until something ends the branch; the tracer stands on its first point.
stop_reason sector::go(tracer& trace, recorder& rows) {
    end_was_known_ = false;
    event_finder events(trace, tests());
    events.begin(trace.current());
    const VectorXd first = trace.current().u;
    while (rows.rows() + 1 < options_.max_points) {
        if (rows.rows() % watch_every == 0 && watch_.stopping()) throw interrupted("diagram");
        if (const auto why = trouble(trace, trace.advance())) {
            const bool stepped =
                *why == stop_reason::left_box;  // the last good point is the one before
            return end_here(rows, events.arc(), (stepped ? trace.previous() : trace.current()).u,
                            *why);
        }
        const double p = trace.current().u[n_];
        const bool outside = p < low || p > high;
        if (outside && !trace.land(n_, p < low ? low : high))
            return end_here(rows, events.arc(), trace.previous().u, stop_reason::step_too_small);
        const bool on_edge = outside || p == low || p == high;
        if (jumped(trace)) {
            if (trace.retreat()) continue;
            return end_here(rows, events.arc(), trace.current().u, stop_reason::step_too_small);
        }
        // Only the row of the tracer's own last evaluation is free, so it is taken first.
        const VectorXd here = trace.current().u;
        const auto row = extras_of_last_evaluation();
        for (const auto& seen : events.look(trace.current())) {
            if (seen.type == point_type::EP)
                if (const auto at = trace.locate(seen.a, seen.b, events.test(seen.test).value))
                    return end_here(rows, seen.arc + (at->u - seen.a.u).norm(), at->u,
                                    stop_reason::stop_event);
            if (!handle(seen, events, trace, rows)) return stop_reason::branch_point;
        }
        if (on_edge) return end_here(rows, events.arc(), here, stop_reason::range_end);
        rows.add(events.arc(), here, row);
        way_.push_back(here);
        if (rows.rows() > 4 && (here - first).norm() < trace.step() && comes_back(trace, first))
            return stop_reason::closed;
    }
    return end_here(rows, events.arc(), trace.current().u, stop_reason::max_points);
}

/// One for each entry of watched_, and the user's own.
std::vector<test_function> sector::tests() {
    std::vector<test_function> result;
    for (const auto& [kind, group] : watched_) {
        switch (kind) {
            case watched::crossing:
                result.push_back(
                    {point_type::BP, [](const curve_point& at) { return at.regularity; }});
                break;
            case watched::turn:
                result.push_back(
                    {point_type::LP, [n = n_](const curve_point& at) { return at.tangent[n]; }});
                break;
            case watched::oscillation:
                result.push_back(
                    {point_type::HB, [this](const curve_point& at) {
                         extras_at(at.u);
                         return pair_test(eigenvalues(curve_.terms().jacobian())).value;
                     }});
                break;
            case watched::split:
                result.push_back({point_type::BP, [this, g = group](const curve_point& at) {
                                      return within(at, g).determinant();
                                  }});
                break;
            case watched::oscillation_within:
                result.push_back({point_type::HB, [this, g = group](const curve_point& at) {
                                      return pair_test(eigenvalues(within(at, g))).value;
                                  }});
                break;
        }
    }
    if (options_.stop_at)
        result.push_back({point_type::EP, [this](const curve_point& at) {
                              curve_.units().unscale(at.u, x_, p_);
                              return options_.stop_at(x_, p_);
                          }});
    return result;
}

/// The Jacobian on what differs within a group.
Eigen::MatrixXd sector::within(const curve_point& at, std::size_t group) {
    const cell_field& cells = *base().model->cells();
    const auto k = static_cast<Index>(cells.cell_states());
    Eigen::MatrixXd block(k, k);
    curve_.units().unscale(at.u, x_, p_);
    cells.within(x_.data(), p_.data(), group, block.data());
    return block;
}

/// Whether the last step changed the sign of the regularity without passing a branch point: then
/// it crossed the gap of an imperfect one, onto another branch.
bool sector::jumped(tracer& trace) {
    const double before = trace.previous().regularity, after = trace.current().regularity;
    if (before == 0 || after == 0 || (before > 0) == (after > 0)) return false;
    return !find_crossing(trace.previous(), trace.current(), trace,
                          [](const curve_point& at) { return at.regularity; });
}

/// The branch point between two neighbours of a branch, if there is one.
std::optional<crossing> sector::find_crossing(
    const curve_point& a, const curve_point& b, tracer& trace,
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

/// Locates and notes what a test function saw.
/// @return false if the branch ends there, in a branch point known before
bool sector::handle(const bracket& seen, const event_finder& events, tracer& trace,
                    recorder& rows) {
    const auto [kind, group] = watched_.at(seen.test);
    if (kind == watched::crossing) return handle_crossing(seen, events, trace, rows);
    const auto at = trace.locate(seen.a, seen.b, events.test(seen.test).value);
    if (!at) return true;
    if (kind == watched::turn) handle_turn(seen, *at, rows);
    if (kind == watched::split) handle_split(seen, *at, group, rows);
    if (kind == watched::oscillation || kind == watched::oscillation_within)
        handle_oscillation(
            seen, *at, kind == watched::oscillation ? std::nullopt : std::optional(group), rows);
    return true;
}

}  // namespace moebius
