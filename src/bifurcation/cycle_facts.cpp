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
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// The cycle between mesh points, where collocation is most accurate, by Hermite's interpolant of
/// x, x' and x'' there: its error falls as h^6.
class fine_orbit {
public:
    fine_orbit(const problem& at, const piecewise& values, double period)
        : breaks_(values.breaks), x_(values.values.rows(), breaks_.size()), v_(x_), a_(x_) {
        const VectorXd still = VectorXd::Zero(static_cast<Index>(at.parameters.size()));
        MatrixXd out(x_.rows(), 4);
        for (Index j = 0; j < breaks_.size(); ++j) {
            x_.col(j) = values.values.col(j * values.degree);
            VectorXd f(x_.rows());
            at.model->rhs(view(x_.col(j)), at.parameters, view(f));
            at.model->along(view(x_.col(j)), at.parameters, view(f), view(still), view(out));
            v_.col(j) = period * f;
            a_.col(j) = period * period * out.col(1);
        }
    }

    [[nodiscard]] VectorXd at(double t) const {
        t -= std::floor(t);
        const auto above = std::upper_bound(breaks_.begin() + 1, breaks_.end() - 1, t);
        const Index j = above - breaks_.begin() - 1;
        const double h = breaks_[j + 1] - breaks_[j], s = (t - breaks_[j]) / h;
        const auto basis = [h](double r, double side) {
            const double q = 1 - r, c = q * q * q;
            return Eigen::Vector3d{c * (1 + 3 * r + 6 * r * r), side * h * c * r * (1 + 3 * r),
                                   h * h * c * r * r / 2};
        };
        const Eigen::Vector3d left = basis(s, 1), right = basis(1 - s, -1);
        return left[0] * x_.col(j) + left[1] * v_.col(j) + left[2] * a_.col(j) +
               right[0] * x_.col(j + 1) + right[1] * v_.col(j + 1) + right[2] * a_.col(j + 1);
    }

private:
    VectorXd breaks_;
    MatrixXd x_, v_, a_;
};

/// Loads, or the states of a model without them.
VectorXd observed(const problem& at, const VectorXd& x) {
    if (at.model->experts() == 0) return x;
    VectorXd loads(static_cast<Index>(at.model->experts()));
    at.model->loads(view(x), at.parameters, view(loads));
    return loads;
}

/// Multipliers in columns: the leading three.
std::size_t shown(const field& model) { return std::min<std::size_t>(3, model.dimension() - 1); }

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

std::vector<double> extremes_along(const problem& at, const piecewise& values, double period,
                                   const observable& observe) {
    const fine_orbit fine(at, values, period);
    const orbit base = orbit_of(values, period);
    const Index points = values.values.cols() - 1;
    MatrixXd seen;
    for (Index k = 0; k < points; ++k) {
        const VectorXd now = observe(values.values.col(k));
        if (k == 0) seen.resize(now.size(), points);
        seen.col(k) = now;
    }
    const auto time = [&](Index k) {  // of a base point, also before the first
        return k < 0 ? base.times[static_cast<std::size_t>(k + points)] - 1
                     : base.times[static_cast<std::size_t>(k)];
    };
    std::vector<double> result;
    for (Index e = 0; e < seen.rows(); ++e)
        for (const double sign : {1.0, -1.0}) {  // minimum, maximum
            Index k = 0;
            (sign * seen.row(e)).minCoeff(&k);
            const auto value = [&](double t) { return sign * observe(fine.at(t))[e]; };
            std::uintmax_t evaluations = 60;
            const auto least = boost::math::tools::brent_find_minima(
                value, time(k - 1), time(k + 1), std::numeric_limits<double>::digits / 2,
                evaluations);
            result.push_back(sign * least.second);
        }
    return result;
}

std::vector<double> cycle_extremes(const problem& at, const piecewise& values, double period) {
    return extremes_along(at, values, period, [&at](const VectorXd& x) { return observed(at, x); });
}

std::vector<group_multipliers> multipliers_within(const problem& at, const piecewise& values,
                                                  double period) {
    std::vector<group_multipliers> result;
    const cell_field* cells = at.model->cells();
    if (!cells) return result;
    const auto k = static_cast<Index>(cells->cell_states());
    const Index m = values.degree;
    const gauss_basis basis(static_cast<std::size_t>(m));
    for (std::size_t g = 0; g < cells->groups().size(); ++g) {
        const std::size_t size = cells->groups().groups[g].size();
        if (size < 2) continue;
        MatrixXd around = MatrixXd::Identity(k, k), slope(k, k);
        for (Index j = 0; j < values.intervals(); ++j) {
            const double h = period * (values.breaks[j + 1] - values.breaks[j]);
            MatrixXd inner(k * m, k * m), outer(k * m, k);
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
            const MatrixXd later = -partial_lu<double>(inner).solve_each(outer);
            around = later.bottomRows(k) * around;
        }
        result.push_back({eigenvalues(around), size - 1});
    }
    return result;
}

std::size_t count_unstable(const problem& at, const piecewise& values, double period,
                           std::span<const std::complex<double>> others) {
    const auto growing = [](std::span<const std::complex<double>> all) {
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(),
                          [](std::complex<double> value) { return std::abs(value) > 1; }));
    };
    std::size_t unstable = growing(others);
    for (const auto& [inside, copies] : multipliers_within(at, values, period))
        unstable += copies * growing(inside);
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

std::vector<double> cycle_row(const problem& at, std::size_t varied, const piecewise& values,
                              double period, const floquet& mu) {
    std::vector<double> row{at.parameters[varied], period};
    const auto extremes = cycle_extremes(at, values, period);
    row.insert(row.end(), extremes.begin(), extremes.end());
    for (std::size_t k = 0; k < shown(*at.model); ++k) {
        const std::complex<double> value = k < mu.others.size() ? mu.others[k] : 0;
        row.push_back(value.real());
        row.push_back(value.imag());
    }
    const std::size_t unstable = count_unstable(at, values, period, mu.others);
    row.push_back(unstable == 0 ? 1 : 0);
    row.push_back(static_cast<double>(unstable));
    row.push_back(std::abs(mu.trivial - 1.0));
    return row;
}

}  // namespace moebius::detail
