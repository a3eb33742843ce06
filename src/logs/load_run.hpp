// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace moebius {

/// Cells of one step and layer whose experts are `expert` to `expert + count - 1`.
struct load_run {
    std::int64_t step = 0;
    std::uint32_t layer = 0, expert = 0;
    std::size_t at = 0;  ///< where their numbers begin, which is the order in which they came
    std::uint32_t count = 0;
    std::uint32_t source = 0;  ///< whose counts they are, of several ranks

    [[nodiscard]] bool ends_before(const load_run& other) const noexcept {
        return step == other.step && layer == other.layer && expert + count == other.expert &&
               source == other.source;
    }
    /// Whether it is before the other and has none of its cells.
    [[nodiscard]] bool is_over_before(const load_run& other) const noexcept {
        return before(other) &&
               (step != other.step || layer != other.layer || expert + count <= other.expert);
    }
    /// Whether the second begins with cells of the first, and has more behind them.
    [[nodiscard]] static bool overlap(const load_run& first, const load_run& second) noexcept {
        const std::uint32_t end = first.expert + first.count;
        return first.step == second.step && first.layer == second.layer &&
               first.source == second.source && first.expert <= second.expert &&
               second.expert < end && end < second.expert + second.count;
    }
    [[nodiscard]] bool before(const load_run& other) const noexcept {
        if (step != other.step) return step < other.step;
        if (layer != other.layer) return layer < other.layer;
        return expert < other.expert;
    }
};

}  // namespace moebius
