// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <initializer_list>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/spectrum.hpp>

#include "eigenpair.hpp"
#include "map_labels.hpp"
#include "map_tests.hpp"
#include "unit_frame.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double one_eigenvector_at_fold = 1e-6;  // w^T v of unit vectors, below which 0 is double

using spectrum = std::vector<std::complex<double>>;

/// Which moduli of multipliers to count: of real ones below zero (flip) or of pairs (torus), by
/// falling size, with the sign that makes a loss of stability an upward crossing of 1.
std::vector<double> moduli(const spectrum& multipliers, point_type type) {
    std::vector<double> sizes;
    for (const auto& value : multipliers) {
        const bool flips = value.imag() == 0 && value.real() < 0;
        if (type == point_type::PD ? flips : value.imag() > 0) sizes.push_back(std::abs(value));
    }
    std::sort(sizes.rbegin(), sizes.rend());
    return sizes;
}

std::size_t beyond_circle(const spectrum& multipliers, point_type type) {
    const auto sizes = moduli(multipliers, type);
    return static_cast<std::size_t>(
        std::count_if(sizes.begin(), sizes.end(), [](double size) { return size > 1; }));
}

/// Equilibria of one branch with their multipliers, in parts: those of the groups of cells among
/// themselves, and those of the cells within each group, which are simple once one cell is let go.
class branch_reader {
public:
    struct part {
        problem simple;              ///< in which its multipliers are simple
        int multiplicity = 1;        ///< of them in the whole
        std::vector<spectrum> rows;  ///< multipliers by row
        std::optional<std::size_t> group;
    };

    branch_reader(const problem& base, double step, const parameter_range& range, branch& read)
        : step_(step), range_(range), branch_(read), at_(base) {
        const cell_field* cells = at_.model->cells();
        if (cells && read.groups.size() > 0 && read.groups != cells->groups())
            at_ = regrouped(at_, read.groups);
        cells = at_.model->cells();
        varied_ = at_.index_of(range.name);
        parts_.push_back({at_, 1, {}, {}});
        for (std::size_t g = 0; cells && g < cells->groups().size(); ++g)
            if (const std::size_t size = cells->groups().groups[g].size(); size > 1)
                parts_.push_back({regrouped(at_, split(cells->groups(), g, 1)),
                                  static_cast<int>(size) - 1,
                                  {},
                                  g});
        for (std::size_t row = 0; row < read.columns.rows(); ++row)
            for (part& p : parts_) p.rows.push_back(multipliers(p, state(row), parameters(row)));
    }

    /// The PD and NS between two rows; an eigenvalue that comes back within them is not seen.
    std::vector<special_point> between(std::size_t row) {
        std::vector<special_point> found;
        for (const part& p : parts_)
            for (const auto type : {point_type::PD, point_type::NS}) {
                const std::size_t before = beyond_circle(p.rows[row], type);
                const std::size_t after = beyond_circle(p.rows[row + 1], type);
                for (std::size_t k = std::min(before, after); k < std::max(before, after); ++k)
                    if (auto point = located(p, type, k, row)) found.push_back(std::move(*point));
            }
        std::sort(found.begin(), found.end(),
                  [&](const auto& l, const auto& r) { return share(row, l) < share(row, r); });
        return found;
    }

    [[nodiscard]] std::array<double, 3> extras(std::size_t row) const {
        std::vector<spectrum> all;
        for (const part& p : parts_) all.push_back(p.rows[row]);
        return summary(all);
    }

    /// The row of a point: the varied parameter, states, loads, and what extras gives.
    [[nodiscard]] std::vector<double> row_of(const special_point& point) const {
        std::vector<double> row{point.parameters[varied_]}, loads(at_.model->experts());
        row.insert(row.end(), point.state.begin(), point.state.end());
        at_.model->loads(point.state, point.parameters, loads);
        row.insert(row.end(), loads.begin(), loads.end());
        std::vector<spectrum> all;
        for (const part& p : parts_) all.push_back(multipliers(p, point.state, point.parameters));
        const auto rest = summary(all);
        row.insert(row.end(), rest.begin(), rest.end());
        return row;
    }

private:
    /// Largest modulus, stable, n_unstable.
    [[nodiscard]] std::array<double, 3> summary(const std::vector<spectrum>& all) const {
        double largest = 0, unstable = 0;
        for (std::size_t i = 0; i < all.size(); ++i)
            for (const auto& value : all[i]) {
                largest = std::max(largest, std::abs(value));
                if (std::abs(value) > 1) unstable += parts_[i].multiplicity;
            }
        return {largest, unstable == 0 ? 1.0 : 0.0, unstable};
    }

