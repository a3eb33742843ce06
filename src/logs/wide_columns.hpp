// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "column.hpp"
#include "load_names.hpp"
#include "log_builder.hpp"

namespace moebius {

/// The columns of a table that has one an expert.
class wide_columns {
public:
    /// Columns of one layer whose experts follow one another.
    struct run {
        std::uint32_t layer = 0;   ///< its place in the log
        std::uint32_t expert = 0;  ///< the first
        std::vector<std::size_t> loads;
        std::vector<std::size_t> scores;  ///< as many, or none
        bool in_order = true;             ///< whether each load's column follows the last one's
        std::string_view rank{};          ///< whose counts these are; empty if none is named
    };

    void add(std::size_t place, expert_name of);
    [[nodiscard]] bool empty() const noexcept { return columns_.empty(); }

    /// What the columns are of, for sentences.
    [[nodiscard]] std::string families() const;

    /// Makes runs of the family that tells most of loads, and of scores of the same layer and
    /// expert; what is not read is noted. None where no columns are loads. Runs of several ranks
    /// are to be added up.
    /// @param in_rows  whether the rows have a layer each, not the columns
    /// @param place    for sentences
    /// @throws io_error  for layers of different numbers of experts, and for experts without a
    /// column
    [[nodiscard]] std::vector<run> runs(log_builder& to, bool in_rows,
                                        const std::string& place) const;

private:
    struct column {
        std::size_t place;
        expert_name of;
        family_kind kind;  ///< of its family
    };
    /// Of loads; null if there is none.
    [[nodiscard]] const std::string* best_family() const;

    std::vector<column> columns_;
};

}  // namespace moebius
