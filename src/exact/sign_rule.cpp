// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/base/require.hpp>
#include <moebius/exact/sign_rule.hpp>
#include <numbers>

#include "root.hpp"

namespace moebius::exact {
namespace {

constexpr require sign_numbers("sign rule");

/// (1/pi) of the integral of exp(-x (1 - cos t)) (1 + cos t) over 0 to pi. The integrand is smooth
/// and periodic, of width 1/sqrt(x): the rule's error falls exponentially in points sqrt(x).
double mean_by_angle(double x) {
    const auto intervals = 32 + static_cast<int>(8 * std::sqrt(x));
    double sum = 1;  // t = 0, where the integrand is 2, by half; at t = pi it is 0
    for (int i = 1; i < intervals; ++i) {
        const double c = std::cos(std::numbers::pi * i / intervals);
        sum += std::exp(-x * (1 - c)) * (1 + c);
    }
    return sum / intervals;
}

/// (2 - 1/(4x) - 3/(64 x^2))/sqrt(2 pi x), of the large-x series of I0 and I1.
double far_out(double x) {
    return (2 - 1 / (4 * x) - 3 / (64 * x * x)) / std::sqrt(2 * std::numbers::pi * x);
}

}  // namespace

double sign_gain_left(double amplitude) {
    sign_numbers.not_negative("amplitude", amplitude);
    const double x = amplitude * amplitude / 4;
    return x < 1e5 ? mean_by_angle(x) : far_out(x);
}

double sign_basin(double beyond, double gain) {
    sign_numbers.finite("feedback beyond the threshold", beyond).not_negative("gain", gain);
    if (beyond <= 0) return std::numeric_limits<double>::infinity();
    if (beyond >= gain) return 0;
    const double left = beyond / gain;
    // F(a) < 2/a everywhere, as a F(a) rises towards 2 sqrt(2/pi)
    return root_between([left](double a) { return sign_gain_left(a) - left; }, 0, 2 / left);
}

}  // namespace moebius::exact
