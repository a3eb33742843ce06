// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numeric>
#include <optional>
#include <utility>

#include "column.hpp"
#include "csv_columns.hpp"
#include "csv_line.hpp"
#include "expert_rows.hpp"
#include "log_builder.hpp"

namespace moebius {
namespace {

/// Whether it is known what a column of that meaning has to do in a row of one choice.
bool has_a_use(meaning of) {
    return of != meaning::series && of != meaning::summary && of != meaning::other;
}

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
        if (!words_known_) find_words(line);
        if (const auto found = row_.read(line); found != of_.names.size())
            fail(fmt::format("line {} has {} columns, but the first has {}", line_, found,
                             of_.names.size()));
        phase_ = of_.phase_of(row_);
        if (phase_ != row_phase::evaluation || to_.reads_evaluation())
            of_.is_long ? take_long() : take_wide();
        ++rows_;
    }

    std::size_t take_ahead(std::string_view text) override;

    [[nodiscard]] bool has_step_a_line() const override {
        return !of_.names.empty() && !of_.is_long && of_.layer == nowhere && of_.series.empty() &&
               of_.feedback == nowhere && of_.phases.empty() && !to_.adds_up;
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
    void find_words(std::string_view line);
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

/// Of a line before the names that begins with #: a JSON object there is the run's config.
void csv_log::take_remark(std::string_view line) {
    line.remove_prefix(line.find('#') + 1);
    line.remove_prefix(std::min(line.find_first_not_of("# \t"), line.size()));
    if (line.starts_with('{'))
        read_config(line, fmt::format("{}, line {}", file_, line_), to_.head);
    else
        remark_ = line;
}

/// The first line that is no remark, or where it has numbers alone the remark before it, as
/// numpy.savetxt writes them.
void csv_log::read_names(std::string_view line) {
    const auto read = [this](std::string_view names, std::size_t at) {
        row_.set_separator_of(names);
        names_text_ = names;
        of_.read(names, row_, {file_, at}, to_);
        names_line_ = at;
    };
    row_.set_separator_of(line);
    if (!remark_.empty() && row_.are_numbers(line))
        read(remark_, line_ - 1);
    else
        read(line, line_);
    if (of_.is_long) row_.share_before(of_.expert);
}

/// Columns without a use name the part of a long table where their first cell is a word. Where rows
/// are to be counted, one of numbers may be the loads under a name that is not known.
void csv_log::find_words(std::string_view line) {
    words_known_ = true;
    if (!of_.is_long) return;
    row_.read(line);
    for (std::size_t c = 0; c < std::min(row_.values().size(), of_.names.size()); ++c) {
        const auto means = meaning_of(of_.names[c]);
        const bool is_word = std::isnan(row_.values()[c]);
        if (is_word && (means == meaning::other || means == meaning::token)) words_.push_back(c);
        if (!is_word && of_.load == nowhere && !has_a_use(means) && !of_.is_phase(row_, c))
            throw io_error(place(c),
                           "it may be loads or none, which its name does not say: tokens, count, "
                           "load or share does, and each row is one choice where there is no "
                           "such column");
    }
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
    const double value = row_.values()[of_.layer];
    if (value == last_layer_ && &to == last_table_) return layer_place_;
    last_layer_ = value;
    last_table_ = &to;
    const auto cell = row_.cell(of_.layer);
    if (cell.empty()) throw io_error(place(of_.layer), "it is empty, but a layer is needed");
    const bool is_whole = value == std::floor(value) && std::abs(value) < 1e9;  // 3.0, of pandas
    return layer_place_ = to.layer(is_whole ? fmt::format("{:.0f}", value) : std::string(cell));
}

/// Whether the row is of the next expert, of the step and layer of the last row: mostly it is.
bool csv_log::continues() const {
    const auto values = row_.values();
    const auto same = [&](std::size_t column, double last) {
        return column == nowhere || values[column] == last;
    };
    return part_ != nullptr && words_.empty() && of_.phases.empty() &&
           values[of_.expert] == cell_.expert + 1.0 &&
           cell_.expert + 1 < load_table::most_experts && same(of_.layer, last_layer_) &&
           same(of_.step, static_cast<double>(cell_.step)) && same(of_.rank, last_rank_);
}

void csv_log::take_rank() {
    if (of_.rank == nowhere || (rows_ > 0 && number(of_.rank) == last_rank_)) return;
    last_rank_ = number(of_.rank);
    to_.add_rank(fmt::format("{}", last_rank_));
}

/// All of the cell but its numbers.
void csv_log::begin_cell() {
    if (of_.step != nowhere) cell_.step = step_in_row();
    cell_.expert = checked_expert(number(of_.expert), [this] { return place(of_.expert); });
    take_rank();
    of_.take_settings(row_.values(), to_);
    part_ = &to_.part(part_in_row());
    cell_.layer = of_.layer == nowhere ? part_->layer("0") : layer_in(*part_);
}

void csv_log::take_long() {
    if (phase_ != row_phase::evaluation) to_.begin_training();
    const bool next = continues();
    if (next)
        ++cell_.expert;
    else
        begin_cell();
    cell_.load = of_.load == nowhere ? 1 : load(of_.load);
    if (of_.score != nowhere) cell_.score = number(of_.score);
    if (of_.dither != nowhere) cell_.dither = number(of_.dither);
    if (of_.feedback != nowhere) cell_.feedback = number(of_.feedback);
    if (next && has_loads_alone())
        part_->add_next(cell_.load);
    else
        part_->add(cell_);
}

std::size_t csv_log::take_ahead(std::string_view text) {
    const bool ends_in_load = of_.load == of_.expert + 1 && of_.load + 1 == of_.names.size();
    if (!of_.is_long || !ends_in_load || part_ == nullptr || !words_.empty() ||
        !of_.phases.empty() || !has_loads_alone() || row_.start().empty())
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

/// What the row says of a part of the log, beside its phase.
std::string csv_log::part_in_row() const {
    std::string part;
    for (const auto c : words_) {
        if (of_.is_phase(row_, c)) continue;
        if (!part.empty()) part += ' ';
        part += excerpt(row_.cell(c));
    }
    return part;
}

/// Of records that are given as they come.
void csv_log::check_order(std::int64_t step) {
    if (last_step_ && step <= *last_step_)
        throw out_of_order(fmt::format("{}, line {}", file_, line_),
                           fmt::format("step {} came after {}, but steps must increase in a table "
                                       "that is read as it comes",
                                       step, *last_step_));
}

/// False in a row of a step at which something else was logged.
bool csv_log::has_loads() const {
    if (!std::isnan(row_.values()[of_.runs.front().loads.front()])) return true;
    const auto is_there = [this](std::size_t column) { return !row_.cell(column).empty(); };
    return std::any_of(of_.runs.begin(), of_.runs.end(), [&](const auto& run) {
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
    if (!row_.is_plain() && !are_plain_loads(loads)) {
        run_loads_.clear();
        for (const auto column : from.loads) run_loads_.push_back(load(column) + 0.0);
        loads = run_loads_;
    }
    run_scores_.clear();
    for (const auto column : from.scores) run_scores_.push_back(number(column));
    return loads;
}

void csv_log::take_wide() {
    for (const auto c : of_.series)
        if (!std::isnan(row_.values()[c])) to_.values_of(of_.names[c]).push_back(row_.values()[c]);
    if (!has_loads()) return;
    if (phase_ != row_phase::evaluation) to_.begin_training();
    const auto step = of_.step == nowhere ? rows_ : step_in_row();
    if (gives_records_) check_order(step);
    last_step_ = step;
    if (gives_records_) {
        next_run_ = 0;
        return;
    }
    take_rank();
    if (of_.layer != nowhere) of_.take_settings(row_.values(), to_);
    auto& to = to_.part("");
    const std::uint32_t layer = of_.layer == nowhere ? 0 : layer_in(to);
    const double feedback =
        of_.feedback == nowhere ? std::numeric_limits<double>::quiet_NaN() : number(of_.feedback);
    for (const auto& run : of_.runs) {
        const auto loads = gather(run);
        if (of_.layer != nowhere && of_.tokens != nowhere && of_.runs.size() == 1)
            to_.settings.compare(std::accumulate(loads.begin(), loads.end(), 0.0));
        to.add({step,
                of_.layer == nowhere ? run.layer : layer,
                run.expert,
                loads,
                run_scores_,
                {},
                {},
                feedback});
    }
}

bool csv_log::next_record(load_record& record) {
    if (next_run_ == of_.runs.size()) return false;
    const auto& run = of_.runs[next_run_++];
    const auto loads = gather(run);
    record = {*last_step_, run.layer, loads, run_scores_, {}, {}};
    return true;
}

}  // namespace

std::unique_ptr<line_parser> csv_parser(log_builder& to, std::string file) {
    return std::make_unique<csv_log>(to, std::move(file));
}

}  // namespace moebius
