// SPDX-License-Identifier: MIT
#include "csv_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <numeric>
#include <utility>

#include "column.hpp"

namespace moebius {
namespace {

/// Whether it is known what a column of that meaning has to do in a row of one choice.
bool has_a_use(meaning of) {
    return of != meaning::series && of != meaning::summary && of != meaning::other;
}

}  // namespace

/// Of a line before the names that begins with #: a JSON object there is the run's config.
void csv_log::take_remark(std::string_view line) {
    line.remove_prefix(line.find('#') + 1);
    line.remove_prefix(std::min(line.find_first_not_of("# \t"), line.size()));
    if (line.starts_with('{'))
        for (auto& said : read_config(line, fmt::format("{}, line {}", file_, line_), to_.head))
            to_.note(std::move(said));
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

void csv_log::read_cells(std::string_view line) {
    const std::size_t found = row_.read(line);
    if (auto fault = row_.quoting_fault(); !fault.empty())
        throw io_error(fmt::format("{}, line {}", file_, line_), fault);
    if (found != of_.names.size())
        fail(fmt::format("line {} has {} columns, but the first has {}", line_, found,
                         of_.names.size()));
}

/// Of a line without an end: whether it has all columns, and where something is read from the last
/// one a number there; a part of a word is a word.
bool csv_log::may_be_whole(std::string_view line) {
    if (row_.read(line) < of_.names.size() || !row_.quoting_fault().empty()) return false;
    const std::size_t last = of_.names.size() - 1;
    const auto is_last = [last](std::size_t column) { return column == last; };
    if (!std::isnan(row_.values()[last])) return true;
    if (of_.is_read(last) || std::any_of(words_.begin(), words_.end(), is_last)) return false;
    return of_.is_long || !has_loads() ||
           std::none_of(of_.runs.begin(), of_.runs.end(), [&](const auto& run) {
               return std::any_of(run.loads.begin(), run.loads.end(), is_last) ||
                      std::any_of(run.scores.begin(), run.scores.end(), is_last);
           });
}

bool csv_log::take_without_end(std::string_view line) {
    if (of_.names.empty() || may_be_whole(line)) {
        take(line);
        return true;
    }
    const bool has_step = of_.step != nowhere && of_.step + 1 < row_.values().size();
    if (has_step && part_ != nullptr && std::isfinite(row_.values()[of_.step]))
        part_->cut_at(step_in_row());
    return false;
}

/// Columns without a use name the part of a long table where their first cell is a word. Where rows
/// are to be counted, one of numbers may be the loads under a name that is not known.
void csv_log::find_words() {
    words_known_ = true;
    if (!of_.is_long) return;
    for (std::size_t c = 0; c < of_.names.size(); ++c) {
        const auto means = meaning_of(of_.names[c]);
        const bool is_word = std::isnan(row_.values()[c]);
        const bool may_name_part = means == meaning::other || means == meaning::token ||
                                   means == meaning::position || means == meaning::sequence;
        if (is_word && may_name_part) words_.push_back(c);
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
    if (!is_number_of_log(value))
        throw io_error(place(column), fmt::format("{} came, but it {}", value, number_rule));
    return value;
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

std::unique_ptr<line_parser> csv_parser(log_builder& to, std::string file) {
    return std::make_unique<csv_log>(to, std::move(file));
}

}  // namespace moebius
