// SPDX-License-Identifier: MIT
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <moebius/base/bfloat16.hpp>
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

}  // namespace

score_rule::score_rule(std::size_t experts) : experts_(experts) {
    require("scores").at_least("experts", experts, 2);
    const array none = array::Zero(static_cast<Eigen::Index>(experts));
    d_ = z_ = dd_ = zz_ = dz_ = none;
    lags_.fill({none, none, none, none, none, none, none, none, none});
}

void score_rule::take(std::int64_t step, std::span<const double> shares,
                      std::span<const double> scores) {
    if (!rows_.empty() && step != last_ + 1) rows_.clear();
    last_ = step;
    rounded_ = rounded_ && std::all_of(scores.begin(), scores.end(), is_bfloat16);
    row now{centred(shares), {}, centred(scores)};
    constexpr double even = 1e-12;
    now.signs = now.loads.unaryExpr(
        [](double n) { return std::abs(n) < even ? 0.0 : std::copysign(1.0, n); });
    now.signs -= now.signs.mean();  // a common score moves no load
    rows_.push_back(std::move(now));
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
    return {less(x.nn, x.n, x.n), less(x.ns, x.n, x.s), less(x.ss, x.s, x.s), less(x.zn, z_, x.n),
            less(x.zs, z_, x.s),  less(zz_, z_, z_),    less(x.dn, d_, x.n),  less(x.ds, d_, x.s),
            less(dz_, d_, z_),    less(dd_, d_, d_)};
}

score_rule::relation score_rule::at(std::size_t lag) const {
    const auto x = products_of(lag);
    const auto square =
        products::square(x.nn.sum(), x.ns.sum(), x.ss.sum(), x.zn.sum(), x.zs.sum(), x.zz.sum());
    const Eigen::Vector3d right(x.dn.sum(), x.ds.sum(), x.dz.sum());
    const Eigen::Matrix3d inverse = square.completeOrthogonalDecomposition().pseudoInverse();
    relation out;
    out.after = static_cast<int>(lag) - reach;
    const double all = x.dd.sum();
    if (!(all > 0)) return out;
    out.gains = inverse * right;
    out.of = std::clamp(out.gains.dot(right) / all, 0.0, 1.0);
    const double noise = all * (1 - out.of) / (steps_ * static_cast<double>(experts_ - 1));
    out.errors = (noise * inverse.diagonal()).cwiseMax(0).cwiseSqrt();
    out.scatter = square / all;
    return out;
}

/// Of each expert whose scores move, with gains of its own: those of a rule that moves are not one.
void score_rule::find_experts(relation& of) const {
    const auto x = products_of(static_cast<std::size_t>(of.after + reach));
    constexpr double moves = 1e-2;  // of the mean square of a change
    for (Eigen::Index e = 0; e < x.dd.size(); ++e) {
        if (!(x.dd[e] > moves * x.dd.mean())) continue;
        const Eigen::Vector3d right(x.dn[e], x.ds[e], x.dz[e]);
        const auto square = products::square(x.nn[e], x.ns[e], x.ss[e], x.zn[e], x.zs[e], x.zz[e]);
        const Eigen::Vector3d gains = square.completeOrthogonalDecomposition().solve(right);
        of.experts.emplace_back(static_cast<std::size_t>(e), gains.dot(right) / x.dd[e]);
    }
}

score_rule::relation score_rule::best(std::size_t from, std::size_t to) const {
    auto out = at(from);
    while (++from < to)
        if (auto other = at(from); other.of > out.of) out = std::move(other);
    return out;
}

std::optional<score_rule::relation> score_rule::own() const {
    if (steps_ < fewest_changes || 2 * moved_ < steps_ || rounded_) return std::nullopt;
    auto out = best(reach, reach + 2);
    find_experts(out);
    return out;
}

score_rule::relation score_rule::apart() const {
    auto before = best(0, reach), behind = best(reach + 2, lags);
    return before.of > behind.of ? before : behind;
}

}  // namespace moebius
