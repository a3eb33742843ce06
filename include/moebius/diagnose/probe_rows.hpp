// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace moebius {

/// In which rows of a layer a probe was measured: one that is 0 in all numbers was not, as in a
/// buffer that is not full.
class probe_rows {
public:
    /// @param values  of the row; empty where it has none
    /// @return whether they were measured
    bool take(std::span<const double> values, std::int64_t step) {
        const bool measured =
            std::any_of(values.begin(), values.end(), [](double one) { return one != 0; });
        if (measured) {
            longest_ = any_ ? std::max(longest_, since_) : 0;
            any_ = true;
            last_ = step;
        }
        given_ = given_ || !values.empty();
        since_ = measured ? 0 : since_ + 1;
        return measured;
    }

    /// Whether the last rows have none, and more of them than lay between two that did: what was
    /// measured is not of now.
    [[nodiscard]] bool ended() const noexcept {
        constexpr std::size_t few = 10;  // in which a gain changes little
        return any_ && since_ > std::max(few, 2 * longest_);
    }

    /// Whether rows have it and none was measured.
    [[nodiscard]] bool blank() const noexcept { return given_ && !any_; }

    /// Step of the last one that was.
    [[nodiscard]] std::int64_t last() const noexcept { return last_; }

private:
    bool any_ = false, given_ = false;
    std::size_t since_ = 0, longest_ = 0;  ///< rows without, since the last one and between two
    std::int64_t last_ = 0;
};

}  // namespace moebius
