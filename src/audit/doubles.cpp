// SPDX-License-Identifier: MIT
#include "doubles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/model/cell_field.hpp>
#include <numeric>

#include "solved_state.hpp"
#include "whole_jacobian.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double chord = 0.2;        // state scales that a chord may be off its curve
constexpr double near_curve = 1e-4;  // of the window and of state scales: a chord is that exact
constexpr double more = 4;           // residual between two roots, against that of both
constexpr double rounded = 1e-14;    // residual that rounding leaves
constexpr std::size_t tried = 5;     // rows of a branch that are looked for on others
constexpr std::size_t enough = 3;    // of them on another branch: it is the same one

/// The names of cells aside, where a point stands: what varies in shares of the window, then the
/// state in its scale.
VectorXd place_of(const claim& of, const whole_space& in, const whole_point& here) {
    const VectorXd x = in.sorted(here.x) / in.unit();
    VectorXd out(x.size() + static_cast<Index>(of.ranges.size()));
    for (std::size_t i = 0; i < of.ranges.size(); ++i)
        out[static_cast<Index>(i)] = (here.at.parameters[in.varied()[i]] - of.ranges[i].from) /
                                     (of.ranges[i].to - of.ranges[i].from);
    out.tail(x.size()) = x;
    return out;
}

bool one_place(const VectorXd& a, const VectorXd& b, double within) {
    return (a - b).cwiseAbs().maxCoeff() <= within * (1 + a.cwiseAbs().maxCoeff());
}

/// Whether two equilibria that are near each other are two: between two roots f leaves zero, and it
/// does not between two approximations of one.
bool are_two(const whole_space& in, const whole_point& a, const whole_point& b) {
    const auto residual = [&](const whole_point& at) {
        return whole_slopes(at).residual(at.x, in.unit());
    };
    whole_point middle{a.at, (a.x + b.x) / 2};
    for (const std::size_t k : in.varied())
        middle.at.parameters[k] = std::midpoint(a.at.parameters[k], b.at.parameters[k]);
    return residual(middle) > more * std::max({residual(a), residual(b), rounded});
}

whole_point sorted(const whole_space& in, whole_point of) {
    of.x = in.sorted(of.x);
    return of;
}

void judge_points(const claim& of, const whole_space& in, const audit_options& options, tally& to,
                  const watch& watched) {
    // a point in which curves of two kinds meet stands on both
    std::map<int, std::string_view> kinds;
    for (const auto& curve : of.data.branches) kinds.emplace(curve.id, curve.kind);
    const auto kind_of = [&](const special_point& point) {
        const auto on = kinds.find(point.branch);
        return on == kinds.end() ? std::string_view() : on->second;
    };
    std::vector<std::pair<const special_point*, VectorXd>> known;
    for (const auto& point : of.data.special_points) {
        if (watched.stopping()) throw interrupted("audit");
        if (point.cycle) continue;
        VectorXd here;
        try {
            here = place_of(of, in, in.point(point));
        } catch (const invalid_argument&) {
            continue;  // told as a point
        }
        const auto twin = std::find_if(known.begin(), known.end(), [&](const auto& other) {
            return other.first->type == point.type && kind_of(*other.first) == kind_of(point) &&
                   one_place(here, other.second, options.place) &&
                   !are_two(in, sorted(in, in.point(point)), sorted(in, in.point(*other.first)));
        });
        if (twin == known.end())
            to.right("double points");
        else
            to.wrong("double points",
                     fmt::format("{} is {} again", point.label, twin->first->label));
        known.emplace_back(&point, std::move(here));
    }
}

