// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/diagnose/drifting_level.hpp>

namespace moebius {

double drifting_level::gain_of(std::size_t which) {
    const double over_older = std::ldexp(1.0, static_cast<int>(which / 2)) / 320;
    return over_older / (1 + over_older);
}

void drifting_level::take(double seen) {
    ++numbers_;
    for (std::size_t i = 0; i < filters_.size(); ++i) {
        auto& at = filters_[i];
        // early numbers weigh alike, so that the first is not remembered for long
        const double gain = std::max(gain_of(i), 1 / numbers_);
        const double off = seen - (at.level + at.trend);
        at.level = seen - (1 - gain) * off;
        if (numbers_ > 1)
            at.surprise += std::max(1 / memory, 1 / (numbers_ - 1)) * (off * off - at.surprise);
        if (i % 2 == 1 && gain < 1 && gain * numbers_ > 1)
            at.trend += gain * gain / 4 * off;  // critically damped
    }
}

std::optional<measured_slope> drifting_level::now() const {
    if (numbers_ < 3) return std::nullopt;
    const auto least =
        std::min_element(filters_.begin(), filters_.end(),
                         [](const filter& a, const filter& b) { return a.surprise < b.surprise; });
    const double tiny = std::numeric_limits<double>::min(), next = least->level + least->trend;
    double all = 0, value = 0, square = 0, steps = 0;
    for (std::size_t i = 0; i < filters_.size(); ++i) {
        const auto& at = filters_[i];
        // likelihood of normal forecasts, their scatter at its best; numbers that are forgotten at
        // a rate 1/memory are as good as twice memory that weigh alike
        const double weight = std::pow((least->surprise + tiny) / (at.surprise + tiny),
                                       std::min(numbers_ - 1, 2 * memory) / 2);
        const double gain = std::max(gain_of(i), 1 / numbers_);
        const double apart = at.level + at.trend - next;
        all += weight;
        value += weight * apart;
        square += weight * (at.surprise * gain + apart * apart);
        steps += weight / gain;
    }
    value /= all;
    return measured_slope{next + value, std::sqrt(std::max(square / all - value * value, 0.0)),
                          steps / all};
}

}  // namespace moebius
