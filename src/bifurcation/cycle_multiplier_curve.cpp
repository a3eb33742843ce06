// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <complex>
#include <moebius/bifurcation/cycle_multiplier_curve.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr int border_passes = 3;  // inverse iteration, from borders without a pattern

/// Of K = (c) for c = -1 or 1, or of K = (0 1; -1 2 c).
MatrixXd inverse_of_k(Index pair, double c) {
    if (pair == 1) return MatrixXd::Constant(1, 1, c);
    return (MatrixXd(2, 2) << 2 * c, -1, 1, 0).finished();
}

}  // namespace

cycle_multiplier_curve::cycle_multiplier_curve(kind of, const problem& base,
                                               const std::vector<parameter_range>& ranges,
                                               const orbit& start, const rotation& turn)
    : cycle_equations(base, ranges, start, turn,
                      of == kind::crossing ? further::imperfection : further::nothing),
      kind_(of),
      pair_(of == kind::torus ? 2 : 1),
      system_(static_cast<Index>(base.model->dimension()), pair_, beyond()) {}

VectorXd cycle_multiplier_curve::guess(const orbit& cycle, const std::vector<double>& parameters) {
    VectorXd u(unknowns());
    u.head(size()) = scale(folded(piecewise_of(cycle), beyond()), cycle.period, parameters);
    if (pair_ == 1) return u;
    VectorXd f(collocations() + 1);
    if (!evaluate(u, f)) return {};
    const auto all = multipliers().others;
    const auto off_circle = [](std::complex<double> mu) {
        return std::abs(std::log(std::abs(mu))) + (mu.imag() == 0 ? 1 : 0);
    };
    const auto nearest = std::min_element(
        all.begin(), all.end(), [&](auto l, auto r) { return off_circle(l) < off_circle(r); });
    if (nearest == all.end()) return {};
    u[size()] = nearest->real() / std::abs(*nearest);
    return u;
}

void cycle_multiplier_curve::rebase(VectorXd& u, VectorXd& direction, Index intervals) {
    const VectorXd angle = u.tail(pair_ - 1), turn = direction.tail(pair_ - 1);
    VectorXd cycle = u.head(size()), change = direction.head(size());
    const double length = change.norm();
    cycle_equations::rebase(cycle, change, intervals);
    u.resize(unknowns());
    direction.resize(unknowns());
    u << cycle, angle;
    direction << length * change, turn;
    direction.normalize();
}

bool cycle_multiplier_curve::evaluate_at(const VectorXd& u, Eigen::Ref<VectorXd> f) {
    if (!evaluate(u, f)) return false;
    system_.factor(intervals(), flow(), inverse_of_k(pair_, cosine(u)), across_flow_);
    return true;
}

bool cycle_multiplier_curve::adapt(const VectorXd& u) {
    VectorXd f(collocations() + 1);
    across_flow_ = cosine(u) > 0;
    if (!evaluate(u, f)) return false;
    system_.start_borders(collocations(), flow().cols());
    for (int pass = 0; pass < border_passes; ++pass) {
        system_.factor(intervals(), flow(), inverse_of_k(pair_, cosine(u)), across_flow_);
        system_.adapt_borders(intervals());
    }
    system_.factor(intervals(), flow(), inverse_of_k(pair_, cosine(u)), across_flow_);
    if (kind_ == kind::crossing) {
        const VectorXd w = system_.solve_transposed(intervals(), 0).w.col(0).normalized();
        set_imperfection(w);
        across_ = projection_on(w).normalized();
        centre_ = u;
    }
    return system_.solve(intervals()).g.allFinite();
}

bool cycle_multiplier_curve::linearize(const VectorXd& u, VectorXd& f) {
    if (!evaluate_at(u, f.head(collocations() + 1))) return false;
    const auto found = system_.solve(intervals());
    f.segment(collocations() + 1, pair_) = found.g;
    if (kind_ == kind::crossing) f[f.size() - 1] = across_.dot(u - centre_);
    change_ = MatrixXd::Zero(pair_, size());
    for (Index b = 0; b < pair_; ++b) {
        const auto by = system_.solve_transposed(intervals(), b);
        for (Index c = 0; c < pair_; ++c)
            change_.row(b) -=
                bent(u, by.w.col(c), {found.values[static_cast<std::size_t>(c)], found.tau[c]});
        // of the closure V(0) = P^-1 V(1) K^-T
        if (pair_ == 2)
            turning_[b] =
                2 * by.end.col(0).dot(beyond().undone(found.values[0].rightCols(1)).col(0));
    }
    return change_.allFinite() && f.allFinite();
}

/// The cosine is taken out of the last rows by turning the two rows of g: along `turning_` one of
/// them gives it, across it the other one lacks it.
void cycle_multiplier_curve::factor(const VectorXd& row) {
    row_ = row;
    MatrixXd rows(kind_ == kind::crossing ? 3 : 2, size());
    if (kind_ == kind::crossing) {
        rows << change_, across_.transpose(), row.transpose();
    } else if (kind_ == kind::doubling) {
        rows << change_, row.transpose();
    } else {
        const double length = turning_.norm();
        const Eigen::Vector2d way = turning_ / length, across(way[1], -way[0]);
        rows << across.transpose() * change_,
            row.head(size()).transpose() -
                row[size()] / length * (way.transpose() * change_).eval();
    }
    border(rows);
}

void cycle_multiplier_curve::solve_in_place(VectorXd& b) const {
    if (pair_ == 1) return solve_bordered(b);
    const Index n = size();
    const double length = turning_.norm();
    const Eigen::Vector2d way = turning_ / length, g = b.segment(n - 2, 2);
    VectorXd reduced(n);
    reduced << b.head(n - 2), way[1] * g[0] - way[0] * g[1], b[n] - row_[n] / length * way.dot(g);
    solve_bordered(reduced);
    b << reduced, (way.dot(g) - way.dot(change_ * reduced)) / length;
}

/// As of cycle_curve.
double cycle_multiplier_curve::regularity(const VectorXd& tangent) const {
    return border_regularity() / row_.dot(tangent);
}

}  // namespace moebius