/// Rows in the middle of a branch, away from its ends and the points on it.
std::vector<std::size_t> middle_rows(const branch& curve) {
    std::vector<std::size_t> rows;
    const std::size_t count = curve.columns.rows();
    for (std::size_t k = 1; k <= tried; ++k)
        if (const std::size_t row = k * count / (tried + 1); row > 0 && row + 1 < count)
            rows.push_back(row);
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

/// Between which rows a branch passes a value, and at what share of the way.
std::vector<std::pair<std::size_t, double>> crossings(const branch& curve, double value) {
    std::vector<std::pair<std::size_t, double>> out;
    const auto& p = curve.columns.columns[0];
    for (std::size_t row = 0; row + 1 < p.size(); ++row) {
        const double low = std::min(p[row], p[row + 1]), high = std::max(p[row], p[row + 1]);
        if (value < low || value > high || low == high) continue;
        out.emplace_back(row, (value - p[row]) / (p[row + 1] - p[row]));
    }
    return out;
}

std::vector<double> chord_state(const whole_space& in, const branch& curve, std::size_t row,
                                double share) {
    auto x = in.state(curve, row);
    const auto next = in.state(curve, row + 1);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::lerp(x[i], next[i], share);
    return x;
}

/// Whether one cell tells that a chord is out of reach of a state, where none may be renamed:
/// thousands of branches are held against one another.
bool one_cell_is_off(const whole_space& in, const branch& curve, std::size_t row, double share,
                     const VectorXd& x, double reach) {
    if (in.may_rename()) return false;
    const std::size_t groups = in.cells() == 0 ? 0 : curve.groups.size();
    for (std::size_t k = 0; k < in.states_on(curve.groups); ++k) {
        const auto& column = curve.columns.columns[in.varied().size() + k];
        const std::size_t i =
            groups == 0 ? k : k / groups * in.cells() + curve.groups.groups[k % groups].front();
        const double near = std::lerp(column[row], column[row + 1], share);
        if (std::abs(near - x[static_cast<Index>(i)]) > reach) return true;
    }
    return false;
}

/// Whether a branch over two parameters passes a point: how near its chords come, in the window.
bool comes_near(const claim& of, const whole_space& in, const branch& other,
                const whole_point& point) {
    const VectorXd x = place_of(of, in, point);
    VectorXd last;
    for (std::size_t row = 0; row < other.columns.rows(); ++row) {
        const VectorXd next = place_of(of, in, in.row(other, row));
        if (row > 0) {
            const VectorXd along = next - last;
            const double share =
                std::clamp((x - last).dot(along) / std::max(along.squaredNorm(), 1e-300), 0.0, 1.0);
            if (one_place(x, last + share * along, near_curve)) return true;
        }
        last = next;
    }
    return false;
}

bool agree(const whole_space& in, const VectorXd& x, std::size_t a, std::size_t b, double within) {
    const auto cells = static_cast<Index>(in.cells());
    for (Index kind = 0; kind < x.size() / cells; ++kind)
        if (std::abs(x[kind * cells + static_cast<Index>(a)] -
                     x[kind * cells + static_cast<Index>(b)]) > within)
            return false;
    return true;
}

/// The point at which two cells go by each other's name.
whole_point swapped(const whole_space& in, whole_point of, std::size_t a, std::size_t b) {
    const auto cells = static_cast<Index>(in.cells());
    for (Index first = 0; first < of.x.size(); first += cells)
        std::swap(of.x[first + static_cast<Index>(a)], of.x[first + static_cast<Index>(b)]);
    return of;
}

/// Two groups of alike cells that agree in all these rows: the branch is one of coarser groups.
std::string coarser(const whole_space& in, const branch& curve,
                    const std::vector<whole_point>& rows, double within) {
    if (in.cells() == 0 || rows.empty()) return {};
    const auto owner = group_of_members(in.alike());
    const auto& groups = curve.groups.groups;
    for (std::size_t i = 0; i < groups.size(); ++i)
        for (std::size_t j = i + 1; j < groups.size(); ++j) {
            const std::size_t a = groups[i].front(), b = groups[j].front();
            const auto one = [&](const whole_point& row) {
                return agree(in, row.x, a, b, within) && !are_two(in, row, swapped(in, row, a, b));
            };
            if (owner[a] == owner[b] && std::all_of(rows.begin(), rows.end(), one))
                return fmt::format(
                    "branch {} is one of coarser groups: cells {} and {} agree on it", curve.id,
                    a + 1, b + 1);
        }
    return {};
}

std::string copy_of(const claim& of, const whole_space& in, std::size_t index,
                    const std::vector<whole_point>& rows, const audit_options& options,
                    const watch& watched) {
    const branch& curve = of.data.branches[index];
    for (std::size_t j = 0; j < index; ++j) {
        if (watched.stopping()) throw interrupted("audit");
        const branch& other = of.data.branches[j];
        if (other.kind != curve.kind) continue;
        const auto shared = static_cast<std::size_t>(
            std::count_if(rows.begin(), rows.end(), [&](const whole_point& row) {
                return of.ranges.size() == 1 ? passes(in, other, row, options)
                                             : comes_near(of, in, other, row);
            }));
        if (shared >= std::min(enough, rows.size()))
            return fmt::format("branch {} lies on branch {}", curve.id, other.id);
    }
    return {};
}

}  // namespace

