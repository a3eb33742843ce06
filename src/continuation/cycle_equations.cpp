// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/continuation/cycle_equations.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <utility>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

std::vector<std::size_t> positions(const problem& base,
                                   const std::vector<parameter_range>& ranges) {
    std::vector<std::size_t> found;
    for (const auto& range : ranges) found.push_back(base.index_of(range.name));
    return found;
}

}  // namespace

cycle_equations::cycle_equations(const problem& base, const std::vector<parameter_range>& ranges,
                                 const orbit& start)
    : base_(base),
      ranges_(ranges),
      free_(positions(base, ranges)),
      basis_(start.degree),
      chain_(static_cast<Index>(base.model->dimension()), extra()) {
    check_parameters(*base.model, base.parameters);
    for (const auto& range : ranges) check_range(range);
    check_orbit(start, base.model->dimension());
    set_mesh(piecewise_of(start), start.period);
}

void cycle_equations::set_mesh(const piecewise& reference, double period) {
    const Index n = reference.values.rows(), m = basis_.degree, intervals = reference.intervals();
    breaks_ = reference.breaks;
    const auto h = [&](Index j) { return breaks_[j + 1] - breaks_[j]; };
    const double scale = base_.model->state_scale(base_.parameters);
    units_.resize(intervals * m * n + extra());
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
    for (std::size_t k = 0; k < free_.size(); ++k)
        units_[coordinate(k)] = (ranges_[k].to - ranges_[k].from) / scaling::whole;
    intervals_.resize(static_cast<std::size_t>(intervals));
}

VectorXd cycle_equations::scale_change(const piecewise& values, double period,
                                       const VectorXd& p) const {
    VectorXd u(size());
    u << Eigen::Map<const VectorXd>(values.values.data(), phase_.size()), period, p;
    return u.cwiseQuotient(units_);
}

VectorXd cycle_equations::scale(const piecewise& values, double period,
                                const std::vector<double>& parameters) const {
    VectorXd p(extra() - 1);
    for (std::size_t k = 0; k < free_.size(); ++k)
        p[static_cast<Index>(k)] = parameters[free_[k]] - ranges_[k].from;
    return scale_change(values, period, p);
}

piecewise cycle_equations::values(const VectorXd& u) const {
    piecewise result{breaks_, basis_.degree, {}};
    result.values.resize(phase_.rows(), phase_.cols() + 1);
    Eigen::Map<VectorXd>(result.values.data(), phase_.size()) =
        u.head(phase_.size()).cwiseProduct(units_.head(phase_.size()));
    result.values.rightCols(1) = result.values.leftCols(1);
    return result;
}

double cycle_equations::period(const VectorXd& u) const {
    return u[phase_.size()] * units_[phase_.size()];
}

problem cycle_equations::problem_at(const VectorXd& u) const {
    problem at = base_;
    for (std::size_t k = 0; k < free_.size(); ++k)
        at.parameters[free_[k]] =
            std::lerp(ranges_[k].from, ranges_[k].to, u[coordinate(k)] / scaling::whole);
    return at;
}

void cycle_equations::rebase(VectorXd& u, VectorXd& direction, Index intervals) {
    const piecewise now = values(u);
    const VectorXd mesh = equidistributed(now, intervals);
    const piecewise moved = resampled(now, mesh), change = resampled(values(direction), mesh);
    const double period_now = period(u), period_change = period(direction);
    const VectorXd p = u.tail(extra() - 1), p_change = direction.tail(extra() - 1);
    set_mesh(moved, period_now);
    const VectorXd none = VectorXd::Zero(extra() - 1);
    u = scale_change(moved, period_now, none);
    direction = scale_change(change, period_change, none);
    u.tail(p.size()) = p;
    direction.tail(p.size()) = p_change;
    direction.normalize();
}

/// Linearises one interval and solves it for its later points.
/// @return false if a number is not finite
bool cycle_equations::condense(Index j, const piecewise& at, double period,
                               Eigen::Ref<VectorXd> residual) {
    const Index n = phase_.rows(), m = basis_.degree;
    const double h = breaks_[j + 1] - breaks_[j];
    const MatrixXd x = at.values.middleCols(j * m, m + 1);
    const MatrixXd nodes = x * basis_.values.transpose();
    const MatrixXd slopes = x * basis_.slopes.transpose();
    VectorXd f(n);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(base_.parameters.size()));
    MatrixXd inner(n * m, n * m), outer(n * m, n + extra());
    for (Index i = 0; i < m; ++i) {
        base_.model->linear(view(nodes.col(i)), base_.parameters, view(f), view(fx), view(fp));
        if (!f.allFinite() || !fx.allFinite()) return false;
        for (Index k = 0; k <= m; ++k) {
            auto block =
                k == 0 ? outer.block(i * n, 0, n, n) : inner.block(i * n, (k - 1) * n, n, n);
            block = -(h * period * basis_.values(i, k)) * fx;
            block.diagonal().array() += basis_.slopes(i, k);
        }
        outer.col(n).segment(i * n, n) = -h * f;
        for (std::size_t k = 0; k < free_.size(); ++k)
            outer.col(n + 1 + static_cast<Index>(k)).segment(i * n, n) =
                -h * period * fp.col(static_cast<Index>(free_[k]));
        residual.segment(i * n, n) = slopes.col(i) - h * period * f;
    }
    auto& here = intervals_[static_cast<std::size_t>(j)];
    here.inner.compute(inner);
    here.outer = -here.inner.solve_each(outer);
    return true;
}

