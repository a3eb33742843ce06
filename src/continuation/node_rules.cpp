// SPDX-License-Identifier: MIT
#include "node_rules.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double resolved = 2;    // where either rule errs by 1e-4 at most
constexpr double few = 4;         // where either errs by 1e-2, or a third against its own side
constexpr double symmetric = 15;  // where Gauss's keep 7 % of what decays

/// What the modes of an interval ask for.
struct demands {
    bool decays = false, grows = false;      // one, fast
    bool may_damp = true, may_raise = true;  // all that are not resolved decay, or grow
};

void ask(const MatrixXd& fx, double time, double fast, demands& all) {
    for (const auto& lambda : eigenvalues(fx)) {
        const double growth = lambda.real() * time;
        all.decays = all.decays || growth < -fast;
        all.grows = all.grows || growth > fast;
        if (std::abs(lambda) * time <= resolved) continue;
        all.may_damp = all.may_damp && growth < -resolved;
        all.may_raise = all.may_raise && growth > resolved;
    }
}

/// Whether an eigenvalue may be larger than that, by the norms of a few powers.
bool may_exceed(double limit, MatrixXd a) {
    constexpr int squares = 4;
    for (int k = 0; a.norm() > limit; ++k) {
        if (k == squares) return true;
        a = a.lazyProduct(a).eval();
        limit *= limit;
    }
    return false;
}

node_rule rule_for(const demands& of) {
    if (of.decays && of.may_damp) return node_rule::radau;
    if (of.grows && of.may_raise) return node_rule::mirrored_radau;
    return node_rule::gauss;
}

}  // namespace

std::vector<node_rule> node_rules(const problem& at, const piecewise& part, double time,
                                  double fast) {
    const Index n = part.values.rows(), middle = part.degree / 2;
    std::vector<node_rule> rules(static_cast<std::size_t>(part.intervals()));
    VectorXd f(n);
    MatrixXd fx(n, n);
    for (Index j = 0; j < part.intervals(); ++j) {
        const double length = time * (part.breaks[j + 1] - part.breaks[j]);
        demands all;
        for (const Index k : {Index{0}, middle, part.degree}) {
            const VectorXd x = part.values.col(j * part.degree + k);
            at.model->linear_in(view(x), at.parameters, {}, view(f), view(fx), {});
            if (fx.allFinite() && may_exceed(fast / length, fx)) ask(fx, length, fast, all);
        }
        rules[static_cast<std::size_t>(j)] = rule_for(all);
    }
    const bool plain = std::all_of(rules.begin(), rules.end(),
                                   [](node_rule each) { return each == node_rule::gauss; });
    return plain ? std::vector<node_rule>{} : rules;
}

modes_told modes_over(std::span<const MatrixXd> growths, std::span<const node_rule> rules,
                      bool with_turning) {
    modes_told all;
    int most = 0;
    bool decays = false, grows = false;
    for (std::size_t j = 0; j < growths.size(); ++j) {
        const node_rule rule = rules.empty() ? node_rule::gauss : rules[j];
        const double limit = rule == node_rule::gauss ? symmetric : few;
        if (!may_exceed(with_turning ? few : limit, growths[j])) continue;
        int fast = 0;
        for (const auto& lambda : eigenvalues(growths[j])) {
            const double growth = lambda.real();
            decays = decays || growth < -few;
            grows = grows || growth > few;
            if (std::abs(growth) <= limit) continue;
            ++fast;
            all.suited =
                all.suited && rule == (growth < 0 ? node_rule::radau : node_rule::mirrored_radau);
        }
        most = std::max(most, fast);
    }
    all.suited = all.suited || most < 2;
    all.turning = with_turning && decays && grows;
    return all;
}

}  // namespace moebius::detail
