// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <utility>

#include "column.hpp"
#include "csv_line.hpp"
#include "expert_rows.hpp"
#include "log_builder.hpp"
#include "wide_columns.hpp"

namespace moebius {
namespace {

/// A table with a line of names: a row an expert, or a column an expert.
class csv_log final : public line_parser {
public:
    csv_log(log_builder& to, std::string file) : to_(to), file_(std::move(file)) {}

    void take(std::string_view line) override {
        ++line_;
        has_return_ = line.ends_with('\r');
        if (has_return_) line.remove_suffix(1);
        if ((line.empty() || line.front() <= ' ') &&
            line.find_first_not_of(" \t\r") == std::string_view::npos)
            return;
        if (names_.empty()) return read_names(line);
        if (!words_known_) find_words(line);
        if (const auto found = row_.read(line); found != names_.size())
            fail(fmt::format("line {} has {} columns, but the first has {}", line_, found,
                             names_.size()));
        if (is_long_)
            take_long();
        else
            take_wide();
        ++rows_;
    }

    std::size_t take_ahead(std::string_view text) override;

    [[nodiscard]] bool has_step_a_line() const override {
        return !names_.empty() && !is_long_ && layer_ == nowhere && series_.empty();
    }
    void give_records() override { gives_records_ = true, next_run_ = runs_.size(); }
    bool next_record(load_record& record) override;

private:
    static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

    [[noreturn]] void fail(std::string_view reason) const { throw io_error(file_, reason); }
    [[nodiscard]] std::string place(std::size_t column) const {
        return fmt::format("{}, line {}, column '{}'", file_, line_, excerpt(names_[column]));
    }

    void read_names(std::string_view line);
    void read_name(std::string_view name);
    [[noreturn]] void refuse_names() const;
    void read_wide_names();
    void find_words(std::string_view line);
    [[nodiscard]] double number(std::size_t column) const;
    [[nodiscard]] double load(std::size_t column) const {
        const double value = row_.values()[column];
        if (is_load(value)) return value;  // most are, and a call is dear here
        return checked_load(number(column), [&] { return place(column); });
    }
    [[nodiscard]] std::int64_t step_in_row() const {
        return checked_step(number(step_), [this] { return place(step_); });
    }
    std::uint32_t layer_in(load_table& to);
    [[nodiscard]] std::string part_in_row() const;
    [[nodiscard]] bool continues() const;
    void begin_cell();
    void take_long();
    [[nodiscard]] bool has_loads() const;
    [[nodiscard]] std::span<const double> gather(const wide_columns::run& from);
    void take_wide();
    void check_order(std::int64_t step);

