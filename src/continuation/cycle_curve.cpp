// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <cmath>
#include <moebius/continuation/cycle_curve.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <utility>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index extra = 2;  // unknowns besides the values: period and parameter

}  // namespace

cycle_curve::cycle_curve(const problem& base, const parameter_range& range, const orbit& start)
    : base_(base),
      range_(range),
      varied_(base.index_of(range.name)),
      basis_(start.degree),
      chain_(static_cast<Index>(base.model->dimension()), extra) {
    check_parameters(*base.model, base.parameters);
    check_range(range);
    check_orbit(start, base.model->dimension());
    set_mesh(piecewise_of(start), start.period);
}

Index cycle_curve::unknowns() const { return units_.size(); }

void cycle_curve::set_mesh(const piecewise& reference, double period) {
    const Index n = reference.values.rows(), m = basis_.degree, intervals = reference.intervals();
    breaks_ = reference.breaks;
    const auto h = [&](Index j) { return breaks_[j + 1] - breaks_[j]; };
    const double scale = base_.model->state_scale(base_.parameters.data());
    units_.resize(intervals * m * n + extra);
    phase_ = MatrixXd::Zero(n, intervals * m + 1);
    for (Index j = 0; j < intervals; ++j) {
        for (Index k = 0; k < m; ++k) {
            const double before = k > 0 ? h(j) : h((j + intervals - 1) % intervals);
            const double weight = (h(j) + before) / (2 * static_cast<double>(m));
            units_.segment((j * m + k) * n, n).setConstant(scale / std::sqrt(weight));
        }
        // integral of x . x_ref' over the interval; h cancels
        const MatrixXd slopes =
            reference.values.middleCols(j * m, m + 1) * basis_.slopes.transpose();
        phase_.middleCols(j * m, m + 1) += slopes * basis_.weights.asDiagonal() * basis_.values;
    }
    phase_.col(0) += phase_.rightCols(1);
    phase_.conservativeResize(n, intervals * m);
    const Eigen::Map<VectorXd> row(phase_.data(), phase_.size());
    phase_ /= row.cwiseProduct(units_.head(phase_.size())).norm();
    units_[phase_.size()] = period;
    units_[phase_.size() + 1] = (range_.to - range_.from) / scaling::whole;
    intervals_.resize(static_cast<std::size_t>(intervals));
}

VectorXd cycle_curve::scale_change(const piecewise& values, double period, double p) const {
    VectorXd u(unknowns());
    u << Eigen::Map<const VectorXd>(values.values.data(), u.size() - extra), period, p;
    return u.cwiseQuotient(units_);
}

VectorXd cycle_curve::scale(const piecewise& values, double period, double p) const {
    return scale_change(values, period, p - range_.from);
}

piecewise cycle_curve::values(const VectorXd& u) const {
    piecewise result{breaks_, basis_.degree, {}};
    result.values.resize(phase_.rows(), phase_.cols() + 1);
    Eigen::Map<VectorXd>(result.values.data(), phase_.size()) =
        u.head(phase_.size()).cwiseProduct(units_.head(phase_.size()));
    result.values.rightCols(1) = result.values.leftCols(1);
    return result;
}

double cycle_curve::period(const VectorXd& u) const {
    return u[phase_.size()] * units_[phase_.size()];
}

double cycle_curve::parameter(const VectorXd& u) const {
    return std::lerp(range_.from, range_.to, u[u.size() - 1] / scaling::whole);
}

void cycle_curve::rebase(VectorXd& u, VectorXd& direction, Index intervals) {
    const piecewise now = values(u);
    const VectorXd mesh = equidistributed(now, intervals);
    const piecewise moved = resampled(now, mesh), change = resampled(values(direction), mesh);
    const double period_now = period(u), period_change = period(direction);
    const double p = parameter(u), p_change = direction[u.size() - 1] * units_[u.size() - 1];
    set_mesh(moved, period_now);
    u = scale(moved, period_now, p);
    direction = scale_change(change, period_change, p_change).normalized();
}

