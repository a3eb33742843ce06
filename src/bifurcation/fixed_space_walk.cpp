// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/spectrum.hpp>
#include <stdexcept>

#include "fixed_space.hpp"
#include "spectral_tests.hpp"

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr double next_to_joint = 1e-2;  // scaled distance; steps halve on the way there
constexpr double straight = 0.9;        // the cosine of a way that leads there
constexpr Index most_for_dips = 32;     // states; a determinant of more costs, and may underflow

const test_function regularity{point_type::BP, [](const curve_point& at) { return at.regularity; }};

}  // namespace

/// Steps until something ends the branch; the tracer stands on its first point.
stop_reason fixed_space::go(tracer& trace, recorder& rows) {
    end_was_known_ = end_joins_ = false;
    before_.reset();
    passed_.clear();
    oscillations_.clear();
    const auto& first = trace.current();
    if (!is_real() && first.regularity != 0) {  // else an arm at its point
        evaluate(first.u);
        before_ = counted_here(first);
    }
    const auto why = walk(*this, trace, rows, options_, watch_).go();
    return end_joins_ ? stop_reason::branch_point : why;
}

test_function fixed_space::test_of(watched kind, std::size_t group) {
    switch (kind) {
        case watched::join:
            return {point_type::BP, [this, pair = pairs_[group]](const curve_point& at) {
                        return apart(at.u, pair);
                    }};
        case watched::crossing:
            return {point_type::BP, [this](const curve_point& at) {
                        return std::copysign(dip_of(at), at.regularity);
                    }};
        case watched::turn:
            return {point_type::LP, [n = n_](const curve_point& at) { return at.tangent[n]; }};
        case watched::oscillation:
            return {point_type::HB, [this](const curve_point& at) {
                        evaluate(at.u);
                        if (curve_.terms().is_symmetric()) return 1.0;  // it has no pair
                        return pair_test(curve_.terms().spectrum()).value;
                    }};
        case watched::split:
            return {point_type::BP, [this, group](const curve_point& at) {
                        return within(at, group).determinant();
                    }};
        case watched::oscillation_within:
            return {point_type::HB, [this, group](const curve_point& at) {
                        return pair_test(eigenvalues(within(at, group))).value;
                    }};
    }
    throw std::logic_error("fixed_space: a test of no kind");
}

/// One for each entry of watched_, and the user's own.
std::vector<test_function> fixed_space::tests() {
    std::vector<test_function> result;
    for (const auto& [kind, group] : watched_) result.push_back(test_of(kind, group));
    if (options_.stop_at)
        result.push_back({point_type::EP, [this](const curve_point& at) {
                              curve_.units().unscale(at.u, x_, p_);
                              return options_.stop_at(x_, p_);
                          }});
    return result;
}

/// |det f_x|: near a pair of branch points it dips, where the regularity may jump between -1 and 1.
double fixed_space::dip_of(const curve_point& at) {
    if (at.regularity == 0) return 0;  // where an arm leaves its branch point
    if (n_ > most_for_dips || curve_.terms().spectrum_is_real()) return std::abs(at.regularity);
    evaluate(at.u);
    return std::abs(curve_.terms().determinant());
}

/// The Jacobian on what differs within a group.
Eigen::MatrixXd fixed_space::within(const curve_point& at, std::size_t group) {
    const cell_field& cells = *base().model->cells();
    const auto k = static_cast<Index>(cells.cell_states());
    Eigen::MatrixXd block(k, k);
    curve_.units().unscale(at.u, x_, p_);
    cells.within(x_, p_, group, view(block));
    return block;
}

void fixed_space::row(const walk& along, const curve_point& at, std::vector<double>& to) {
    if (!is_real()) count_here(at, here_);
    along.rows().row(at.u, extras_of_last_evaluation(), to);
}

bool fixed_space::end(walk& along, double arc, const curve_point& at) {
    end_was_known_ = known_.is_end(at.u);
    if (const auto found = joint_on_edge(at.u)) {
        join(found->u, found->pair, apart(at.u, found->pair) > 0 ? 1 : -1, arc, along.rows());
        way_.push_back(found->u);
        return end_joins_ = true;
    }
    cross_at_end(at, arc, along.rows());
    record_end(along.rows(), arc, at.u);
    return true;
}

