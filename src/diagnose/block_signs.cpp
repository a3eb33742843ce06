// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <Eigen/QR>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/diagnose/block_signs.hpp>
#include <moebius/logs/token_noise.hpp>
#include <numbers>

#include "merge_network.hpp"
#include "parabola.hpp"

namespace moebius {
namespace {

constexpr int blocks = block_window::blocks;
using block_vector = Eigen::Vector<double, blocks>;
using block_matrix = Eigen::Matrix<double, blocks, blocks>;

block_matrix centred(const block_matrix& products) {
    const block_vector row = products.rowwise().mean();
    return (products.colwise() - row).rowwise() - (row.transpose().array() - row.mean()).matrix();
}

/// a_i, the components of the block means along their leading direction: the first eigenvector of
/// their centred products times the root of its eigenvalue, by the power method, from the column of
/// the block that is furthest off: it is never 0 unless all are. Where two directions are alike any
/// mixture of them will do.
block_vector leading_course(const block_matrix& of_centred) {
    Eigen::Index furthest = 0;
    of_centred.diagonal().maxCoeff(&furthest);
    block_vector at = of_centred.col(furthest);
    double scale = at.norm(), before = 0;
    for (int i = 0; i < 50 && !(i > 1 && std::abs(scale - before) <= 1e-6 * scale); ++i) {
        if (!(scale > 0)) return block_vector::Zero();
        const block_vector unit = at / scale;
        at = of_centred.lazyProduct(unit);  // 20 by 20: a call is dearer
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

namespace {

/// Of the block means about their mean, of all loads and blocks.
double squares_of(const block_window& window) {
    return window.products.trace() - window.products.mean() * blocks;
}

/// Squares that are left of a course by one jump from a level to another, at its best place: within
/// a block, which may have any value, or between two.
double left_by_jump(const block_vector& a) {
    const auto left = [](const auto& level) {
        return (level.array() - level.mean()).square().sum();
    };
    double least = left(a);
    for (int before = 1; before < blocks; ++before)
        for (const int within : {0, 1})
            if (const int after = blocks - before - within; after > 0)
                least = std::min(least, left(a.head(before)) + left(a.tail(after)));
    return least;
}

}  // namespace

block_growth growth_in(const block_window& window) {
    block_growth out;
    out.away = moves_away(window);
    const block_vector a = leading_course(centred(window.products));
    constexpr int pairs = blocks - 1;
    const Eigen::Vector<double, pairs> from = a.head<pairs>().array() - a.head<pairs>().mean();
    const Eigen::Vector<double, pairs> change = a.tail<pairs>() - a.head<pairs>();
    const double spread = from.squaredNorm();
    out.still = !(spread > 1e-15);  // blocks of equal counts, to rounding
    if (out.still) return out;
    const double rho = from.dot(change) / spread;
    const double squares = ((change.array() - change.mean()).matrix() - rho * from).squaredNorm();
    const double left = squares / (pairs - 2);
    out.jumped = left_by_jump(a) < squares;
    out.share = std::min(a.squaredNorm() / squares_of(window), 1.0);
    out.multiplier = 1 + rho;
    out.error = std::sqrt(std::max(left, 1e-16) / spread);
    out.t = rho / out.error;
    return out;
}

double second_direction(const block_window& window) {
    const block_matrix all = centred(window.products);
    const block_vector first = leading_course(all);
    const double squares = first.squaredNorm();
    if (!(squares > 0)) return 0;
    return leading_course(all - first * first.transpose()).squaredNorm() / squares;
}

block_jump without_jump(const block_window& window) {
    const auto& all = window.products;
    const auto about_mean = [&](int from, int count) {
        const auto of = all.block(from, from, count, count);
        return of.trace() - of.sum() / count;
    };
    int before = blocks, within = 0;
    double least = std::numeric_limits<double>::infinity();
    for (int first = 1; first < blocks; ++first)
        for (const int torn : {0, 1}) {
            const int then = first + torn;
            // a block that is left out, too, has taken a degree of freedom with it
            const double left =
                (about_mean(0, first) + (then < blocks ? about_mean(then, blocks - then) : 0)) /
                (blocks - 2 - torn);
            if (left >= least) continue;
            least = left;
            before = first;
            within = torn;
        }
    block_matrix projector = block_matrix::Identity();
    const int after = blocks - before - within;
    projector.topLeftCorner(before, before).array() -= 1.0 / before;
    if (within == 1) projector(before, before) = 0;
    if (after > 0) projector.bottomRightCorner(after, after).array() -= 1.0 / after;
    block_jump out{window, (after + within / 2.0) * static_cast<double>(window.length)};
    out.rest.products = projector * all * projector;
    return out;
}

double swing_gain(const block_window& window) {
    if (!(window.step_variance > 0)) return 0;
    const auto& p = window.products;
    std::array<double, blocks - 2> bends{};
    for (int i = 1; i + 1 < blocks; ++i)
        bends[static_cast<std::size_t>(i - 1)] =
            (p(i, i) + (p(i - 1, i - 1) + p(i + 1, i + 1)) / 4 + p(i - 1, i + 1) / 2 - p(i, i - 1) -
             p(i, i + 1)) /
            1.5;
    merge_network<blocks - 2>::sort(bends);
    constexpr int calm = (blocks - 2) * 7 / 10;
    double variance = 0;
    for (std::size_t i = 0; i < calm; ++i) variance += bends[i] / calm;
    return variance * static_cast<double>(window.length) / window.step_variance;
}

double block_movement(const block_window& window) {
    return std::sqrt(std::max(squares_of(window), 0.0) / blocks *
                     static_cast<double>(window.experts));
}

double block_spread(const block_window& window) {
    if (!(window.step_variance > 0)) return 0;
    return squares_of(window) / (blocks - 1) * static_cast<double>(window.length) /
           window.step_variance;
}

double slow_swing(const block_window& window, int half) {
    if (!(window.step_variance > 0)) return 0;
    const auto sign = [half](int i) { return i < half ? -1 : 1; };
    double square = 0;
    const int shifts = blocks - 2 * half + 1;
    for (int from = 0; from < shifts; ++from)
        for (int i = 0; i < 2 * half; ++i)
            for (int j = 0; j < 2 * half; ++j)
                square += sign(i) * sign(j) * window.products(from + j, from + i);
    square /= half * half * shifts;
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

namespace {

constexpr int fewest_periods = 4, most_periods = blocks / 2;

using wave_matrix = Eigen::Matrix<double, blocks, 2 * (most_periods - fewest_periods + 2)>;

/// Cosines and sines of 3 to 10 periods a window, less their parabolas: two columns each.
const wave_matrix& waves() {
    static const wave_matrix columns = [] {
        wave_matrix out;
        for (int f = fewest_periods - 1; f <= most_periods; ++f)
            for (int i = 0; i < blocks; ++i) {
                const double angle = 2 * std::numbers::pi * f * i / blocks;
                out(i, 2 * (f - fewest_periods + 1)) = std::cos(angle);
                out(i, 2 * (f - fewest_periods + 1) + 1) = std::sin(angle);
            }
        return wave_matrix(without_parabola() * out);
    }();
    return columns;
}

/// What is left of a swing, by an autoregression of second order.
void fit_swing(const block_window& window, block_line& out) {
    constexpr int rows = blocks - 2;
    const block_vector a = leading_course(centred(window.products));
    Eigen::Matrix<double, rows, 3> terms;
    terms << Eigen::Vector<double, rows>::Ones(), a.segment<rows>(1), a.head<rows>();
    const Eigen::ColPivHouseholderQR<decltype(terms)> qr(terms);
    if (qr.rank() < 3) return;
    const Eigen::Vector3d fit = qr.solve(a.tail<rows>());
    const double squares = (a.tail<rows>() - terms * fit).squaredNorm() / (rows - 3);
    const Eigen::Matrix3d inverse = (terms.transpose() * terms).inverse();
    const double left = -fit[2], half = fit[1] / 2;
    if (!(left > half * half)) return;  // no angle: it does not swing
    const double turns = std::acos(half / std::sqrt(left)) / (2 * std::numbers::pi);
    if (turns * blocks < fewest_periods - 1) return;
    const double error = std::sqrt(std::max(squares * inverse(2, 2), 1e-16));
    out.period = static_cast<double>(window.length) / turns;
    out.multiplier = std::pow(left, 0.5 / turns);
    out.error = out.multiplier * 0.5 / turns * error / left;
    out.t = (left - 1) / error;
}

}  // namespace

namespace {

/// Of the block means about a parabola in time, of all loads and blocks.
double squares_off_parabola(const block_window& window) {
    const auto& basis = parabola_basis();
    return window.products.trace() - basis.cwiseProduct(window.products.lazyProduct(basis)).sum();
}

}  // namespace

double block_variance(const block_window& window) {
    return std::max(squares_off_parabola(window), 0.0) / (blocks - 3);
}

block_line line_in(const block_window& window) {
    const double all = squares_off_parabola(window);
    block_line out;
    if (!(all > 0)) return out;
    const auto& wave = waves();
    const Eigen::RowVectorXd squares =
        (wave.array() * (window.products * wave).array()).colwise().sum();
    std::array<double, most_periods + 1> power{};  // of 3 to 10 periods
    for (int f = fewest_periods - 1; f <= most_periods; ++f) {
        const auto column = 2 * (f - fewest_periods + 1);
        power[static_cast<std::size_t>(f)] =
            squares.segment(column, 2).sum() * (f == most_periods ? 1.0 : 2.0) / blocks;
    }
    for (std::size_t f = fewest_periods; f <= most_periods; ++f) {
        double line = 0, moment = 0;
        for (std::size_t g = f - 1; g <= std::min<std::size_t>(f + 1, most_periods); ++g) {
            line += power[g];
            moment += static_cast<double>(g) * power[g];
        }
        if (line <= out.share * all) continue;
        out.share = std::min(line / all, 1.0);
        out.period = blocks * line / moment * static_cast<double>(window.length);
    }
    constexpr double mostly = 0.5;
    if (out.share > mostly) fit_swing(window, out);
    out.variance = all / (blocks - 3);
    out.size = std::sqrt(all / blocks * static_cast<double>(window.experts));
    return out;
}

double over_dispersion(const block_window& window, double tokens, double top_k) {
    // by rows, which do not wait for one another
    const double mean = window.products.rowwise().sum().sum() / (blocks * blocks);
    const double square = mean + 1 / static_cast<double>(window.experts);
    const double level = token_noise(square, top_k, tokens);
    return level > 0 ? window.step_variance / level : 0;
}

}  // namespace moebius