    log_builder& to_;
    std::string file_;
    csv_line row_;
    expert_rows next_;  ///< of a long table
    std::vector<std::string> names_;
    /// The first column of each meaning.
    std::vector<std::size_t> columns_ =
        std::vector<std::size_t>(static_cast<std::size_t>(meaning::other) + 1, nowhere);
    std::size_t step_ = nowhere, layer_ = nowhere, expert_ = nowhere, load_ = nowhere,
                score_ = nowhere, dither_ = nowhere, rank_ = nowhere;
    std::vector<std::size_t> words_, series_;  ///< columns of names, and of losses
    wide_columns wide_;
    std::vector<wide_columns::run> runs_;         ///< of a wide table
    std::vector<double> run_loads_, run_scores_;  ///< of one of them in the row, or of rows ahead
    bool gives_records_ = false;
    std::size_t next_run_ = 0;  ///< that next_record() gives
    std::string summaries_;
    bool is_long_ = false, words_known_ = false, has_return_ = false;
    std::size_t line_ = 0;
    std::int64_t rows_ = 0;
    std::optional<std::int64_t> last_step_;
    double last_layer_ = std::numeric_limits<double>::quiet_NaN();
    const load_table* last_table_ = nullptr;
    load_table* part_ = nullptr;  ///< that the last row was of
    load_cell cell_;              ///< of that row
    double last_rank_ = 0;
    std::uint32_t layer_place_ = 0;
};

void csv_log::read_name(std::string_view name) {
    const std::size_t here = names_.size();
    names_.emplace_back(name);
    if (is_envelope(name))
        return to_.note(
            "its history is sampled: it has W&B's __MIN and __MAX of what lies between");
    if (auto of = expert_name_of(name)) {
        if (of->expert >= load_table::most_experts)
            fail(fmt::format("line 1: expert {} came, but {} is the last that is read", of->expert,
                             load_table::most_experts - 1));
        return wide_.add(here, std::move(*of));
    }
    const auto means = meaning_of(name);
    if (means == meaning::series) series_.push_back(here);
    if (means == meaning::series || means == meaning::summary) add_name(summaries_, name);
    auto& column = columns_[static_cast<std::size_t>(means)];
    if (column == nowhere)
        column = here;
    else if (means == meaning::load && rank_of_column(name) < rank_of_column(names_[column]))
        column = here;
}

/// Names that tell of loads without any of an expert.
void csv_log::refuse_names() const {
    if (!summaries_.empty())
        fail(fmt::format("summaries are no log: it has {}, but the load of each expert is needed",
                         summaries_));
    std::string names;
    for (const auto& name : names_) add_name(names, name);
    fail(
        fmt::format("line 1: the columns are {}, but step, layer, expert and tokens are needed, "
                    "or a column an expert (layer3/expert5)",
                    names));
}

void csv_log::read_names(std::string_view line) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    if (line.find('\0') != std::string_view::npos)
        fail("line 1 has a zero byte: it is no text, and no format that is known");
    row_.set_separator_of(line);
    for (const auto cell : row_.cells_of(line)) read_name(bare_name(cell));
    const auto column = [this](meaning of) { return columns_[static_cast<std::size_t>(of)]; };
    step_ = column(meaning::step);
    layer_ = column(meaning::layer);
    expert_ = column(meaning::expert);
    load_ = column(meaning::load);
    score_ = column(meaning::score);
    dither_ = column(meaning::dither);
    if (!wide_.empty()) return read_wide_names();
    is_long_ = expert_ != nowhere;
    if (!is_long_) refuse_names();
    row_.share_before(expert_);
    rank_ = column(meaning::rank);
    for (const auto& name : names_)
        if (load_ != nowhere && meaning_of(name) == meaning::load && name != names_[load_])
            to_.note_choice(names_[load_], name, file_ + ", line 1");
    if (load_ != nowhere) return;
    to_.adds_up = true;
    to_.note("it has no column of tokens: each of its rows is one choice");
}

void csv_log::read_wide_names() {
    runs_ = wide_.runs(to_, layer_ != nowhere, file_ + ", line 1");
    if (runs_.empty()) fail("line 1: its columns an expert are scores, but loads are needed");
}

/// Columns without a use name the part of a long table where their first cell is a word.
void csv_log::find_words(std::string_view line) {
    words_known_ = true;
    if (!is_long_) return;
    row_.read(line);
    for (std::size_t c = 0; c < std::min(row_.values().size(), names_.size()); ++c)
        if (std::isnan(row_.values()[c]) && meaning_of(names_[c]) == meaning::other)
            words_.push_back(c);
}

double csv_log::number(std::size_t column) const {
    const double value = row_.values()[column];
    if (!std::isfinite(value))
        throw io_error(place(column), fmt::format("'{}' came, but it must be a finite number",
                                                  excerpt(row_.cell(column))));
    return value;
}

/// The layer of the row, which mostly is that of the last one.
std::uint32_t csv_log::layer_in(load_table& to) {
    const double value = row_.values()[layer_];
    if (value == last_layer_ && &to == last_table_) return layer_place_;
    last_layer_ = value;
    last_table_ = &to;
    const auto cell = row_.cell(layer_);
    if (cell.empty()) throw io_error(place(layer_), "it is empty, but a layer is needed");
    return layer_place_ = to.layer(cell);
}

/// Whether the row is of the next expert, of the step and layer of the last row: mostly it is.
bool csv_log::continues() const {
    const auto values = row_.values();
    const auto same = [&](std::size_t column, double last) {
        return column == nowhere || values[column] == last;
    };
    return part_ != nullptr && words_.empty() && values[expert_] == cell_.expert + 1.0 &&
           cell_.expert + 1 < load_table::most_experts && same(layer_, last_layer_) &&
           same(step_, static_cast<double>(cell_.step)) && same(rank_, last_rank_);
}

/// All of the cell but its numbers.
void csv_log::begin_cell() {
    if (step_ != nowhere) cell_.step = step_in_row();
    cell_.expert = checked_expert(number(expert_), [this] { return place(expert_); });
    if (rank_ != nowhere && (rows_ == 0 || number(rank_) != last_rank_)) {
        last_rank_ = number(rank_);
        to_.add_rank(fmt::format("{}", last_rank_));
    }
    part_ = &to_.part(part_in_row());
    cell_.layer = layer_ == nowhere ? part_->layer("0") : layer_in(*part_);
}

void csv_log::take_long() {
    const bool next = continues();
    if (next)
        ++cell_.expert;
    else
        begin_cell();
    cell_.load = load_ == nowhere ? 1 : load(load_);
    if (score_ != nowhere) cell_.score = number(score_);
    if (dither_ != nowhere) cell_.dither = number(dither_);
    if (next && score_ == nowhere && dither_ == nowhere)
        part_->add_next(cell_.load);
    else
        part_->add(cell_);
}

std::size_t csv_log::take_ahead(std::string_view text) {
    const bool ends_in_load = load_ == expert_ + 1 && load_ + 1 == names_.size();
    if (!is_long_ || !ends_in_load || part_ == nullptr || !words_.empty() || score_ != nowhere ||
        dither_ != nowhere || row_.start().empty())
        return 0;
    const std::size_t next = cell_.expert + std::size_t{1};
    run_loads_.resize(512);
    const auto room =
        std::span(run_loads_).first(std::min(run_loads_.size(), load_table::most_experts - next));
    const auto taken = next_.read(row_.start(), next, {row_.separator(), has_return_}, text, room);
    if (taken.lines == 0) return 0;
    part_->add_next(room.first(taken.lines));
    line_ += taken.lines;
    rows_ += static_cast<std::int64_t>(taken.lines);
    cell_.expert += static_cast<std::uint32_t>(taken.lines);
    return taken.bytes;
}

/// What the row says of a part of the log.
std::string csv_log::part_in_row() const {
    std::string part;
    for (const auto c : words_) {
        if (!part.empty()) part += ' ';
        part += excerpt(row_.cell(c));
    }
    return part;
}

void csv_log::check_order(std::int64_t step) {
    if (last_step_ && step < *last_step_)
        fail(fmt::format("line {}: step {} came after {}, but steps must increase", line_, step,
                         *last_step_));
    if (last_step_ && step == *last_step_ && layer_ == nowhere)
        fail(fmt::format("line {}: step {} came twice, but steps must increase", line_, step));
    last_step_ = step;
}

/// False in a row of a step at which something else was logged.
bool csv_log::has_loads() const {
    if (!std::isnan(row_.values()[runs_.front().loads.front()])) return true;
    const auto is_there = [this](std::size_t column) { return !row_.cell(column).empty(); };
    return std::any_of(runs_.begin(), runs_.end(), [&](const auto& run) {
        return std::any_of(run.loads.begin(), run.loads.end(), is_there);
    });
}

/// The loads of a run of columns, checked: as they stand where the columns follow one another.
std::span<const double> csv_log::gather(const wide_columns::run& from) {
    const auto values = row_.values();
    const std::size_t first = from.loads.front(), count = from.loads.size();
    auto loads = from.in_order ? values.subspan(first, count) : std::span<const double>();
    if (!from.in_order) {
        run_loads_.clear();
        for (const auto column : from.loads) run_loads_.push_back(values[column]);
        loads = run_loads_;
    }
    if (!are_plain_loads(loads)) {
        run_loads_.clear();
        for (const auto column : from.loads) run_loads_.push_back(load(column) + 0.0);
        loads = run_loads_;
    }
    run_scores_.clear();
    for (const auto column : from.scores) run_scores_.push_back(number(column));
    return loads;
}

void csv_log::take_wide() {
    for (const auto c : series_)
        if (!std::isnan(row_.values()[c])) to_.values_of(names_[c]).push_back(row_.values()[c]);
    if (!has_loads()) return;
    const auto step = step_ == nowhere ? rows_ : step_in_row();
    check_order(step);
    if (gives_records_) {
        next_run_ = 0;
        return;
    }
    auto& to = to_.part("");
    const std::uint32_t layer = layer_ == nowhere ? 0 : layer_in(to);
    for (const auto& run : runs_) {
        const auto loads = gather(run);
        to.add({step, layer_ == nowhere ? run.layer : layer, run.expert, loads, run_scores_, {}});
    }
}

bool csv_log::next_record(load_record& record) {
    if (next_run_ == runs_.size()) return false;
    const auto& run = runs_[next_run_++];
    const auto loads = gather(run);
    record = {*last_step_, run.layer, loads, run_scores_, {}, {}};
    return true;
}

}  // namespace

std::unique_ptr<line_parser> csv_parser(log_builder& to, std::string file) {
    return std::make_unique<csv_log>(to, std::move(file));
}

}  // namespace moebius
