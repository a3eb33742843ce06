// SPDX-License-Identifier: MIT
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <moebius/base/require.hpp>
#include <moebius/diagnose/score_rule.hpp>
#include <utility>

namespace moebius {
namespace {

constexpr double fewest_changes = 200;

Eigen::ArrayXd centred(std::span<const double> values) {
    const Eigen::Map<const Eigen::ArrayXd> all(values.data(),
                                               static_cast<Eigen::Index>(values.size()));
    return all - all.mean();
}

/// What is left of a sum of squares without those of the means; 0 where that is rounding.
Eigen::ArrayXd squares_less(const Eigen::ArrayXd& sum, const Eigen::ArrayXd& a, double steps) {
    constexpr double rounding = 1e-12;
    const Eigen::ArrayXd rest = sum - a.square() / steps;
    return (rest > rounding * sum).select(rest, 0);
}

/// Normal equations by the correlations of what changes are regressed on.
struct normal_fit {
    Eigen::Vector3d gains{0, 0, 0}, inverse{0, 0, 0};  ///< diagonal of the inverse
    std::array<bool, 3> known{};

    normal_fit(const Eigen::Matrix3d& square, const Eigen::Vector3d& right) {
        const Eigen::Vector3d root = square.diagonal().cwiseMax(0).cwiseSqrt();
        const Eigen::Vector3d scale = (root.array() > 0).select(root.cwiseInverse(), 0);
        const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> axes(scale.asDiagonal() * square *
                                                                  scale.asDiagonal());
        constexpr double least = 1e-10, told = 1e-6;  // what others leave of a variance
        const Eigen::Vector3d inner =
            (axes.eigenvalues().array() > least).select(axes.eigenvalues().cwiseInverse(), 0);
        const Eigen::Matrix3d& v = axes.eigenvectors();
        const Eigen::Matrix3d all =
            scale.asDiagonal() * v * inner.asDiagonal() * v.transpose() * scale.asDiagonal();
        gains = all * right;
        inverse = all.diagonal();
        const Eigen::Vector3d left =
            v.cwiseAbs2() * (axes.eigenvalues().array() > least).select(Eigen::Vector3d::Zero(), 1);
        for (Eigen::Index i = 0; i < 3; ++i)
            known[static_cast<std::size_t>(i)] =
                root[i] > 0 && left[i] < told && told * inverse[i] * square(i, i) < 1;
    }
};

}  // namespace

score_rule::score_rule(std::size_t experts) : experts_(experts) {
    require("scores").at_least("experts", experts, 2);
    const array none = array::Zero(static_cast<Eigen::Index>(experts));
    raw_ = d_ = z_ = dd_ = zz_ = dz_ = none;
    lags_.fill({none, none, none, none, none, none, none, none, none});
}

void score_rule::take(std::int64_t step, std::span<const double> shares,
                      std::span<const double> scores) {
    if (!rows_.empty() && step != last_ + 1) rows_.clear();
    last_ = step;
    rounding_.take(scores);
    raw_ += Eigen::Map<const array>(scores.data(), raw_.size()).square();
    row now{centred(shares), {}, centred(scores)};
    constexpr double even = 1e-12;
    now.signs = now.loads.unaryExpr(
        [](double n) { return std::abs(n) < even ? 0.0 : std::copysign(1.0, n); });
    now.signs -= now.signs.mean();  // a common score moves no load
    if (!first_) first_ = now;
    rows_.push_back(
        {now.loads - first_->loads, now.signs - first_->signs, now.scores - first_->scores});
    if (rows_.size() < lags) return;
    add();
    rows_.pop_front();
}

/// The change from the row that has `reach` rows before it.
void score_rule::add() {
    const array& z = rows_[reach].scores;
    const array d = rows_[reach + 1].scores - z;
    ++steps_;
    moved_ += (d != 0).any() ? 1 : 0;
    d_ += d;
    z_ += z;
    dd_ += d.square();
    zz_ += z.square();
    dz_ += d * z;
    for (std::size_t lag = 0; lag < lags; ++lag) {
        const auto& [n, s, unused] = rows_[lag];
        auto& to = lags_[lag];
        to.n += n;
        to.s += s;
        to.nn += n.square();
        to.ns += n * s;
        to.ss += s.square();
        to.dn += d * n;
        to.ds += d * s;
        to.zn += z * n;
        to.zs += z * s;
    }
}

/// Sums of products of a change and what it may be made of, less those of the means.
struct score_rule::products {
    array nn, ns, ss, zn, zs, zz, dn, ds, dz, dd;  ///< (E)

