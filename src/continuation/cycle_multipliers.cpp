// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/continuation/cycle_equations.hpp>
#include <moebius/solve/product_eigenvalues.hpp>

#include "farthest_multiplier.hpp"
#include "node_rules.hpp"

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double no_size = 1e-12;  // of the way that a cycle goes in its period, in state scales

}  // namespace

auto cycle_equations::floquet_multipliers::far_off() const -> far_ones {
    far_ones found;
    for (const auto mu : others) {
        const double exponent = std::log(std::abs(mu));
        if (!(std::abs(exponent) > far)) continue;
        ++(exponent < 0 ? found.within : found.outside);
        found.negative = found.negative || (mu.imag() == 0 && mu.real() < 0);
    }
    return found;
}

cycle_equations::floquet_multipliers cycle_equations::multipliers() const {
    const Index n = phase_.rows(), count = flow_.cols();
    // v of the reflections I - 2 v v^T that take the flow's directions and the first unit vector
    // into each other, up to signs
    MatrixXd v = flow_.colwise().normalized();
    VectorXd signs(count);
    for (Index j = 0; j < count; ++j) {
        if (flow_.col(j).norm() < no_size)  // it goes as the cycle by which phases are told
            v.col(j) = phase_.col(j * bases_.degree()).normalized();
        signs[j] = v(0, j) < 0 ? 1 : -1;
        v(0, j) -= signs[j];
        v.col(j).normalize();
    }
    floquet_multipliers found;
    std::vector<MatrixXd> across;
    across.reserve(intervals_.size());
    for (Index j = 0; j < count; ++j) {
        const Index next = (j + 1) % count;
        MatrixXd g = intervals_[static_cast<std::size_t>(j)].outer().bottomRows(n).leftCols(n);
        if (next == 0) g = beyond_.undone(g);
        g -= 2 * (g.lazyProduct(v.col(j)).eval() * v.col(j).transpose());
        g -= 2 * (v.col(next) * v.col(next).transpose().lazyProduct(g).eval());
        found.trivial *= g(0, 0) * signs[j] * signs[next];
        across.emplace_back(g.bottomRightCorner(n - 1, n - 1));
    }
    if (n > 1) found.others = product_eigenvalues(across);
    if (std::ssize(found.others) != n - 1) found.trivial = std::numeric_limits<double>::quiet_NaN();
    judge(found);
    return found;
}

/// Whether the mesh tells them; one that is far from 1 is put to its place.
void cycle_equations::judge(floquet_multipliers& found) const {
    const Index n = phase_.rows();
    double fastest = 0;
    for (const auto& growth : growths_) {
        found.divergence += growth.trace();
        fastest = std::max(fastest, growth.norm());
    }
    const auto [within, outside, negative] = found.far_off();
    const bool both = within > 0 && outside > 0;
    if (!both && !(fastest > fast_.from)) return;
    bool turning = false;
    if (n > 2) {
        const bool ruled = !rules_.empty();
        const bool damped =
            std::find(rules_.begin(), rules_.end(), node_rule::radau) != rules_.end();
        const auto modes =
            detail::modes_over(growths_, rules_, both || outside > 0 || negative || ruled);
        turning = modes.turning;
        found.resolved = modes.suited && !(turning && (both || ruled));
        if ((both || turning) && !damped && beyond_.order == 1)
            found.resolved = found.resolved && detail::keep_product(found.others, found.divergence);
    }
    if (!turning && beyond_.order == 1 && (n == 2 || outside > 0 || negative))
        found.resolved = detail::place_farthest(found.others, found.divergence) && found.resolved;
}

}  // namespace moebius
