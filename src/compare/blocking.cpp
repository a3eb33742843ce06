// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/compare/blocking.hpp>

namespace moebius {
namespace {

constexpr std::size_t fewest_blocks = 16;

double mean_of(std::span<const std::vector<double>> series) {
    double sum = 0, count = 0;
    for (const auto& one : series) {
        for (const double value : one) sum += value;
        count += static_cast<double>(one.size());
    }
    return sum / count;
}

/// Averages neighbours in pairs; an odd last value is left out.
void halve(std::vector<std::vector<double>>& series) {
    for (auto& one : series) {
        const std::size_t half = one.size() / 2;
        for (std::size_t i = 0; i < half; ++i) one[i] = (one[2 * i] + one[2 * i + 1]) / 2;
        one.resize(half);
    }
}

/// The error as these blocks give it.
blocked_mean estimate(std::span<const std::vector<double>> series, std::size_t length) {
    blocked_mean result;
    result.mean = mean_of(series);
    result.blocks = series.size() * series.front().size();
    result.length = length;
    double squares = 0;
    for (const auto& one : series)
        for (const double value : one) squares += (value - result.mean) * (value - result.mean);
    const auto n = static_cast<double>(result.blocks);
    result.error =
        n > 1 ? std::sqrt(squares / (n - 1) / n) : std::numeric_limits<double>::quiet_NaN();
    return result;
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

blocked_mean blocked(std::span<const std::vector<double>> series) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("blocked", got, needed);
    };
    if (series.empty()) reject("no series came", "at least one is needed");
    for (const auto& one : series) {
        if (one.empty()) reject("a series is empty", "it must have values");
        if (one.size() != series.front().size())
            reject(
                fmt::format("series of {} and {} values came", series.front().size(), one.size()),
                "their lengths must be equal");
    }
    std::vector<std::vector<double>> blocks(series.begin(), series.end());
    std::vector<blocked_mean> levels{estimate(blocks, 1)};
    while (blocks.front().size() >= 2 &&
           blocks.size() * (blocks.front().size() / 2) >= fewest_blocks) {
        halve(blocks);
        levels.push_back(estimate(blocks, 2 * levels.back().length));
    }
    std::size_t start = 0;
    while (start + 1 < levels.size() && exceeded(levels, start)) ++start;
    auto result = levels[std::min(start + 2, levels.size() - 1)];
    result.plateau = start + 2 < levels.size();
    result.mean = levels.front().mean;  // of all values, none left out
    return result;
}

blocked_mean blocked(const std::vector<double>& series) { return blocked(std::span(&series, 1)); }

double normal_deviate(double deviation, double error, std::size_t blocks) {
    if (blocks < 2)
        throw invalid_argument("normal_deviate", fmt::format("{} blocks came", blocks),
                               "two are needed to know an error");
    const boost::math::students_t t(static_cast<double>(blocks - 1));
    const double tail =  // of the side away from 0, so that nothing is lost to rounding
        std::max(boost::math::cdf(boost::math::complement(t, std::abs(deviation / error))),
                 std::numeric_limits<double>::min());
    const boost::math::normal normal;
    return std::copysign(boost::math::quantile(boost::math::complement(normal, tail)), deviation);
}

}  // namespace moebius
