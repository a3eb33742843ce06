// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/compare/blocking.hpp>
#include <numeric>

namespace moebius {
namespace {

constexpr std::size_t fewest_blocks = 16;

/// Averages neighbours in pairs; an odd last value is left out.
void halve(std::vector<double>& series) {
    const std::size_t half = series.size() / 2;
    for (std::size_t i = 0; i < half; ++i) series[i] = (series[2 * i] + series[2 * i + 1]) / 2;
    series.resize(half);
}

/// The standard error of an error estimated from n block means.
double uncertainty(const blocked_mean& level) {
    return level.error / std::sqrt(2 * static_cast<double>(level.blocks - 1));
}

/// Whether a later level is larger by more than two standard errors of the difference.
bool exceeded(const std::vector<blocked_mean>& levels, std::size_t k) {
    return std::any_of(levels.begin() + static_cast<std::ptrdiff_t>(k) + 1, levels.end(),
                       [&](const blocked_mean& later) {
                           return later.error - levels[k].error > 2 * uncertainty(later);
                       });
}

}  // namespace

void blocking::add(std::vector<double> series) {
    if (series.empty())
        throw invalid_argument("blocked", "a series is empty", "it must have values");
    if (series_ > 0 && series.size() != length_)
        throw invalid_argument(
            "blocked", fmt::format("series of {} and {} values came", length_, series.size()),
            "their lengths must be equal");
    length_ = series.size();
    ++series_;
    for (std::size_t k = 0; !series.empty(); ++k, halve(series)) {
        if (k == levels_.size()) levels_.emplace_back();
        auto& [mean, squares] = levels_[k];
        const auto n = static_cast<double>(series.size()), all = n * static_cast<double>(series_);
        const double own = std::accumulate(series.begin(), series.end(), 0.0) / n;
        for (const double value : series) squares += (value - own) * (value - own);
        squares += (own - mean) * (own - mean) * n * (all - n) / all;  // between old and new means
        mean += (own - mean) * (n / all);
    }
}

/// The error as blocks of 2^level values give it.
blocked_mean blocking::estimate(std::size_t level) const {
    blocked_mean out;
    out.mean = levels_[level].mean;
    out.blocks = series_ * (length_ >> level);
    out.length = std::size_t{1} << level;
    const auto n = static_cast<double>(out.blocks);
    out.error = n > 1 ? std::sqrt(levels_[level].squares / (n - 1) / n)
                      : std::numeric_limits<double>::quiet_NaN();
    return out;
}

blocked_mean blocking::result() const {
    if (series_ == 0) throw invalid_argument("blocked", "no series came", "at least one is needed");
    std::vector<blocked_mean> levels{estimate(0)};
    for (std::size_t k = 1; k < levels_.size() && series_ * (length_ >> k) >= fewest_blocks; ++k)
        levels.push_back(estimate(k));
    std::size_t start = 0;
    while (start + 1 < levels.size() && exceeded(levels, start)) ++start;
    auto out = levels[std::min(start + 2, levels.size() - 1)];
    out.plateau = start + 2 < levels.size();
    out.mean = levels.front().mean;  // of all values, none left out
    return out;
}

blocked_mean blocked(std::span<const std::vector<double>> series) {
    blocking all;
    for (const auto& one : series) all.add(one);
    return all.result();
}

blocked_mean blocked(const std::vector<double>& series) { return blocked(std::span(&series, 1)); }

double normal_deviate(double deviation, double error, std::size_t blocks) {
    if (blocks < 2)
        throw invalid_argument("normal_deviate", fmt::format("{} blocks came", blocks),
                               "two are needed to know an error");
    if (deviation == 0) return 0;  // also where all runs have the very same number
    const boost::math::students_t t(static_cast<double>(blocks - 1));
    const double tail =  // of the side away from 0, so that nothing is lost to rounding
        std::max(boost::math::cdf(boost::math::complement(t, std::abs(deviation / error))),
                 std::numeric_limits<double>::min());
    const boost::math::normal normal;
    return std::copysign(boost::math::quantile(boost::math::complement(normal, tail)), deviation);
}

}  // namespace moebius
