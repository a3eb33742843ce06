// SPDX-License-Identifier: MIT
// Orbits of a map, each by one of its points.
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/iterated_map.hpp>
#include <optional>
#include <utility>

#include "known_points.hpp"

namespace moebius {
namespace {

using Eigen::VectorXd;

constexpr double same_iterate = 1e-6;  // of a state and its scale, within which two iterates agree

/// Keeps of a diagram of the n-th iterate what has least period n, each orbit once.
class orbit_sieve {
public:
    orbit_sieve(const problem& base, const map_rule& rule, const parameter_range& range,
                diagram& of)
        : base_(base), rule_(rule), range_(range), of_(of) {}

    void sift() {
        diagram kept;
        kept.search = of_.search;
        for (const branch& along : of_.branches)
            for (const auto& [first, last] : pieces(along))
                if (!is_image(along, (first + last + 1) / 2)) keep(along, first, last, kept);
        name(kept);
        of_ = std::move(kept);
    }

private:
    using piece = std::pair<std::size_t, std::size_t>;  // first and last row

    /// f on the groups and at the parameter of a row.
    [[nodiscard]] problem at_row(const branch& along, std::size_t row) const {
        problem at = base_;
        if (at.model->cells()) at = regrouped(at, along.groups);
        at.parameters[at.index_of(range_.name)] = along.columns.at(range_.name)[row];
        return at;
    }

    [[nodiscard]] static std::vector<double> state(const problem& at, const branch& along,
                                                   std::size_t row) {
        std::vector<double> x;
        for (const auto word : at.model->state_names()) x.push_back(along.columns.at(word)[row]);
        return x;
    }

    /// Whether the period of a row is a proper divisor of n.
    [[nodiscard]] bool is_shorter(const branch& along, std::size_t row) const {
        const problem at = at_row(along, row);
        const auto orbit = orbit_of_map(at, rule_.step, state(at, along, row), rule_.period);
        const double scale = at.model->state_scale(at.parameters);
        for (std::size_t k = 1; k < orbit.size(); ++k) {
            if (rule_.period % k != 0) continue;
            double off = 0;
            for (std::size_t i = 0; i < orbit[0].size(); ++i)
                off = std::max(
                    off, std::abs(orbit[k][i] - orbit[0][i]) / (scale + std::abs(orbit[0][i])));
            if (off < same_iterate) return true;
        }
        return false;
    }

    /// Rows of least period n, each run with the points of shorter periods at its ends.
    [[nodiscard]] std::vector<piece> pieces(const branch& along) const {
        std::vector<bool> shorter;
        for (std::size_t row = 0; row < along.columns.rows(); ++row)
            shorter.push_back(is_shorter(along, row));
        std::vector<piece> found;
        for (std::size_t row = 0; row < shorter.size(); ++row) {
            if (shorter[row]) continue;
            const std::size_t first = row > 0 ? row - 1 : row;
            while (row + 1 < shorter.size() && !shorter[row + 1]) ++row;
            found.emplace_back(first, row + 1 < shorter.size() ? row + 1 : row);
        }
        return found;
    }

    /// Whether a later point of the orbit lies on a branch that is kept.
    [[nodiscard]] bool is_image(const branch& along, std::size_t row) {
        const auto known = known_.find(along.groups.groups);
        if (known == known_.end()) return false;
        const problem at = at_row(along, row);
        equilibrium_curve curve(iterated(at, rule_.step, rule_.period), range_);
        const auto orbit = orbit_of_map(at, rule_.step, state(at, along, row), rule_.period);
        return std::any_of(orbit.begin() + 1, orbit.end(), [&](const auto& x) {
            return known->second.is_on_branch(curve.units().scale(x, at.parameters), curve);
        });
    }

    void keep(const branch& along, std::size_t first, std::size_t last, diagram& kept) {
        branch made = along;
        made.id = static_cast<int>(kept.branches.size()) + 1;
        for (auto& column : made.columns.columns)
            column = std::vector<double>(column.begin() + static_cast<std::ptrdiff_t>(first),
                                         column.begin() + static_cast<std::ptrdiff_t>(last) + 1);
        if (first > 0) made.first = stop_reason::branch_point;
        if (last + 1 < along.columns.rows()) made.last = stop_reason::branch_point;
        const scaling units(at_row(along, first), {range_});
        std::vector<VectorXd> way;
        for (std::size_t row = first; row <= last; ++row) {
            const problem at = at_row(along, row);
            way.push_back(units.scale(state(at, along, row), at.parameters));
        }
        for (const auto& point : of_.special_points) {
            const auto row = row_of(point, along, first, last, units, way);
            if (!row) continue;
            auto& copy = kept.special_points.emplace_back(point);
            copy.branch = made.id;
            copy.row = *row;
        }
        known_[along.groups.groups].add_branch(std::move(way));
        kept.branches.push_back(std::move(made));
    }

    /// Where a point stands in a piece: on a row of its branch, or at an end that is a BP of what
    /// has a shorter period.
    [[nodiscard]] std::optional<std::size_t> row_of(const special_point& point, const branch& along,
                                                    std::size_t first, std::size_t last,
                                                    const scaling& units,
                                                    const std::vector<VectorXd>& way) const {
        if (point.branch == along.id && point.row >= first && point.row <= last)
            return point.row - first;
        if (point.type != point_type::BP || point.groups != along.groups) return std::nullopt;
        const VectorXd u = units.scale(point.state, point.parameters);
        if ((way.front() - u).norm() < same_point) return 0;
        if ((way.back() - u).norm() < same_point) return last - first;
        return std::nullopt;
    }

    /// Labels and starts anew, in the order of the branches; a point that two of them have once.
    static void name(diagram& kept) {
        std::map<std::string, std::string> renamed;
        std::map<point_type, std::size_t> counts;
        auto& points = kept.special_points;
        std::stable_sort(points.begin(), points.end(), [](const auto& l, const auto& r) {
            return std::pair(l.branch, l.row) < std::pair(r.branch, r.row);
        });
        std::erase_if(points, [&](special_point& point) {
            const auto label = label_of(point.type, counts[point.type] + 1);
            if (!renamed.emplace(point.label, label).second) return true;
            point.label = label;
            ++counts[point.type];
            return false;
        });
        for (auto& along : kept.branches)
            if (const auto to = renamed.find(along.from); to != renamed.end())
                along.from = to->second;
    }

    problem base_;
    map_rule rule_;
    parameter_range range_;
    diagram& of_;
    std::map<std::vector<std::vector<std::size_t>>, known_points> known_;  // by groups
};

}  // namespace

diagram period_diagram(const problem& base, const map_rule& rule, const parameter_range& range,
                       const continuation_options& options,
                       const std::optional<special_point>& start, const watch& progress) {
    if (rule.period == 1) return map_diagram(base, rule.step, range, options, start, progress);
    problem from = base;
    if (start && start->parameters.size() == base.parameters.size())
        from.parameters = start->parameters;
    const problem on = iterated(from, rule.step, rule.period);
    try {
        auto found = map_diagram(on, 1, range, options, start, progress);
        orbit_sieve(from, rule, range, found).sift();
        return found;
    } catch (cut_short<diagram>& cut) {
        orbit_sieve(from, rule, range, cut.so_far).sift();
        throw;
    }
}

}  // namespace moebius