/// Linearises one interval and solves it for its later points.
/// @return false if a number is not finite
bool cycle_curve::condense(Index j, const piecewise& at, double period,
                           Eigen::Ref<VectorXd> residual) {
    const Index n = phase_.rows(), m = basis_.degree;
    const double h = breaks_[j + 1] - breaks_[j];
    const MatrixXd x = at.values.middleCols(j * m, m + 1);
    const MatrixXd nodes = x * basis_.values.transpose();
    const MatrixXd slopes = x * basis_.slopes.transpose();
    VectorXd f(n);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(base_.parameters.size()));
    MatrixXd inner(n * m, n * m), outer(n * m, n + extra);
    for (Index i = 0; i < m; ++i) {
        base_.model->linear(nodes.col(i).data(), base_.parameters.data(), f.data(), fx.data(),
                            fp.data());
        if (!f.allFinite() || !fx.allFinite()) return false;
        for (Index k = 0; k <= m; ++k) {
            auto block =
                k == 0 ? outer.block(i * n, 0, n, n) : inner.block(i * n, (k - 1) * n, n, n);
            block = -(h * period * basis_.values(i, k)) * fx;
            block.diagonal().array() += basis_.slopes(i, k);
        }
        outer.col(n).segment(i * n, n) = -h * f;
        outer.col(n + 1).segment(i * n, n) = -h * period * fp.col(static_cast<Index>(varied_));
        residual.segment(i * n, n) = slopes.col(i) - h * period * f;
    }
    auto& here = intervals_[static_cast<std::size_t>(j)];
    here.inner.compute(inner);
    here.outer = -here.inner.solve(outer);
    return true;
}

bool cycle_curve::linearize(const VectorXd& u, VectorXd& f) {
    const piecewise at = values(u);
    base_.parameters[varied_] = parameter(u);
    const Index block = phase_.rows() * basis_.degree;
    for (Index j = 0; j < at.intervals(); ++j)
        if (!condense(j, at, period(u), f.segment(j * block, block))) return false;
    f[f.size() - 1] = phase_.cwiseProduct(at.values.leftCols(phase_.cols())).sum();
    return f.allFinite();
}

void cycle_curve::factor(const VectorXd& row) {
    const Index n = phase_.rows(), block = n * basis_.degree;
    row_ = row;
    rows_ = MatrixXd::Zero(2, row.size());
    rows_.row(0).head(phase_.size()) = Eigen::Map<VectorXd>(phase_.data(), phase_.size());
    rows_.row(1) = row.cwiseQuotient(units_).transpose();
    chain_.begin();
    for (Index j = 0; j + 1 < breaks_.size(); ++j) {
        const auto& outer = intervals_[static_cast<std::size_t>(j)].outer;
        MatrixXd folded = rows_.middleCols(j * block + n, block - n) * outer.topRows(block - n);
        folded.leftCols(n) += rows_.middleCols(j * block, n);
        if (j == 0) folded.rightCols(extra) += rows_.rightCols(extra);
        chain_.add(outer.bottomRows(n), folded);
    }
    chain_.close();
}

void cycle_curve::solve_in_place(VectorXd& b) const {
    const Index n = phase_.rows(), block = n * basis_.degree, intervals = breaks_.size() - 1;
    MatrixXd inner(block, intervals);  // the later points at x_j = 0, e = 0
    VectorXd s = b.tail(2);
    for (Index j = 0; j < intervals; ++j) {
        inner.col(j) =
            intervals_[static_cast<std::size_t>(j)].inner.solve(b.segment(j * block, block));
        s -= rows_.middleCols(j * block + n, block - n) * inner.col(j).head(block - n);
    }
    const VectorXd links = chain_.solve(inner.bottomRows(n), s);
    VectorXd known(n + extra);
    known.tail(extra) = links.tail(extra);
    for (Index j = 0; j < intervals; ++j) {
        known.head(n) = links.segment(j * n, n);
        b.segment(j * block, n) = known.head(n);
        b.segment(j * block + n, block - n) =
            intervals_[static_cast<std::size_t>(j)].outer.topRows(block - n) * known +
            inner.col(j).head(block - n);
    }
    b.tail(extra) = links.tail(extra);
    b = b.cwiseQuotient(units_);
}

/// det [DF; t] = det [DF; row] |z| for z = [DF; row]^-1 e, since t = z / |z| and row . z = 1.
double cycle_curve::regularity(const VectorXd& tangent) const {
    return chain_.regularity() / row_.dot(tangent);
}

}  // namespace moebius
