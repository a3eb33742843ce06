// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/diagnose/block_signs.hpp>

#include "parabola.hpp"

namespace moebius {
namespace {

constexpr int blocks = block_window::blocks;
using block_vector = Eigen::Vector<double, blocks>;
using block_matrix = Eigen::Matrix<double, blocks, blocks>;

/// a_i, the components of the block means along their leading direction: the first eigenvector of
/// their centred products times the root of its eigenvalue, by the power method. Where two
/// directions are alike any mixture of them will do.
block_vector leading_course(const block_matrix& products) {
    const block_vector row = products.rowwise().mean();
    const block_matrix centred =
        (products.colwise() - row).rowwise() - (row.transpose().array() - row.mean()).matrix();
    block_vector at = centred.col(blocks - 1) - centred.col(0);
    double scale = at.norm(), before = 0;
    for (int i = 0; i < 50 && !(i > 1 && std::abs(scale - before) <= 1e-6 * scale); ++i) {
        if (!(scale > 0)) return block_vector::Zero();
        const block_vector unit = at / scale;
        at = centred.lazyProduct(unit);  // 20 by 20: a call is dearer
        before = scale;
        scale = at.norm();
    }
    return at * (std::sqrt(scale) / std::max(scale, 1e-300));
}

/// The projector that takes off a parabola in time.
const block_matrix& without_parabola() {
    static const block_matrix projector =
        block_matrix::Identity() - parabola_basis() * parabola_basis().transpose();
    return projector;
}

}  // namespace

bool moves_away(const block_window& window) {
    const auto squares = window.products.diagonal();
    return squares.tail<3>().mean() > squares.head<blocks - 3>().maxCoeff();
}

block_growth growth_in(const block_window& window) {
    block_growth out;
    out.away = moves_away(window);
    const block_vector a = leading_course(window.products);
    constexpr int pairs = blocks - 1;
    const Eigen::Vector<double, pairs> from = a.head<pairs>().array() - a.head<pairs>().mean();
    const Eigen::Vector<double, pairs> change = a.tail<pairs>() - a.head<pairs>();
    const double spread = from.squaredNorm();
    if (!(spread > 1e-15)) return out;  // blocks of equal counts: nothing moves
    const double rho = from.dot(change) / spread;
    const double left =
        ((change.array() - change.mean()).matrix() - rho * from).squaredNorm() / (pairs - 2);
    out.multiplier = 1 + rho;
    out.error = std::sqrt(std::max(left, 1e-16) / spread);
    out.t = rho / out.error;
    return out;
}

double swing_gain(const block_window& window) {
    if (!(window.step_variance > 0)) return 0;
    const auto& p = window.products;
    std::array<double, blocks - 2> bends{}, in_order{};
    for (int i = 1; i + 1 < blocks; ++i)
        bends[static_cast<std::size_t>(i - 1)] =
            (p(i, i) + (p(i - 1, i - 1) + p(i + 1, i + 1)) / 4 + p(i - 1, i + 1) / 2 - p(i, i - 1) -
             p(i, i + 1)) /
            1.5;
    for (std::size_t i = 0; i < bends.size(); ++i) {  // no branch is foretold wrong, as in sorting
        double larger = bends[i];
        for (std::size_t j = 0; j < i; ++j) {
            const double least = std::min(in_order[j], larger);
            larger = std::max(in_order[j], larger);
            in_order[j] = least;
        }
        in_order[i] = larger;
    }
    constexpr int calm = (blocks - 2) * 7 / 10;
    double variance = 0;
    for (std::size_t i = 0; i < calm; ++i) variance += in_order[i] / calm;
    return variance * static_cast<double>(window.length) / window.step_variance;
}

double block_spread(const block_window& window) {
    if (!(window.step_variance > 0)) return 0;
    const double squares = window.products.trace() - window.products.mean() * blocks;
    return squares / (blocks - 1) * static_cast<double>(window.length) / window.step_variance;
}

double slow_swing(const block_window& window, int half) {
    if (!(window.step_variance > 0)) return 0;
    Eigen::VectorXd change = Eigen::VectorXd::Constant(2 * half, 1.0 / half);
    change.head(half) *= -1;
    double square = 0;
    const int shifts = blocks - 2 * half + 1;
    for (int i = 0; i < shifts; ++i)
        square += change.dot(window.products.block(i, i, 2 * half, 2 * half) * change) / shifts;
    return square * static_cast<double>(window.length) * half / 2 / window.step_variance;
}

block_swing swing_in(const block_window& window) {
    block_swing out;
    if (!(window.step_variance > 0)) return out;
    out.gain = swing_gain(window);
    const block_matrix rest = without_parabola() * window.products * without_parabola();
    const double all = rest.trace();
    if (all > 0) out.lag = rest.diagonal<1>().sum() / all;
    return out;
}

double over_dispersion(const block_window& window, double tokens, double top_k) {
    const double square = window.products.mean() + 1 / static_cast<double>(window.experts);
    const double level = (1 / top_k - square) / tokens;
    return level > 0 ? window.step_variance / level : 0;
}

}  // namespace moebius