    [[nodiscard]] std::vector<double> state(std::size_t row) const {
        std::vector<double> x;
        for (const auto name : at_.model->state_names()) x.push_back(branch_.columns.at(name)[row]);
        return x;
    }

    [[nodiscard]] std::vector<double> parameters(std::size_t row) const {
        std::vector<double> p = at_.parameters;
        p[varied_] = branch_.columns.at(range_.name)[row];
        return p;
    }

    [[nodiscard]] spectrum multipliers(const part& of, const std::vector<double>& x,
                                       const std::vector<double>& p) const {
        const auto n = static_cast<Index>(x.size());
        MatrixXd fx(n, n);
        if (of.group) {
            const auto& cells = *at_.model->cells();
            const auto k = static_cast<Index>(cells.cell_states());
            fx.resize(k, k);
            cells.within(x, view(p), *of.group, view(fx));
        } else {
            VectorXd f(n);
            MatrixXd fp(n, static_cast<Index>(p.size()));
            at_.model->linear(x, view(p), view(f), view(fx), view(fp));
        }
        spectrum values = eigenvalues(fx);
        for (auto& value : values) value = 1.0 + step_ * value;
        return values;
    }

    /// How far along the chord from a row to the next one a point stands.
    [[nodiscard]] double share(std::size_t row, const special_point& point) const {
        const scaling units(at_, {range_});
        const VectorXd a = units.scale(state(row), parameters(row));
        const VectorXd chord = units.scale(state(row + 1), parameters(row + 1)) - a;
        return (units.scale(point.state, point.parameters) - a).dot(chord) / chord.squaredNorm();
    }

    /// Where the k-th modulus of that kind passes 1 between a row and the next one.
    [[nodiscard]] std::optional<special_point> located(const part& of, point_type type,
                                                       std::size_t k, std::size_t row) {
        const auto height = [&](const spectrum& values) {
            const auto sizes = moduli(values, type);
            return k < sizes.size() ? sizes[k] - 1 : -1.0;
        };
        equilibrium_curve curve(at_, range_);
        const VectorXd first = curve.units().scale(state(row), parameters(row));
        const VectorXd last = curve.units().scale(state(row + 1), parameters(row + 1));
        const double a = height(of.rows[row]), b = height(of.rows[row + 1]);
        VectorXd guess = first + a / (a - b) * (last - first);
        continuation_options options;
        tracer left(curve, options), right(curve, options);
        std::vector<double> x(at_.model->dimension()), p = at_.parameters;
        // at a branch point there is no tangent: the chord has to do
        if (left.start(first, last - first) && right.start(last, last - first)) {
            const auto at = left.locate(left.current(), right.current(), [&](const auto& point) {
                curve.units().unscale(point.u, x, p);
                return height(multipliers(of, x, p));
            });
            if (at) guess = at->u;
        }
        curve.units().unscale(guess, x, p);
        return polished(of, type, row, x, p);
    }

    [[nodiscard]] std::optional<special_point> polished(const part& of, point_type type,
                                                        std::size_t row,
                                                        const std::vector<double>& x,
                                                        const std::vector<double>& p) const {
        problem near = at_;
        near.parameters = p;
        std::vector<double> start = x;
        if (of.group) {
            start = regrouped_state(*at_.model->cells(), *of.simple.model->cells(), x);
            near = regrouped(near, of.simple.model->cells()->groups());
        }
        const auto find = type == point_type::PD ? find_flip : find_torus;
        auto point = find(near, step_, range_, start, near.parameters);
        if (!point) return std::nullopt;
        point->multiplicity = of.multiplicity;
        if (of.group) {
            point->state =
                regrouped_state(*of.simple.model->cells(), *at_.model->cells(), point->state);
            near.parameters = point->parameters;
            point->parameters = regrouped(near, at_.model->cells()->groups()).parameters;
        }
        if (const auto* cells = at_.model->cells()) point->groups = cells->groups();
        point->parameter_names = parameter_names(*at_.model);
        const double along = share(row, *point);
        return along > -slack && along < 1 + slack ? point : std::nullopt;
    }

    static constexpr double slack = 1e-6;  // of a step, for a point on a row itself

