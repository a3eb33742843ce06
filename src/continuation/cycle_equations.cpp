// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <cmath>
#include <iterator>
#include <moebius/base/view.hpp>
#include <moebius/continuation/cycle_equations.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <utility>

#include "node_rules.hpp"

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
                                 const orbit& start, const rotation& turn, further more)
    : base_(base),
      ranges_(ranges),
      free_(positions(base, ranges)),
      turn_(turn),
      beyond_(turn, base.model->dimension()),
      more_(more),
      bases_(start.degree),
      chain_(static_cast<Index>(base.model->dimension()), extra()) {
    check_parameters(*base.model, base.parameters);
    for (const auto& range : ranges) check_range(range);
    check_orbit(start, base.model->dimension());
    set_mesh(folded(piecewise_of(start), beyond_), start.period);
}

void cycle_equations::set_mesh(const piecewise& reference, double period) {
    const Index n = reference.values.rows(), m = bases_.degree(), intervals = reference.intervals();
    breaks_ = reference.breaks;
    const double time = period / static_cast<double>(beyond_.order);
    if (!has_ends()) rules_ = detail::node_rules(base_, reference, time, fast_.from);
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
        const auto& [degree, weights, seen, changes] = bases_.of(node_rule::gauss);
        const MatrixXd slopes = reference.values.middleCols(j * m, m + 1) * changes.transpose();
        phase_.middleCols(j * m, m + 1) += slopes * weights.asDiagonal() * seen;
    }
    const VectorXd last = beyond_.undone(phase_.rightCols(1));
    phase_.col(0) += last;
    phase_.conservativeResize(n, intervals * m);
    const Eigen::Map<VectorXd> row(phase_.data(), phase_.size());
    const double length = row.cwiseProduct(units_.head(phase_.size())).norm();
    phase_ /= length;
    units_[phase_.size()] = time;
    for (std::size_t k = 0; k < free_.size(); ++k)
        units_[coordinate(k)] = (ranges_[k].to - ranges_[k].from) / scaling::whole;
    if (more_ == further::imperfection) units_[units_.size() - 1] = 1;
    imperfection_ = VectorXd::Zero(more_ == further::imperfection ? phase_.size() : 0);
    if (has_ends()) {
        units_.tail(2 * n).setConstant(scale);
        phase_of_gap_ = -last / length;
        phase_value_ = phase_.cwiseProduct(reference.values.leftCols(phase_.cols())).sum() +
                       phase_of_gap_.dot(gap_of(reference));
    }
    intervals_.resize(static_cast<std::size_t>(intervals));
    evaluated_at_.resize(0);
}

VectorXd cycle_equations::gap_of(const piecewise& values) const {
    return values.values.leftCols(1) - beyond_.undone(values.values.rightCols(1));
}

VectorXd cycle_equations::scale_change(const piecewise& values, double period,
                                       const VectorXd& p) const {
    VectorXd u(size());
    u << Eigen::Map<const VectorXd>(values.values.data(), phase_.size()),
        period / static_cast<double>(beyond_.order), p;
    if (has_ends()) u.segment(gap_at(), states()) = gap_of(values);
    return u.cwiseQuotient(units_);
}

VectorXd cycle_equations::scale(const piecewise& values, double period,
                                const std::vector<double>& parameters) const {
    VectorXd p = VectorXd::Zero(extra() - 1);
    for (std::size_t k = 0; k < free_.size(); ++k)
        p[static_cast<Index>(k)] = parameters[free_[k]] - ranges_[k].from;
    return scale_change(values, period, p);
}

piecewise cycle_equations::values(const VectorXd& u) const {
    piecewise result{breaks_, bases_.degree(), {}, beyond_, rules_};
    result.values.resize(phase_.rows(), phase_.cols() + 1);
    Eigen::Map<VectorXd>(result.values.data(), phase_.size()) =
        u.head(phase_.size()).cwiseProduct(units_.head(phase_.size()));
    VectorXd end = result.values.col(0);
    if (has_ends())
        end -= u.segment(gap_at(), end.size()).cwiseProduct(units_.segment(gap_at(), end.size()));
    result.values.rightCols(1) = beyond_.applied(end);
    return result;
}

double cycle_equations::duration(const VectorXd& u) const {
    return u[phase_.size()] * units_[phase_.size()];
}

double cycle_equations::period(const VectorXd& u) const {
    return static_cast<double>(beyond_.order) * duration(u);
}

problem cycle_equations::problem_at(const VectorXd& u) const {
    problem at = base_;
    for (std::size_t k = 0; k < free_.size(); ++k)
        at.parameters[free_[k]] =
            std::lerp(ranges_[k].from, ranges_[k].to, u[coordinate(k)] / scaling::whole);
    return at;
}

