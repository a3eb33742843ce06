// SPDX-License-Identifier: MIT
#include "fixed_space.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/bifurcation_curve.hpp>
#include <moebius/model/cell_field.hpp>
#include <utility>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double nowhere = 1e-4;  // scaled length up to which a way out leads nowhere

}  // namespace

fixed_space::fixed_space(const problem& first, const problem& base, const parameter_range& range,
                         const continuation_options& options, double copies, diagram& result,
                         const watch& progress)
    : first_(first),
      curve_(base, range),
      range_(range),
      options_(options),
      copies_(copies),
      result_(result),
      watch_(progress),
      n_(curve_.unknowns() - 1),
      f_(n_),
      x_(base.model->dimension()),
      p_(base.parameters) {
    const cell_field* cells = base.model->cells();
    if (cells) pairs_ = joinable(first.model->cells()->groups(), cells->groups());
    for (std::size_t k = 0; k < pairs_.size(); ++k) watched_.push_back({watched::join, k});
    watched_.push_back({watched::crossing, 0});
    watched_.push_back({watched::turn, 0});
    // Diagonal plus low rank, as loads that respond to scores alone, has real eigenvalues.
    if (n_ > 1 && !curve_.terms().spectrum_is_real()) watched_.push_back({watched::oscillation, 0});
    if (!cells) return;
    for (std::size_t g = 0; g < cells->groups().size(); ++g) {
        if (cells->groups().groups[g].size() < 2) continue;
        watched_.push_back({watched::split, g});
        if (cells->cell_states() > 1) watched_.push_back({watched::oscillation_within, g});
    }
}

void fixed_space::follow_arms() {
    while (!arms_.empty()) {
        if (watch_.stopping()) throw interrupted("diagram");
        arm next = arms_.front();
        arms_.pop_front();
        if (next.depth > options_.depth) {
            ++result_.search.too_deep;
            continue;
        }
        depth_ = next.depth;
        tracer trace(curve_, options_);
        trace.start_with_tangent(next.u, next.tangent);
        recorder rows = new_recorder();
        branch made = begin_branch(next.label);
        made.first = stop_reason::branch_point;
        if (next.standing) {
            rows.add(0, next.u, extras_at(next.u), *next.standing);
        } else {
            rows.add(0, next.u, extras_at(next.u));
        }
        way_.assign(1, next.u);
        const std::size_t first_point = result_.special_points.size();
        const stop_reason end = go(trace, rows);
        // It leaves the window at once, or ends where a branch known before does.
        if (rows.rows() < 2 || end_was_known_ || leads_nowhere(end)) {
            if (end == stop_reason::step_too_small && !end_was_known_) ++result_.search.lost;
            splittings_.clear();
            continue;
        }
        finish(rows, made, end);
        if (!next.standing) continue;
        for (auto& other : arms_)  // the point has its row and its label now
            if ((other.u - next.u).norm() < same_point) {
                other.standing.reset();
                other.label = result_.special_points[first_point].label;
            }
    }
}

/// Whether a way out of a branch point on the window's edge led outside.
bool fixed_space::leads_nowhere(stop_reason end) const {
    return (end == stop_reason::range_end || end_joins_) &&
           (way_.back() - way_.front()).norm() < nowhere;
}

branch fixed_space::begin_branch(const std::string& from) const {
    branch made = new_branch(result_, "equilibrium", from, base());
    made.copies = copies_;
    return made;
}

recorder fixed_space::new_recorder() const {
    static constexpr std::array<std::string_view, 3> extras{"eigenvalue", "stable", "n_unstable"};
    return {curve_.base(), curve_.units(), extras};
}

void fixed_space::finish(recorder& rows, branch& made, stop_reason end) {
    made.last = end;
    rows.finish(made, result_);
    known_.add_branch(std::move(way_));
    way_.clear();
    name_what_was_met();
}

/// Branch points get their labels when the branch is finished; arms and splittings wait for them.
void fixed_space::name_what_was_met() {
    const auto label_at = [&](const VectorXd& u) {
        for (const auto& point : result_.special_points)
            if ((point.type == point_type::BP || point.type == point_type::BT) &&
                point.state.size() == x_.size() &&
                (!base().model->cells() || point.groups == base().model->cells()->groups()) &&
                (curve_.units().scale(point.state, point.parameters) - u).norm() < same_point)
                return point.label;
        return std::string{};
    };
    for (auto& met : known_.crossings()) {
        if (!met.label.empty()) continue;
        met.label = label_at(met.u);
        for (const auto& way : met.ways) arms_.push_back({met.label, met.u, way, depth_ + 1, {}});
    }
    for (auto& met : splittings_) {
        met.what.label = label_at(met.u);
        ready_.push_back(std::move(met.what));
    }
    splittings_.clear();
}

/// An EP with its row.
void fixed_space::record_end(recorder& rows, double arc, const VectorXd& u) {
    known_.add_end(u);
    split_at_end(u, arc, rows);
    rows.add(arc, u, extras_at(u), point_here(point_type::EP, u));
}

special_point fixed_space::point_here(point_type type, const VectorXd& u) {
    curve_.units().unscale(u, x_, p_);
    return point_at(*base().model, type, x_, p_);
}

void fixed_space::evaluate(const VectorXd& u) { static_cast<void>(curve_.linearize(u, f_)); }

std::array<double, 3> fixed_space::extras_at(const VectorXd& u) {
    evaluate(u);
    return extras_of_last_evaluation();
}

std::array<double, 3> fixed_space::extras_of_last_evaluation() {
    auto found = curve_.stability_here();
    for (const auto& block : blocks_within(*base().model, curve_.state(), curve_.parameters()))
        if (block.times > 0) count_in(block, found);
    return {found.leading.front().real(), found.n_unstable == 0 ? 1.0 : 0.0,
            static_cast<double>(found.n_unstable)};
}

}  // namespace moebius
