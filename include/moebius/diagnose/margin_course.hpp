// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/diagnose/margin.hpp>
#include <optional>
#include <vector>

namespace moebius {

/// How a layer's margin went, over the whole log: at most 64 rows, whatever its length. They are
/// of every 8th step, and as the log grows of every 16th, 32nd and so on.
class margin_course {
public:
    static constexpr std::size_t most_rows = 64;

    struct row {
        std::int64_t step = 0;
        /// layer_diagnosis::margins' first, without its words; NaN where there was none
        margin nearest;
        std::optional<margin> feedback;  ///< layer_diagnosis::feedback
    };

    /// After the layer has taken a record of that step.
    void take(const layer_margin& layer, std::int64_t step);

    /// Those of one kind, of the gain of a loop or of the growth of deviations, as the last margin
    /// that was told. Behind the first of them steps without a margin stay.
    /// @param last  of the last step, whose row is the last one
    [[nodiscard]] std::vector<row> rows(const layer_diagnosis& last) const;

private:
    static row row_of(const layer_diagnosis& from, std::int64_t step);

    std::vector<row> rows_;
    std::size_t stride_ = 8, taken_ = 0;
    std::int64_t last_step_ = 0;
};

}  // namespace moebius
