// SPDX-License-Identifier: MIT
#include "tilt.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <moebius/base/constants.hpp>
#include <utility>

namespace moebius {
namespace {

/// How many draws come out on average.
struct expectation {
    double value = 0;
    double slope = 0;  ///< by the shift
};

expectation expected(std::span<const double> logits, double shift) {
    expectation sum;
    double yes = 0, before = not_a_number;
    for (const double logit : logits) {  // alike experts stand together, and exp takes the time
        if (logit != before) yes = 1 / (1 + std::exp(-logit - shift));
        before = logit;
        sum.value += yes;
        sum.slope += yes * (1 - yes);
    }
    return sum;
}

/// The shift at which about `wanted` of more finite logits come out. Half a draw away is near
/// enough: the likeliest number is next to the mean.
double level(std::vector<double> open, std::size_t wanted) {
    const auto kth = open.begin() + static_cast<std::ptrdiff_t>(wanted) - 1;
    std::nth_element(open.begin(), kth, open.end(), std::greater<>());
    const double top = *std::max_element(open.begin(), kth + 1);
    const double next = *std::max_element(kth + 1, open.end());
    const double bottom = *std::min_element(kth + 1, open.end());
    const auto k = static_cast<double>(wanted), n = static_cast<double>(open.size());
    double low = std::log(k / (n - k)) - top, high = std::log(k / (n - k)) - bottom;
    double shift = -(*kth / 2 + next / 2);
    for (int step = 0; step < 100; ++step) {  // Newton, or halving where it leaves the bracket
        const auto at = expected(open, shift);
        if (std::abs(at.value - k) < 0.5) break;
        (at.value < k ? low : high) = shift;
        const double newton = shift - (at.value - k) / at.slope;
        shift = newton > low && newton < high ? newton : low / 2 + high / 2;
    }
    return shift;
}

/// exp(40) to 1 that each of these comes out: all do, to the last bit.
double all_of(const std::vector<double>& open) {
    return open.empty() ? 0 : 40 - *std::min_element(open.begin(), open.end());
}

}  // namespace

tilt::tilt(std::span<const double> logits, std::size_t k_min, std::size_t k_max) {
    std::vector<double> open;
    std::copy_if(logits.begin(), logits.end(), std::back_inserter(open),
                 [](double logit) { return std::isfinite(logit); });
    k_min = std::min(k_min, open.size());
    k_max = std::min(k_max, open.size());
    reference = k_max;
    bool outside = true;  // of the band, where the expected number is
    if (k_min < k_max) {
        const double untilted = expected(open, 0).value;
        if (untilted < static_cast<double>(k_min)) reference = k_min;
        outside = reference == k_min || untilted > static_cast<double>(k_max);
    }
    if (outside)
        shift = reference == open.size() ? all_of(open) : level(std::move(open), reference);
    weight.assign(k_max + 1, 0.0);
    for (std::size_t n = k_min; n <= k_max; ++n) {
        const auto away = static_cast<double>(n) - static_cast<double>(reference);
        weight[n] = n == reference ? 1 : std::exp(-shift * away);
    }
}

}  // namespace moebius
