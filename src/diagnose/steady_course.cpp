// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/diagnose/steady_course.hpp>

namespace moebius {
namespace {

constexpr double least_told = 1e-6;  // of shares and of what lines leave

/// Slope of the least squares line through values one apart.
template <typename Values>
double slope_of(const Values& values) {
    const auto n = values.size();
    const Eigen::ArrayXd x = Eigen::ArrayXd::LinSpaced(n, 0, static_cast<double>(n - 1)) -
                             static_cast<double>(n - 1) / 2;
    return (x * values).sum() / x.square().sum();
}

/// Of a share, by a function of it that rises towards `level`, a value of that function.
template <typename Function>
steady_course course_to(double level, const share_course& course, const Function& of_share) {
    constexpr int blocks = block_window::blocks;
    const Eigen::ArrayXd values = course.unaryExpr(of_share).array();
    const double slope = slope_of(values), later = slope_of(values.tail<blocks / 2>());
    steady_course out;
    out.share = course.tail<2>().mean();
    if (!(slope > 0)) return out;
    const Eigen::ArrayXd line =
        Eigen::ArrayXd::LinSpaced(blocks, -0.5, 0.5) * slope * (blocks - 1) + values.mean();
    const double squares = (values - line).square().sum() / (blocks - 2);
    constexpr double spread = blocks * (blocks * blocks - 1) / 12.0;
    out.t = slope / std::sqrt(std::max(squares, least_told * least_told) / spread);
    out.kept = later / slope;
    const double apart = level - values.tail<2>().mean();
    // the last two blocks' mean is one block old
    if (apart > 0 && later > 0) out.left = std::max(apart / later - 1, 0.0);
    return out;
}

}  // namespace

double least_lead(std::size_t experts, double top_k) {
    const double most = 1 / top_k, even = 1 / static_cast<double>(experts);
    return std::max(most / 2, std::min(2 * even, (most + even) / 2));
}

std::string lead_words(std::size_t experts, double top_k) {
    const double level = least_lead(experts, top_k);
    if (level == 1 / top_k / 2) return "half of what it can have";
    return fmt::format("{:.3g} of all choices ({})", level,
                       level == 2 / static_cast<double>(experts)
                           ? "twice an even share"
                           : "midway from an even share to what it can have");
}

steady_course rise_of(const share_course& course, std::size_t experts, double top_k) {
    const auto log_odds = [&](double share) {
        const double s = std::clamp(share * top_k, least_told, 1 - least_told);
        return std::log(s / (1 - s));
    };
    return course_to(log_odds(least_lead(experts, top_k)), course, log_odds);
}

steady_course fall_of(const share_course& course, std::size_t experts) {
    const auto lost = [](double share) { return -std::log(std::max(share, least_told)); };
    const double even = static_cast<double>(half_of(experts)) / static_cast<double>(experts);
    return course_to(lost(idle_share * even), course, lost);
}

}  // namespace moebius
