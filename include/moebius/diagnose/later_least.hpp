// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace moebius {

/// The least of a number since about a quarter of all steps: by quarters of an octave of these, so
/// that it reaches back to between .25 and .3 of them.
class later_least {
public:
    later_least() { of_.fill(infinite); }

    /// @param step  not before that of the last one, > 0
    void take(double number, std::size_t step) {
        const auto now = static_cast<std::size_t>(4 * std::log2(step));
        for (std::size_t gone = std::max(last_ + 1, now - std::min(now, of_.size() - 1));
             gone <= now; ++gone)
            of_[gone % of_.size()] = infinite;
        last_ = now;
        auto& least = of_[now % of_.size()];
        least = std::min(least, number);
    }

    /// Infinite where none came.
    [[nodiscard]] double least() const { return *std::min_element(of_.begin(), of_.end()); }

private:
    static constexpr double infinite = std::numeric_limits<double>::infinity();
    std::array<double, 8> of_;
    std::size_t last_ = 0;
};

}  // namespace moebius