bool cycle_equations::evaluate(const VectorXd& u, Eigen::Ref<VectorXd> f) {
    const piecewise at = values(u);
    base_.parameters = problem_at(u).parameters;
    const Index block = phase_.rows() * basis_.degree;
    for (Index j = 0; j < at.intervals(); ++j)
        if (!condense(j, at, period(u), f.segment(j * block, block))) return false;
    f[phase_.size()] = phase_.cwiseProduct(at.values.leftCols(phase_.cols())).sum();
    return f.allFinite();
}

void cycle_equations::border(const MatrixXd& rows) {
    const Index n = phase_.rows(), block = n * basis_.degree;
    rows_ = MatrixXd::Zero(extra(), size());
    rows_.row(0).head(phase_.size()) = Eigen::Map<VectorXd>(phase_.data(), phase_.size());
    rows_.bottomRows(rows.rows()) = rows * units_.cwiseInverse().asDiagonal();
    chain_.begin();
    for (Index j = 0; j + 1 < breaks_.size(); ++j) {
        const auto& outer = intervals_[static_cast<std::size_t>(j)].outer;
        MatrixXd folded = rows_.middleCols(j * block + n, block - n) * outer.topRows(block - n);
        folded.leftCols(n) += rows_.middleCols(j * block, n);
        if (j == 0) folded.rightCols(extra()) += rows_.rightCols(extra());
        chain_.add(outer.bottomRows(n), folded);
    }
    chain_.close();
}

void cycle_equations::solve_bordered(VectorXd& b) const {
    const Index n = phase_.rows(), block = n * basis_.degree, intervals = breaks_.size() - 1;
    MatrixXd inner(block, intervals);  // the later points at x_j = 0, e = 0
    VectorXd s = b.tail(extra());
    for (Index j = 0; j < intervals; ++j) {
        inner.col(j) =
            intervals_[static_cast<std::size_t>(j)].inner.solve(b.segment(j * block, block));
        s -= rows_.middleCols(j * block + n, block - n) * inner.col(j).head(block - n);
    }
    const VectorXd links = chain_.solve(inner.bottomRows(n), s);
    VectorXd known(n + extra());
    known.tail(extra()) = links.tail(extra());
    for (Index j = 0; j < intervals; ++j) {
        known.head(n) = links.segment(j * n, n);
        b.segment(j * block, n) = known.head(n);
        b.segment(j * block + n, block - n) =
            intervals_[static_cast<std::size_t>(j)].outer.topRows(block - n) * known +
            inner.col(j).head(block - n);
    }
    b.tail(extra()) = links.tail(extra());
    b = b.cwiseQuotient(units_);
}

void cycle_equations::solve_bordered_transposed(VectorXd& b) const {
    const Index n = phase_.rows(), block = n * basis_.degree, intervals = breaks_.size() - 1;
    b = b.cwiseQuotient(units_);
    MatrixXd links(n, intervals);
    VectorXd e = b.tail(extra());
    for (Index j = 0; j < intervals; ++j) {
        const auto& outer = intervals_[static_cast<std::size_t>(j)].outer;
        const VectorXd by =
            outer.topRows(block - n).transpose() * b.segment(j * block + n, block - n);
        links.col(j) = b.segment(j * block, n) + by.head(n);
        e += by.tail(extra());
    }
    const VectorXd solved = chain_.solve_transposed(links, e);
    const VectorXd s = solved.tail(extra());
    VectorXd later(block);
    for (Index j = 0; j < intervals; ++j) {
        later << b.segment(j * block + n, block - n) -
                     rows_.middleCols(j * block + n, block - n).transpose() * s,
            solved.segment(j * n, n);
        b.segment(j * block, block) =
            intervals_[static_cast<std::size_t>(j)].inner.solve_transposed(later);
    }
    b.tail(extra()) = s;
}

VectorXd cycle_equations::bent(const VectorXd& u, const VectorXd& y, const VectorXd& z) const {
    const Index n = phase_.rows(), m = basis_.degree, block = n * m;
    const auto count = static_cast<Index>(free_.size());
    const problem here = problem_at(u);
    const double length = period(u), stretch = period(z);
    const MatrixXd x = values(u).values, v = values(z).values;
    VectorXd result = VectorXd::Zero(size()), f(n), curved(n + count);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(here.parameters.size()));
    for (Index j = 0; j + 1 < breaks_.size(); ++j) {
        const double h = breaks_[j + 1] - breaks_[j];
        const MatrixXd x_nodes = x.middleCols(j * m, m + 1) * basis_.values.transpose();
        const MatrixXd v_nodes = v.middleCols(j * m, m + 1) * basis_.values.transpose();
        for (Index i = 0; i < m; ++i) {
            // of x' - h T f(x, p): -h (T f''(v, .) + T_v f'(.) + T_. f' v)
            const VectorXd w = y.segment(j * block + i * n, n), at = v_nodes.col(i);
            const auto state = view(x_nodes.col(i));
            here.model->linear(state, here.parameters, view(f), view(fx), view(fp));
            here.model->curvature(state, here.parameters, free_, view(w), view(at), view(curved));
            const VectorXd by_state = -h * (length * curved.head(n) + stretch * fx.transpose() * w);
            for (Index k = 0; k <= m; ++k) {
                const Index point = (j * m + k) % phase_.cols();  // the last is the first
                result.segment(point * n, n) += basis_.values(i, k) * by_state;
            }
            result[phase_.size()] -= h * w.dot(fx * at);
            for (Index k = 0; k < count; ++k)
                result[phase_.size() + 1 + k] -=
                    h * (length * curved[n + k] +
                         stretch *
                             w.dot(fp.col(static_cast<Index>(free_[static_cast<std::size_t>(k)]))));
        }
    }
    return result.cwiseProduct(units_);
}

}  // namespace moebius