    double step_;
    parameter_range range_;
    branch& branch_;
    problem at_;
    std::size_t varied_ = 0;
    std::vector<part> parts_;
};

/// Puts the branch's rows and points together again, with what stands between the rows.
void with_map_points(const problem& base, double step, const parameter_range& range, branch& along,
                     diagram& result) {
    branch_reader reader(base, step, range, along);
    table& columns = along.columns;
    const std::size_t rows = columns.rows(), width = columns.names.size();
    const std::size_t first_extra = static_cast<std::size_t>(
        std::find(columns.names.begin(), columns.names.end(), "eigenvalue") -
        columns.names.begin());
    std::vector<std::vector<double>> made(width);
    std::vector<std::size_t> moved(rows);
    const auto put = [&](const std::vector<double>& row) {
        for (std::size_t c = 0; c < width; ++c) made[c].push_back(row[c]);
    };
    for (std::size_t row = 0; row < rows; ++row) {
        std::vector<double> values;
        for (std::size_t c = 0; c < first_extra; ++c) values.push_back(columns.columns[c][row]);
        const auto extras = reader.extras(row);
        values.insert(values.end(), extras.begin(), extras.end());
        moved[row] = made[0].size();
        put(values);
        if (row + 1 == rows) break;
        for (auto& point : reader.between(row)) {
            point.branch = along.id;
            point.row = made[0].size();
            put(reader.row_of(point));
            result.special_points.push_back(std::move(point));
        }
    }
    for (auto& point : result.special_points)
        if (point.branch == along.id && !point.label.empty()) point.row = moved[point.row];
    columns.columns = std::move(made);
    columns.names[first_extra] = "multiplier";
}

/// A fold or branch point at which 1 is double, with one eigenvector.
void name_resonance(const problem& base, double step, special_point& point) {
    problem at = base;
    if (point.groups.size() > 0 && point.groups != at.model->cells()->groups())
        at = regrouped(at, point.groups);
    const auto null = null_vectors(detail::jacobian_at(*at.model, point.state, point.parameters));
    if (null.left.dot(null.right) > one_eigenvector_at_fold) {
        if (point.type != point_type::BT) return;
        point.type = point_type::R1;  // within a group of cells
        point.normal_form.clear();
        point.criticality.clear();
        return;
    }
    const auto named = map_point_at(*at.model, step, point_type::R1, point.state, point.parameters);
    point.type = named.type;
    point.normal_form = named.normal_form;
    point.criticality = named.criticality;
}

}  // namespace

diagram as_map_diagram(const problem& base, double step, const parameter_range& range,
                       diagram equilibria) {
    require("map").positive_and_finite("step", step);
    for (branch& along : equilibria.branches) with_map_points(base, step, range, along, equilibria);
    auto& points = equilibria.special_points;
    for (auto& point : points)
        if (point.type == point_type::LP || point.type == point_type::BT)
            name_resonance(base, step, point);
    // A pair on the imaginary axis is the flow's matter: the map's multipliers are off the circle.
    std::erase_if(points, [](const auto& point) { return point.type == point_type::HB; });
    std::stable_sort(points.begin(), points.end(), [](const auto& l, const auto& r) {
        return std::pair(l.branch, l.row) < std::pair(r.branch, r.row);
    });
    detail::drop_twice_found(points);
    const auto before = points;
    detail::number(
        points, {point_type::PD, point_type::NS, point_type::R1, point_type::R2, point_type::LP});
    for (branch& along : equilibria.branches)
        for (std::size_t k = 0; k < points.size(); ++k)
            if (along.from == before[k].label && points[k].type == point_type::R1) {
                along.from = points[k].label;
                break;
            }
    return equilibria;
}

diagram map_diagram(const problem& base, double step, const parameter_range& range,
                    const continuation_options& options, const std::optional<special_point>& start,
                    const watch& progress) {
    problem from = base;
    if (start && start->parameters.size() == base.parameters.size())
        from.parameters = start->parameters;
    check_range(range);
    const detail::unit_frame frame(from, {range}, options, start);
    return frame.filled([&] {
        try {
            return as_map_diagram(
                frame.on, step, range,
                equilibrium_diagram(frame.on, range, frame.options, frame.start, progress));
        } catch (cut_short<diagram>& cut) {
            throw cut_short<diagram>("map",
                                     as_map_diagram(frame.on, step, range, std::move(cut.so_far)));
        }
    });
}

}  // namespace moebius