bool passes(const whole_space& in, const branch& other, const whole_point& point,
            const audit_options& options) {
    const double value = point.at.parameters[in.varied()[0]];
    const VectorXd& x = point.x;
    const double reach = chord * in.unit() + 1e-2 * x.cwiseAbs().maxCoeff();
    for (const auto& [row, share] : crossings(other, value)) {
        if (one_cell_is_off(in, other, row, share, x, reach)) continue;
        const auto state = chord_state(in, other, row, share);
        const VectorXd near = in.sorted(in.expanded(other.groups, state));
        if ((near - x).cwiseAbs().maxCoeff() > reach) continue;
        const auto there = solved_on_groups(in, other.groups, value, state, reach);
        if (!there) continue;
        const VectorXd other_x = in.sorted(in.expanded(other.groups, view(*there)));
        if (one_place(other_x / in.unit(), x / in.unit(), options.place) &&
            !are_two(in, {point.at, other_x}, point))
            return true;
    }
    return false;
}

std::vector<passing> passings(const whole_space& in, const branch& curve, double value) {
    std::vector<passing> out;
    for (const auto& [row, share] : crossings(curve, value))
        out.push_back({row, chord_state(in, curve, row, share)});
    return out;
}

std::optional<VectorXd> solved_on_groups(const whole_space& in, const grouping& groups,
                                         double value, std::span<const double> state,
                                         double within) {
    problem at = in.at(std::vector<double>(1, value));
    if (in.cells() > 0 && groups.size() > 0) at = regrouped(at, groups);
    const VectorXd start = VectorXd::Map(state.data(), static_cast<Index>(state.size()));
    const auto end = solved_state(at, start);
    if (!end || (end.u - start).cwiseAbs().maxCoeff() > within) return std::nullopt;
    return end.u;
}

void judge_doubles(const claim& of, const whole_space& in, const audit_options& options, tally& to,
                   const watch& watched) {
    judge_points(of, in, options, to, watched);
    for (std::size_t i = 0; i < of.data.branches.size(); ++i) {
        if (watched.stopping()) throw interrupted("audit");
        const branch& curve = of.data.branches[i];
        if (is_of_cycles(curve.kind)) continue;
        std::vector<whole_point> rows;
        for (const std::size_t row : middle_rows(curve)) rows.push_back(in.row(curve, row));
        std::string fault;  // a start may have let cells go their own way that agree
        if (of.ranges.size() == 1 && of.whole)
            fault = coarser(in, curve, rows, options.place * in.unit());
        if (of.ranges.size() == 1)
            for (auto& row : rows) row.x = in.sorted(row.x);
        if (fault.empty() && !rows.empty()) fault = copy_of(of, in, i, rows, options, watched);
        to.judge("double branches", std::move(fault));
    }
}

}  // namespace moebius
