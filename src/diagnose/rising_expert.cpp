// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/diagnose/rising_expert.hpp>

namespace moebius {
namespace {

/// Slope of the least squares line through values one apart.
template <typename Values>
double slope_of(const Values& values) {
    const auto n = values.size();
    const Eigen::ArrayXd x = Eigen::ArrayXd::LinSpaced(n, 0, static_cast<double>(n - 1)) -
                             static_cast<double>(n - 1) / 2;
    return (x * values).sum() / x.square().sum();
}

}  // namespace

double half_of_most(std::size_t experts, double top_k) {
    const double most = 1 / top_k, even = 1 / static_cast<double>(experts);
    return 2 * even < most ? most / 2 : (most + even) / 2;
}

rising_expert rise_of(const Eigen::Vector<double, block_window::blocks>& course,
                      std::size_t experts, double top_k) {
    constexpr int blocks = block_window::blocks;
    constexpr double rounding = 1e-6;
    const auto log_odds = [&](double share) {
        const double s = std::clamp(share * top_k, rounding, 1 - rounding);
        return std::log(s / (1 - s));
    };
    const Eigen::ArrayXd odds = course.unaryExpr(log_odds).array();
    const double slope = slope_of(odds), later = slope_of(odds.tail<blocks / 2>());
    rising_expert out;
    out.share = course.tail<2>().mean();
    if (!(slope > 0)) return out;
    const Eigen::ArrayXd line =
        Eigen::ArrayXd::LinSpaced(blocks, -0.5, 0.5) * slope * (blocks - 1) + odds.mean();
    const double squares = (odds - line).square().sum() / (blocks - 2);
    constexpr double spread = blocks * (blocks * blocks - 1) / 12.0;
    out.t = slope / std::sqrt(std::max(squares, rounding * rounding) / spread);
    out.kept = later / slope;
    const double apart = log_odds(half_of_most(experts, top_k)) - odds.tail<2>().mean();
    // the last two blocks' mean is one block old
    if (apart > 0 && later > 0) out.left = std::max(apart / later - 1, 0.0);
    return out;
}

}  // namespace moebius
