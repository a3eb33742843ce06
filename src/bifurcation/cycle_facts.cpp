// SPDX-License-Identifier: MIT
#include "cycle_facts.hpp"

#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/view.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/solve/condensed_block.hpp>
#include <moebius/solve/product_eigenvalues.hpp>

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double slopes_err = 1e-4;  // of a cycle's range, beyond which a polynomial is none of it

/// The polynomial of degree 8 through x, x' and x'' of a cycle at three neighbouring mesh points,
/// where collocation is most accurate, by Newton's divided differences.
class fine_piece {
public:
    /// @param centre  the mesh point in the middle
    fine_piece(const problem& at, const piecewise& values, double period, Index centre)
        : at_(values.values.rows(), points) {
        const Index n = values.values.rows(), intervals = values.intervals();
        const VectorXd still = VectorXd::Zero(static_cast<Index>(at.parameters.size()));
        VectorXd f(n);
        MatrixXd taylor(n, 4);
        for (Index k = 0; k < 3; ++k) {
            const Index j = centre + k - 1, within = (j + intervals) % intervals;
            const auto x = values.values.col(within * values.degree);
            at.model->rhs(view(x), at.parameters, view(f));
            at.model->along(view(x), at.parameters, view(f), view(still), view(taylor));
            const double turns = j < 0 ? -1 : j >= intervals ? 1 : 0;
            times_.segment(3 * k, 3).setConstant(values.breaks[within] + turns);
            at_.middleCols(3 * k, 3).colwise() = x;
            slopes_.push_back(period * f);
            curves_.push_back(period * period / 2 * taylor.col(1));
        }
        divide();
    }

    [[nodiscard]] double at(double t, Index state) const {
        double value = at_(state, points - 1);
        for (Index k = points - 1; k-- > 0;) value = value * (t - times_[k]) + at_(state, k);
        return value;
    }
    [[nodiscard]] VectorXd at(double t) const {
        VectorXd x(at_.rows());
        for (Index i = 0; i < x.size(); ++i) x[i] = at(t, i);
        return x;
    }

private:
    static constexpr Index points = 9;

    void divide() {
        for (Index order = 1; order < points; ++order)
            for (Index k = points - 1; k >= order; --k) {
                const auto node = static_cast<std::size_t>(k / 3);
                if (times_[k] != times_[k - order])
                    at_.col(k) = (at_.col(k) - at_.col(k - 1)) / (times_[k] - times_[k - order]);
                else
                    at_.col(k) = order == 1 ? slopes_[node] : curves_[node];
            }
    }

    Eigen::Matrix<double, points, 1> times_;
    MatrixXd at_;  // the differences
    std::vector<VectorXd> slopes_, curves_;
};

/// When a base point of a cycle is passed, also before the first and behind the last.
double base_time(const piecewise& values, Index k) {
    const Index points = values.values.cols() - 1, m = values.degree, count = values.intervals();
    const Index j = (k + points) / m - points / m, step = (k + points) % m;
    const Index within = (j + count) % count;
    const double h = values.breaks[within + 1] - values.breaks[within];
    const double turns = k < 0 ? -1 : k >= points ? 1 : 0;
    return values.breaks[within] + turns + h * static_cast<double>(step) / static_cast<double>(m);
}

/// Multipliers in columns: the leading three.
std::size_t shown(const field& model) { return std::min<std::size_t>(3, model.dimension() - 1); }

/// Of each group how many a rotation makes alike, at the first of them; 0: as one before.
std::vector<std::size_t> turned_alike(const rotation& turn, std::size_t groups) {
    std::vector<std::size_t> counts(groups, 1);
    for (const auto& cycle : cycles_of(turn)) {
        for (const std::size_t g : cycle) counts[g] = 0;
        counts[cycle.front()] = cycle.size();
    }
    return counts;
}

}  // namespace

std::vector<std::string> extreme_names(const field& model) {
    std::vector<std::string> names;
    const auto add = [&names](const std::string& name) {
        names.push_back(name + "_min");
        names.push_back(name + "_max");
    };
    for (std::size_t e = 1; e <= model.experts(); ++e) add(fmt::format("load_{}", e));
    if (model.experts() == 0)
        for (const auto name : model.state_names()) add(std::string(name));
    return names;
}

