// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <moebius/base/watch.hpp>
#include <moebius/model/field.hpp>
#include <vector>

namespace moebius {

/// The expected load gap m(x) of a two-expert model, tabulated: some ns a look-up, however many
/// tokens the model averages over.
///
/// Cubic Hermite pieces on an even grid that is halved until the gap in the middle of every cell
/// is met within `tolerance`, then once more; slopes are limited to keep the table monotone.
/// Immutable, so that threads share one.
/// @source Fritsch & Carlson, SIAM J. Numer. Anal. 17 (1980) 238-246: slopes up to three times the
///         secant keep a cubic piece monotone
class gap_table {
public:
    static constexpr double tolerance = 1e-8;

    /// @param at         its beta is used; parameters feedback, decay and bias do not matter
    /// @param low, high  the range tabulated; beyond it m keeps its value at the end
    /// @throws invalid_argument  unless the model has one state, two experts and the parameters of
    ///                           models::gap_feedback, low < high, and 2^20 cells suffice
    /// @throws interrupted       if the watch asks to stop
    gap_table(const problem& at, double low, double high, const watch& watched = {});

    [[nodiscard]] double operator()(double x) const noexcept {
        const double place = (x - low_) * per_unit_;
        if (!(place > 0)) return cells_.front()[0];
        const auto cell = static_cast<std::size_t>(place);
        if (cell >= cells_.size() - 1) return cells_.back()[0];
        const double s = place - static_cast<double>(cell);
        const auto& c = cells_[cell];
        return c[0] + s * (c[1] + s * (c[2] + s * c[3]));
    }

    [[nodiscard]] std::size_t cells() const noexcept { return cells_.size() - 1; }

private:
    double low_ = 0;
    double per_unit_ = 1;                       ///< cells a unit of x
    std::vector<std::array<double, 4>> cells_;  ///< a polynomial each; the last holds m(high)
};

}  // namespace moebius
