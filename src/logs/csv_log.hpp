// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <moebius/base/text.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "csv_columns.hpp"
#include "csv_line.hpp"
#include "expert_rows.hpp"
#include "log_builder.hpp"
#include "token_choices.hpp"

namespace moebius {

/// A table with a line of names: a row an expert, or a column an expert.
class csv_log final : public line_parser {
public:
    csv_log(log_builder& to, std::string file) : to_(to), file_(std::move(file)) {}

    void take(std::string_view line) override {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        if (++line_ == 1 && line.starts_with(byte_order_mark))
            line.remove_prefix(byte_order_mark.size());
        has_return_ = line.ends_with('\r');
        if (has_return_) line.remove_suffix(1);
        if ((line.empty() || line.front() <= ' ') &&
            line.find_first_not_of(" \t\r") == std::string_view::npos)
            return;
        if (of_.names.empty() && is_remark(line)) return take_remark(line);
        if (of_.names.empty()) read_names(line);
        if (line_ == names_line_ || line == names_text_) return;  // again, of a run that went on
        read_cells(line);
        if (!words_known_) find_words();
        phase_ = of_.phase_of(row_);
        if (phase_ != row_phase::evaluation || to_.reads_evaluation())
            of_.is_long ? take_long() : take_wide();
        ++rows_;
    }

    bool take_without_end(std::string_view line) override;
    std::size_t take_ahead(std::string_view text) override;

    [[nodiscard]] bool ends_step() const override {
        return !of_.names.empty() && !of_.is_long && of_.layer == nowhere && !to_.adds_up;
    }
    [[nodiscard]] bool has_step_a_line() const override {
        return ends_step() && of_.series.empty() && of_.feedback == nowhere && of_.phases.empty();
    }
    void give_records() override { gives_records_ = true, next_run_ = of_.runs.size(); }
    bool next_record(load_record& record) override;

private:
    static constexpr std::size_t nowhere = csv_columns::nowhere;

    [[noreturn]] void fail(std::string_view reason) const { throw io_error(file_, reason); }
    [[nodiscard]] std::string place(std::size_t column) const {
        return fmt::format("{}, line {}, column '{}'", file_, line_, excerpt(of_.names[column]));
    }

    [[nodiscard]] bool has_loads_alone() const {
        return of_.score == nowhere && of_.dither == nowhere && of_.feedback == nowhere;
    }
    [[nodiscard]] static bool is_remark(std::string_view line) {
        return line.substr(std::min(line.find_first_not_of(" \t"), line.size())).starts_with('#');
    }
    void take_remark(std::string_view line);
    void read_names(std::string_view line);
    void read_cells(std::string_view line);
    [[nodiscard]] bool may_be_whole(std::string_view line);
    void find_words();
    [[nodiscard]] double number(std::size_t column) const;
    [[nodiscard]] double load(std::size_t column) const {
        const double value = row_.values()[column];
        if (is_load(value)) return value;  // most are, and a call is dear here
        return checked_load(number(column), [&] { return place(column); });
    }
    [[nodiscard]] std::int64_t step_in_row() const {
        return checked_step(number(of_.step), [this] { return place(of_.step); });
    }
    std::uint32_t layer_in(load_table& to);
    [[nodiscard]] std::string part_in_row() const;
    [[nodiscard]] bool continues() const;
    void take_rank();
    void begin_cell();
    void check_choice();
    [[nodiscard]] bool is_of_free_place() const;
    void take_long();
    [[nodiscard]] bool has_loads() const;
    [[nodiscard]] std::span<const double> gather(const wide_columns::run& from);
    void take_wide();
    void check_order(std::int64_t step);

    log_builder& to_;
    std::string file_;
    csv_line row_;
    expert_rows next_;  ///< of a long table
    csv_columns of_;
    std::vector<std::size_t> words_;              ///< columns of names, of a long table
    std::vector<double> run_loads_, run_scores_;  ///< of one of them in the row, or of rows ahead
    token_choices choices_;
    std::vector<double> of_token_;  ///< what the row says of the token that chose
    bool gives_records_ = false;
    std::size_t next_run_ = 0;  ///< that next_record() gives
    bool words_known_ = false, has_return_ = false;
    row_phase phase_ = row_phase::unsaid;  ///< of the row at hand
    std::size_t line_ = 0, names_line_ = 0;
    std::string names_text_, remark_;  ///< the last remark before the names may have them
    std::int64_t rows_ = 0;
    std::optional<std::int64_t> last_step_;  ///< of a row that has loads
    double last_layer_ = std::numeric_limits<double>::quiet_NaN();
    const load_table* last_table_ = nullptr;
    load_table* part_ = nullptr;  ///< that the last row was of
    load_cell cell_;              ///< of that row
    double last_rank_ = 0;
    std::uint32_t layer_place_ = 0;
};

}  // namespace moebius