/// Where the flow is fast against an interval its slopes there are no better than those of the
/// polynomial of collocation, or rounding, and that polynomial tells.
std::vector<double> extremes_along(const problem& at, const piecewise& values, double period,
                                   const observable& observe) {
    const Index points = values.values.cols() - 1, m = values.degree;
    MatrixXd seen = values.values.leftCols(points);
    for (Index k = 0; k < points && observe; ++k) {
        const VectorXd now = observe(values.values.col(k));
        if (k == 0) seen.resize(now.size(), points);
        seen.col(k) = now;
    }
    const auto time = [&values](Index k) { return base_time(values, k); };
    std::vector<double> result;
    for (Index e = 0; e < seen.rows(); ++e)
        for (const double sign : {1.0, -1.0}) {  // minimum, maximum
            Index k = 0;
            (sign * seen.row(e)).minCoeff(&k);
            const auto least_of = [&](const auto& value) {
                std::uintmax_t evaluations = 60;
                return boost::math::tools::brent_find_minima(
                    [&](double t) { return sign * value(t); }, time(k - 1), time(k + 1),
                    std::numeric_limits<double>::digits / 2, evaluations);
            };
            const Index centre = (k + m / 2) / m;
            const fine_piece fine(at, values, period, centre);
            const auto finely = [&](double t) {
                return observe ? observe(fine.at(t))[e] : fine.at(t, e);
            };
            const auto plainly = [&](double t) {
                const VectorXd x = values.at(t - std::floor(t));
                return observe ? observe(x)[e] : x[e];
            };
            const double range = seen.row(e).maxCoeff() - seen.row(e).minCoeff();
            auto least = least_of(finely);
            const double apart = std::abs(least.second - sign * plainly(least.first));
            const bool smooth = values.rule(centre - 1) == node_rule::gauss &&
                                values.rule(centre) == node_rule::gauss;
            if (apart > slopes_err * range || !smooth) least = least_of(plainly);
            result.push_back(sign * least.second);
        }
    return result;
}

std::vector<double> cycle_extremes(const problem& at, const piecewise& values, double period) {
    if (at.model->experts() == 0) return extremes_along(at, values, period, nullptr);
    return extremes_along(at, values, period, [&at](const VectorXd& x) {
        VectorXd loads(static_cast<Index>(at.model->experts()));
        at.model->loads(view(x), at.parameters, view(loads));
        return loads;
    });
}

std::vector<group_multipliers> multipliers_within(const problem& at, const piecewise& values,
                                                  double period, const rotation& turn) {
    std::vector<group_multipliers> result;
    const cell_field* cells = at.model->cells();
    if (!cells) return result;
    const auto turned = turned_alike(turn, cells->groups().size());
    const auto k = static_cast<Index>(cells->cell_states());
    const Index m = values.degree;
    const collocation_bases bases(static_cast<std::size_t>(m));
    std::vector<MatrixXd> links(static_cast<std::size_t>(values.intervals()));
    condensed_block interval;
    interval.resize(k * m, k);
    MatrixXd slope(k, k);
    for (std::size_t g = 0; g < cells->groups().size(); ++g) {
        const std::size_t size = cells->groups().groups[g].size();
        if (size < 2 || turned[g] == 0) continue;
        for (Index j = 0; j < values.intervals(); ++j) {
            const double h = period * (values.breaks[j + 1] - values.breaks[j]);
            auto inner = interval.inner();
            auto outer = interval.outer();
            const auto& basis = bases.of(values.rule(j));
            for (Index i = 0; i < m; ++i) {
                const VectorXd x =
                    values.values.middleCols(j * m, m + 1) * basis.values.row(i).transpose();
                cells->within(view(x), at.parameters, g, view(slope));
                for (Index b = 0; b <= m; ++b) {
                    auto block = b == 0 ? outer.block(i * k, 0, k, k)
                                        : inner.block(i * k, (b - 1) * k, k, k);
                    block = -h * basis.values(i, b) * slope;
                    block.diagonal().array() += basis.slopes(i, b);
                }
            }
            interval.condense();
            links[static_cast<std::size_t>(j)] = interval.outer().bottomRows(k);
        }
        result.push_back({product_eigenvalues(links), turned[g] * (size - 1), g});
    }
    return result;
}

std::size_t count_unstable(std::span<const std::complex<double>> others,
                           std::span<const group_multipliers> within) {
    const auto growing = [](std::span<const std::complex<double>> all) {
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(),
                          [](std::complex<double> value) { return std::abs(value) > 1; }));
    };
    std::size_t unstable = growing(others);
    for (const auto& of : within) unstable += of.copies * growing(of.values);
    return unstable;
}

std::vector<std::string> cycle_columns(const problem& base, std::string_view varied) {
    std::vector<std::string> names{std::string(varied), "period"};
    for (auto& name : extreme_names(*base.model)) names.push_back(std::move(name));
    for (std::size_t k = 1; k <= shown(*base.model); ++k)
        for (const auto part : {"re", "im"})
            names.push_back(fmt::format("multiplier_{}_{}", k, part));
    for (const auto name : {"stable", "n_unstable", "accuracy"}) names.emplace_back(name);
    return names;
}

std::vector<double> cycle_row(const problem& at, std::size_t varied, double period,
                              std::span<const double> extremes, const floquet& mu,
                              std::span<const group_multipliers> within) {
    std::vector<double> row{at.parameters[varied], period};
    row.insert(row.end(), extremes.begin(), extremes.end());
    const auto multipliers = mu.whole();
    for (std::size_t k = 0; k < shown(*at.model); ++k) {
        const std::complex<double> value = k < multipliers.size() ? multipliers[k] : 0;
        row.push_back(value.real());
        row.push_back(value.imag());
    }
    const std::size_t unstable = count_unstable(mu.others, within);
    row.push_back(unstable == 0 ? 1 : 0);
    row.push_back(static_cast<double>(unstable));
    row.push_back(mu.are_told() ? mu.error() : std::numeric_limits<double>::quiet_NaN());
    return row;
}

}  // namespace moebius::detail
