// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace moebius {

/// Whether ranks each log the counts of all, as they have them once these are added up among them:
/// their loads are the same in all records, and in enough of them not by chance.
class copied_ranks {
public:
    /// Whether loads are such as two ranks hardly have by chance: neither all the same, nor all or
    /// none.
    [[nodiscard]] static bool tells(std::span<const double> loads) {
        const double largest = *std::max_element(loads.begin(), loads.end());
        return std::any_of(loads.begin(), loads.end(),
                           [&](double load) { return load != 0 && load != largest; });
    }

    void take(bool are_same, bool tells) {
        differ_ = differ_ || !are_same;
        telling_ += tells ? 1U : 0U;
    }

    [[nodiscard]] bool may_be() const noexcept { return !differ_; }
    [[nodiscard]] bool are() const noexcept {
        constexpr std::size_t enough = 20;
        return !differ_ && telling_ >= enough;
    }

private:
    bool differ_ = false;
    std::size_t telling_ = 0;
};

}  // namespace moebius