void cycle_equations::take_points_for(const VectorXd& u) {
    rules_ = detail::node_rules(problem_at(u), values(u), duration(u), fast_.from);
    evaluated_at_.resize(0);
}

void cycle_equations::rebase(VectorXd& u, VectorXd& direction, Index intervals) {
    rebase(u, direction, {values(u), period(u)}, {values(direction), period(direction)}, intervals);
}

void cycle_equations::rebase(VectorXd& u, VectorXd& direction, const timed& now,
                             const timed& change, Index intervals) {
    // the cycles that differ in their halves alone cross the others on a mesh of alike halves only
    const bool doubled = beyond_.order == 1 && !has_ends() && has_alike_halves(now.values);
    const VectorXd even =
        equidistributed(now.values, intervals + (doubled ? intervals % 2 : 0), fast_.counts);
    const VectorXd mesh = doubled ? with_alike_halves(even) : even;
    const piecewise moved = resampled(now.values, mesh);
    const VectorXd units = units_.tail(extra() - 1);
    set_mesh(moved, now.period);
    const VectorXd ratio = units.cwiseQuotient(units_.tail(extra() - 1));
    const auto carry = [&](const piecewise& values, double period, VectorXd& to) {
        const VectorXd rest = to.tail(ratio.size()).cwiseProduct(ratio);
        to = scale_change(values, period, VectorXd::Zero(ratio.size()));
        const VectorXd gap = has_ends() ? to.segment(gap_at(), states()) : VectorXd();
        to.tail(rest.size()) = rest;
        to.segment(gap_at(), gap.size()) = gap;
    };
    carry(moved, now.period, u);
    carry(resampled(change.values, mesh), change.period, direction);
    direction.normalize();
}

/// Linearises one interval and solves it for its later points.
/// @return false if a number is not finite
/// @param force  of the imperfection
bool cycle_equations::condense(Index j, const piecewise& at, double length, double force,
                               double* residual) {
    const Index n = phase_.rows(), m = bases_.degree();
    const double h = breaks_[j + 1] - breaks_[j], step = h * length;
    auto& here = intervals_[static_cast<std::size_t>(j)];
    auto inner = here.inner();
    auto outer = here.outer();
    const auto x = at.values.middleCols(j * m, m + 1);
    auto& [state, slope, f, fx, fp] = node_;
    const auto& [degree, weights, seen, changes] = basis(j);
    auto& growth = growths_[static_cast<std::size_t>(j)];
    growth.setZero(n, n);
    for (Index i = 0; i < m; ++i) {
        state = x.lazyProduct(seen.row(i).transpose());
        slope = x.lazyProduct(changes.row(i).transpose());
        base_.model->linear_in(view(state), base_.parameters, free_, view(f), view(fx), view(fp));
        if (!f.allFinite() || !fx.allFinite()) return false;
        growth += step * weights[i] * fx;
        for (Index k = 0; k <= m; ++k) {
            const double weight = -step * seen(i, k), own = changes(i, k);
            for (Index c = 0; c < n; ++c) {
                double* const to = k == 0 ? &outer(i * n, c) : &inner(i * n, (k - 1) * n + c);
                for (Index r = 0; r < n; ++r) to[r] = weight * fx(r, c);
                to[c] += own;
            }
        }
        outer.col(n).segment(i * n, n) = -h * f;
        outer.middleCols(n + 1, fp.cols()).middleRows(i * n, n) = -step * fp;
        for (Index r = 0; r < n; ++r) residual[i * n + r] = slope[r] - step * f[r];
    }
    if (has_ends()) outer.rightCols(2 * n).setZero();
    if (more_ == further::imperfection) {
        outer.rightCols(1) = imperfection_.segment(j * n * m, n * m);
        Eigen::Map<VectorXd>(residual, n * m) += force * outer.rightCols(1);
    }
    here.condense();
    return true;
}

bool cycle_equations::evaluate(const VectorXd& u, Eigen::Ref<VectorXd> f) {
    const piecewise at = values(u);
    const Index n = phase_.rows(), block = n * bases_.degree();
    evaluated_at_ = u;
    base_.parameters = problem_at(u).parameters;
    node_ = {VectorXd(n), VectorXd(n), VectorXd(n), MatrixXd(n, n),
             MatrixXd(n, static_cast<Index>(free_.size()))};
    const double force = more_ == further::imperfection ? u[size() - 1] : 0;
    growths_.resize(static_cast<std::size_t>(at.intervals()));
    for (Index j = 0; j < at.intervals(); ++j) {
        intervals_[static_cast<std::size_t>(j)].resize(block, n + extra());
        if (!condense(j, at, duration(u), force, f.data() + j * block)) return false;
    }
    const double scale = base_.model->state_scale(base_.parameters);
    flow_.resize(n, at.intervals());
    for (Index j = 0; j < at.intervals(); ++j) {
        node_.x = at.values.col(j * bases_.degree());
        base_.model->rhs(view(node_.x), base_.parameters, view(node_.f));
        flow_.col(j) = duration(u) / scale * node_.f;
    }
    f[phase_.size()] = phase_.cwiseProduct(at.values.leftCols(phase_.cols())).sum();
    if (has_ends()) f[phase_.size()] += phase_of_gap_.dot(gap_of(at)) - phase_value_;
    return f.allFinite();
}