/// Whether the branch ends in a known point of several zeros, which steps would only creep towards.
bool fixed_space::runs_into_joint(walk& along) {
    const curve_point& at = along.trace().current();
    for (const VectorXd& u : multiple_) {
        const VectorXd ahead = u - at.u;
        const double distance = ahead.norm();
        if (distance > next_to_joint || ahead.dot(at.tangent) < straight * distance) continue;
        along.rows().add(along.arc() + (u - along.trace().previous().u).norm(), u, extras_at(u));
        std::erase_if(arms_, [&](const arm& a) {  // this way was just come along
            return (a.u - u).norm() < same_point && a.tangent.dot(at.tangent) < -straight;
        });
        return true;
    }
    return false;
}

std::optional<stop_reason> fixed_space::overruns(walk& along) {
    if (runs_into_joint(along)) return stop_reason::branch_point;
    const VectorXd& u = along.trace().current().u;
    if (along.is_outside(u)) return std::nullopt;  // the window's edge comes first
    if (u.head(n_).lpNorm<Eigen::Infinity>() <= options_.max_state) return std::nullopt;
    end(along, along.arc(), along.trace().previous());
    return stop_reason::left_box;
}

bool fixed_space::crosses(walk& along) {
    const auto &a = along.trace().previous(), &b = along.trace().current();
    return find_crossing(a, b, along) || !find_joint(a, b).empty();
}

std::optional<stop_reason> fixed_space::kept(walk& along, bool /*goes_on*/) {
    way_.push_back(along.trace().current().u);
    if (is_real()) return std::nullopt;
    explain_step(along);
    if (before_)
        std::swap(*before_, here_);
    else
        before_ = here_;
    passed_.clear();
    return std::nullopt;
}

/// The branch point between two neighbours of a branch, if there is one. It is asked for twice: of
/// a change of sign, whether that is a jump, and when its row is kept.
std::optional<crossing> fixed_space::find_crossing(const curve_point& a, const curve_point& b,
                                                   walk& along) {
    if (sought_.from.size() == 0 || sought_.from != a.u || sought_.to != b.u)
        sought_ = {a.u, b.u, seek_crossing(a, b, along)};
    return sought_.found;
}

std::optional<crossing> fixed_space::seek_crossing(const curve_point& a, const curve_point& b,
                                                   walk& along) {
    const double before = std::abs(a.regularity), after = std::abs(b.regularity);
    const VectorXd guess = a.u + before / (before + after) * (b.u - a.u);
    auto found = find_branch_point(curve_, guess);
    if (found && lies_between(a, b, found->u)) return found;
    const auto at = along.trace().locate(a, b, regularity.value);
    if (!at) return std::nullopt;
    found = find_branch_point(curve_, at->u);
    if (found && lies_between(a, b, found->u)) return found;
    return std::nullopt;
}

/// Where several eigenvalues cross at once. Cells have groups for that.
std::vector<joint_crossing> fixed_space::find_joint(const curve_point& a, const curve_point& b) {
    if (n_ < 2 || curve_.terms().is_structured() || base().model->cells()) return {};
    return find_joint_crossings(curve_, a, b);
}

std::optional<stop_reason> fixed_space::meet(walk& along, const bracket& seen) {
    const auto [kind, group] = watched_.at(seen.test);
    if (kind == watched::join) return handle_join(along, seen, pairs_[group]);
    if (kind == watched::crossing) return handle_crossing(along, seen);
    const auto at = along.locate(seen);
    if (!at) return std::nullopt;
    if (kind == watched::turn) handle_turn(seen, *at, along.rows());
    if (kind == watched::split) handle_split(seen, *at, group, along.rows());
    if (kind == watched::oscillation) {
        evaluate(at->u);
        const double omega = pair_test(curve_.terms().spectrum()).frequency();
        handle_oscillation(seen, *at, omega, {}, along.rows());
    }
    if (kind == watched::oscillation_within) {
        const double omega = pair_test(eigenvalues(within(*at, group))).frequency();
        handle_oscillation(seen, *at, omega, group, along.rows());
    }
    return std::nullopt;
}

}  // namespace moebius
