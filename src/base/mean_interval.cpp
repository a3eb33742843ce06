// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/mean_interval.hpp>

namespace moebius {

mean_interval interval_of_mean(std::span<const double> values, double level) {
    if (!(level > 0 && level < 1))
        throw invalid_argument("interval_of_mean", fmt::format("a level of {} came", level),
                               "it must be in (0, 1)");
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    mean_interval result{0, none, none, none, none};
    double sum = 0;
    for (const double value : values)
        if (!std::isnan(value)) {
            sum += value;
            ++result.count;
        }
    if (result.count == 0) return result;
    const auto n = static_cast<double>(result.count);
    result.mean = sum / n;
    if (result.count < 2) return result;
    double squares = 0;
    for (const double value : values)
        if (!std::isnan(value)) squares += (value - result.mean) * (value - result.mean);
    result.deviation = std::sqrt(squares / (n - 1));
    const double quantile = boost::math::quantile(boost::math::students_t(n - 1), 0.5 + level / 2);
    const double reach = quantile * result.deviation / std::sqrt(n);
    result.low = result.mean - reach;
    result.high = result.mean + reach;
    return result;
}

}  // namespace moebius