    [[nodiscard]] static Eigen::Matrix3d square(double nn, double ns, double ss, double zn,
                                                double zs, double zz) {
        Eigen::Matrix3d out;
        out << nn, ns, zn, ns, ss, zs, zn, zs, zz;
        return out;
    }
};

score_rule::products score_rule::products_of(std::size_t lag) const {
    const auto& x = lags_[lag];
    const auto less = [&](const array& sum, const array& a, const array& b) -> array {
        return sum - a * b / steps_;
    };
    return {squares_less(x.nn, x.n, steps_),
            less(x.ns, x.n, x.s),
            squares_less(x.ss, x.s, steps_),
            less(x.zn, z_, x.n),
            less(x.zs, z_, x.s),
            squares_less(zz_, z_, steps_),
            less(x.dn, d_, x.n),
            less(x.ds, d_, x.s),
            less(dz_, d_, z_),
            squares_less(dd_, d_, steps_)};
}

score_rule::relation score_rule::at(std::size_t lag) const {
    const auto x = products_of(lag);
    const auto square =
        products::square(x.nn.sum(), x.ns.sum(), x.ss.sum(), x.zn.sum(), x.zs.sum(), x.zz.sum());
    const Eigen::Vector3d right(x.dn.sum(), x.ds.sum(), x.dz.sum());
    const normal_fit fit(square, right);
    relation out;
    out.after = static_cast<int>(lag) - reach;
    const double all = x.dd.sum();
    if (!(all > 0)) return out;
    out.gains = fit.gains;
    out.known = fit.known;
    out.of = std::clamp(out.gains.dot(right) / all, 0.0, 1.0);
    const double noise = all * (1 - out.of) / (steps_ * static_cast<double>(experts_ - 1));
    out.errors = (noise * fit.inverse).cwiseMax(0).cwiseSqrt();
    out.scatter = square / all;
    return out;
}

/// Of each expert whose scores move, with gains of its own: those of a rule that moves are not one.
void score_rule::find_experts(relation& of) const {
    const auto x = products_of(static_cast<std::size_t>(of.after + reach));
    constexpr double moves = 1e-2;  // of the mean square of a change
    const double least = std::max(moves * x.dd.mean(), steps_ * std::pow(rounding(), 2));
    for (Eigen::Index e = 0; e < x.dd.size(); ++e) {
        if (!(x.dd[e] > least)) continue;
        const Eigen::Vector3d right(x.dn[e], x.ds[e], x.dz[e]);
        const auto square = products::square(x.nn[e], x.ns[e], x.ss[e], x.zn[e], x.zs[e], x.zz[e]);
        of.experts.emplace_back(static_cast<std::size_t>(e),
                                normal_fit(square, right).gains.dot(right) / x.dd[e]);
    }
}

score_rule::relation score_rule::best(std::size_t from, std::size_t to) const {
    auto out = at(from);
    while (++from < to)
        if (auto other = at(from); other.of > out.of) out = std::move(other);
    return out;
}

/// Changes that are less are too near to how scores are rounded.
double score_rule::rounding() const {
    constexpr double beyond = 100;
    return beyond * rounding_.at(std::sqrt(raw_.maxCoeff() / steps_));
}

std::optional<score_rule::relation> score_rule::own() const {
    if (steps_ < fewest_changes || 2 * moved_ < steps_) return std::nullopt;
    const auto changes = squares_less(dd_, d_, steps_);
    if (!(changes.mean() > steps_ * std::pow(rounding(), 2))) return std::nullopt;
    auto out = best(reach, reach + 2);
    find_experts(out);
    return out;
}

score_rule::relation score_rule::apart() const {
    auto before = best(0, reach), behind = best(reach + 2, lags);
    return before.of > behind.of ? before : behind;
}

}  // namespace moebius