void cycle_equations::border(const MatrixXd& rows) {
    const Index n = phase_.rows(), block = n * bases_.degree(), later = block - n;
    rows_.resize(extra(), size());
    rows_.row(0).setZero();
    rows_.row(0).head(phase_.size()) = Eigen::Map<VectorXd>(phase_.data(), phase_.size());
    if (has_ends()) rows_.row(0).segment(gap_at(), n) = phase_of_gap_.transpose();
    rows_.bottomRows(rows.rows()) = rows * units_.cwiseInverse().asDiagonal();
    chain_.begin();
    for (Index j = 0; j + 1 < breaks_.size(); ++j) {
        const auto outer = std::as_const(intervals_[static_cast<std::size_t>(j)]).outer();
        folded_ = rows_.middleCols(j * block + n, later).lazyProduct(outer.topRows(later));
        folded_.leftCols(n) += rows_.middleCols(j * block, n);
        if (j == 0) folded_.rightCols(extra()) += rows_.rightCols(extra());
        if (j + 2 < breaks_.size()) {
            chain_.add(outer.bottomRows(n), folded_);
            continue;
        }
        MatrixXd last = beyond_.undone(outer.bottomRows(n));  // P x_0, or P (x_0 - d)
        if (has_ends()) last.middleCols(last.cols() - 2 * n, n).diagonal().array() += 1;
        chain_.add(last, folded_);
    }
    chain_.close();
}

void cycle_equations::solve_bordered(VectorXd& b) const {
    const Index n = phase_.rows(), block = n * bases_.degree(), later = block - n;
    const Index intervals = breaks_.size() - 1;
    MatrixXd ends(n, intervals);  // of the intervals, at x_j = 0, e = 0
    VectorXd s = b.tail(extra());
    for (Index j = 0; j < intervals; ++j) {
        auto inner = b.segment(j * block, block);
        intervals_[static_cast<std::size_t>(j)].solve(inner);
        s -= rows_.middleCols(j * block + n, later).lazyProduct(inner.head(later));
        ends.col(j) = inner.tail(n);
    }
    ends.rightCols(1) = beyond_.undone(ends.rightCols(1));
    const VectorXd links = chain_.solve(ends, s);
    VectorXd known(n + extra()), first(later);
    known.tail(extra()) = links.tail(extra());
    for (Index j = 0; j < intervals; ++j) {
        known.head(n) = links.segment(j * n, n);
        first = b.segment(j * block, later);
        b.segment(j * block, n) = known.head(n);
        b.segment(j * block + n, later) =
            intervals_[static_cast<std::size_t>(j)].outer().topRows(later).lazyProduct(known) +
            first;
    }
    b.tail(extra()) = links.tail(extra());
    b = b.cwiseQuotient(units_);
}

void cycle_equations::solve_bordered_transposed(VectorXd& b) const {
    const Index n = phase_.rows(), block = n * bases_.degree(), intervals = breaks_.size() - 1;
    b = b.cwiseQuotient(units_);
    MatrixXd links(n, intervals);
    VectorXd e = b.tail(extra());
    for (Index j = 0; j < intervals; ++j) {
        const auto outer = intervals_[static_cast<std::size_t>(j)].outer();
        const VectorXd by =
            outer.topRows(block - n).transpose() * b.segment(j * block + n, block - n);
        links.col(j) = b.segment(j * block, n) + by.head(n);
        e += by.tail(extra());
    }
    VectorXd solved = chain_.solve_transposed(links, e);
    const VectorXd s = solved.tail(extra());
    auto last = solved.segment((intervals - 1) * n, n);
    last = beyond_.applied(last);
    VectorXd later(block);
    for (Index j = 0; j < intervals; ++j) {
        later << b.segment(j * block + n, block - n) -
                     rows_.middleCols(j * block + n, block - n).transpose() * s,
            solved.segment(j * n, n);
        intervals_[static_cast<std::size_t>(j)].solve_transposed(later);
        b.segment(j * block, block) = later;
    }
    b.tail(extra()) = s;
}

}  // namespace moebius
