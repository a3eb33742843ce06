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

node_rule rule_for(const demands& of) {
    if (of.decays && of.may_damp) return node_rule::radau;
    if (of.grows && of.may_raise) return node_rule::mirrored_radau;
    return node_rule::gauss;
}

/// Whether an eigenvalue may be larger than that, by the norms of a few powers.
bool may_exceed(double limit, const MatrixXd& a) {
    if (!(a.norm() > limit)) return false;
    const MatrixXd square = a.lazyProduct(a);
    if (!(square.norm() > limit * limit)) return false;
    const MatrixXd fourth = square.lazyProduct(square);
    return fourth.lazyProduct(fourth).norm() > std::pow(limit, 8);
}

/// How many modes decay and grow by more than that.
struct fast_ones {
    int decay = 0, grow = 0;
};
fast_ones beyond(double limit, const MatrixXd& growth) {
    fast_ones found;
    if (!may_exceed(limit, growth)) return found;
    for (const auto& lambda : eigenvalues(growth)) {
        found.decay += lambda.real() < -limit ? 1 : 0;
        found.grow += lambda.real() > limit ? 1 : 0;
    }
    return found;
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
            if (fx.allFinite() && fx.norm() * length > fast) ask(fx, length, fast, all);
        }
        rules[static_cast<std::size_t>(j)] = rule_for(all);
    }
    const bool plain = std::all_of(rules.begin(), rules.end(),
                                   [](node_rule each) { return each == node_rule::gauss; });
    return plain ? std::vector<node_rule>{} : rules;
}

bool tell_multipliers(std::span<const MatrixXd> growths, std::span<const node_rule> rules) {
    int most = 0;
    bool suited = true;
    for (std::size_t j = 0; j < growths.size(); ++j) {
        const node_rule rule = rules.empty() ? node_rule::gauss : rules[j];
        const auto [decay, grow] = beyond(rule == node_rule::gauss ? symmetric : few, growths[j]);
        most = std::max(most, decay + grow);
        suited = suited && (decay == 0 || rule == node_rule::radau) &&
                 (grow == 0 || rule == node_rule::mirrored_radau);
    }
    return suited || most < 2;
}

bool may_turn(std::span<const MatrixXd> growths) {
    bool decays = false, grows = false;
    for (std::size_t j = 0; j < growths.size() && !(decays && grows); ++j) {
        const auto [decay, grow] = beyond(few, growths[j]);
        decays = decays || decay > 0;
        grows = grows || grow > 0;
    }
    return decays && grows;
}

}  // namespace moebius::detail
