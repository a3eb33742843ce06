// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "column.hpp"
#include "csv_line.hpp"
#include "log_builder.hpp"
#include "row_phase.hpp"
#include "wide_columns.hpp"

namespace moebius {

/// What the columns of a table are, by its line of names: a row an expert, or a column an expert.
class csv_columns {
public:
    static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

    /// Where the names stand, for sentences.
    struct names_place {
        std::string_view file;
        std::size_t line = 1;
    };

    std::vector<std::string> names;
    /// The column of each meaning that is read; `nowhere` if there is none.
    std::size_t step = nowhere, layer = nowhere, expert = nowhere, load = nowhere, score = nowhere,
                dither = nowhere, feedback = nowhere, rank = nowhere, micro_batch = nowhere,
                top_k = nowhere,
                copy = nowhere,         ///< copy: the physical expert, where `expert` is logical
        tokens = nowhere;               ///< tokens: how many there are in all, beside the loads
    std::vector<std::size_t> series;    ///< columns of losses
    std::vector<std::size_t> phases;    ///< columns that may say row_phase
    std::vector<std::size_t> of_token;  ///< in rows of one choice: rows one after the other that
                                        ///< are alike in these are of one token; empty if none tell
    std::vector<wide_columns::run> runs;  ///< of a table with a column an expert
    bool is_long = false;                 ///< a row an expert

    /// Reads the line of names. What is chosen among them is noted.
    /// @throws io_error  where they name no loads
    void read(std::string_view line, const csv_line& by, const names_place& at, log_builder& to);

    /// What a row says of its phase: evaluation where any column does.
    [[nodiscard]] row_phase phase_of(const csv_line& row) const;
    /// Whether a column says in that row of which phase it is.
    [[nodiscard]] bool is_phase(const csv_line& row, std::size_t column) const {
        return moebius::phase_of(names[column], row.cell(column)) != row_phase::unsaid;
    }

    /// Whether a column is read as something of its own, not as one of many loads.
    [[nodiscard]] bool is_read(std::size_t column) const;

    /// What a row says of top_k and tokens; of a table that is not read as it comes, as they may
    /// change later.
    void take_settings(std::span<const double> row, log_builder& to) const;

private:
    [[nodiscard]] std::size_t& first(meaning of) { return first_[static_cast<std::size_t>(of)]; }
    void read_name(std::string_view name, const names_place& at, log_builder& to);
    void read_wide(const names_place& at, log_builder& to);
    void read_long(const names_place& at, log_builder& to);
    void read_copies(log_builder& to);
    void find_tokens();
    void check_run(std::string_view cell, const names_place& at);
    void note_others(meaning of, std::size_t read, const names_place& at, log_builder& to) const;
    [[noreturn]] void refuse(const names_place& at) const;

    std::array<std::size_t, static_cast<std::size_t>(meaning::other) + 1> first_{};
    std::vector<meaning> means_;  ///< of each column; other where it is of one expert
    wide_columns wide_;
    std::string summaries_, run_;
};

}  // namespace moebius
