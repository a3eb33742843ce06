// SPDX-License-Identifier: MIT
#include "growing_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>

#include "file_rank.hpp"
#include "text_log.hpp"

namespace moebius {
namespace {

constexpr std::string_view blank = " \t\r\n\xEF\xBB\xBF";

/// Whether a line that is not blank has its end; a longer one than is looked at counts, too.
bool has_line(std::string_view start, bool has_ended) {
    const auto first = start.find_first_not_of(blank);
    return first != start.npos && (start.find('\n', first) != start.npos || has_ended ||
                                   start.size() == log_bytes::most_start);
}

}  // namespace

growing_text::growing_text(const std::string& path, const log_options& options)
    : file_(path, true), options_(options) {
    if (auto rank = rank_of_file(path); !rank.empty())
        builder_.ranks.try_emplace(std::move(rank), 0);
}

bool growing_text::has_begun() {
    if (parser_) return true;
    file_.look_again();
    if (file_.start().empty()) return false;
    format_ = format_of(file_);
    if (format_ != log_format::csv && format_ != log_format::jsonl)
        throw io_error(file_.name(), fmt::format("it is {}, but CSV or JSONL is needed to follow "
                                                 "a log",
                                                 name_of(format_)));
    if (!has_line(file_.start(), has_ended())) return false;
    parser_ = format_ == log_format::csv ? csv_parser(builder_, file_.name())
                                         : json_parser(builder_, file_.name());
    lines_ = std::make_unique<line_reader>(file_.file(), file_.start(), true);
    return true;
}

std::span<const load_record> growing_text::next_step() {
    auto& table = builder_.part("");
    while (true) {
        for (std::string_view line; !table.has_whole_step() && lines_->next(line);)
            parser_->take(line);
        if (!table.has_whole_step() && has_ended()) take_end();
        if (builder_.parts.size() > 1)
            throw io_error(file_.name(),
                           "it has several logs side by side, but one can be followed");
        if (!table.has_whole_step() && !table.is_over) return last_step(table);
        if (table.empty()) return {};
        const auto before = std::exchange(given_, std::nullopt);
        const bool is_given = before == table.cells_of_step();
        take_step(table, before.has_value());
        if (!is_given && !records_.empty()) return records_;
    }
}

/// Takes the last line where it has no end; what is in the table then is all.
void growing_text::take_end() {
    auto& table = builder_.part("");
    const auto line = lines_->ahead();
    lines_->skip(line.size());
    if (line.find_first_not_of(blank) != line.npos) {
        const bool is_whole = parser_->take_without_end(line);
        if (!is_whole && builder_.empty() && !table.gave_step())
            parser_->take(line);  // refuses it: nothing shows that it is a part of a log
        if (!is_whole) builder_.end_early();
        if (format_ == log_format::csv) builder_.end_open();
        if (!is_whole || format_ == log_format::csv)
            builder_.note(is_whole ? early_end_of(file_.name()) : cut_line_of(file_.name()));
    }
    table.is_over = true;
}

std::size_t growing_text::least_experts() const {
    return builder_.least_experts(given_experts(options_));
}

/// The step behind which nothing came so far, once, where it is known to be whole. It stays in the
/// table: rows that come yet make it another, which is given again.
std::span<const load_record> growing_text::last_step(const load_table& table) {
    const bool known = parser_->ends_step() || table.gave_step();
    if (!known || builder_.is_of_evaluation() || !table.has_all_cells(least_experts()) ||
        given_ == table.cells_of_step())
        return {};
    const auto before = std::exchange(given_, table.cells_of_step());
    last_ = table;
    take_step(last_, before.has_value());
    return records_;
}

void growing_text::take_step(load_table& from, bool again) {
    const auto records = from.take_step(file_.name(), least_experts());
    is_again_ = again;
    builder_.note_what_is_read(file_.name());
    for (auto& sentence : from.texts_of_repeats()) builder_.note(std::move(sentence));
    if (!from.ending().empty()) builder_.note(from.ending());
    head_ = builder_.head;
    head_.layers = from.layers();
    head_.experts = from.experts();
    head_.of_one_rank = builder_.ranks.size() == 1 && !options_.tokens && !head_.tokens;
    const bool knows_tokens = options_.tokens || head_.tokens;
    records_ = records;
    if (std::any_of(records.begin(), records.end(), has_load)) take_choices();
    if (!choices_) return overrule(head_, options_, file_.name());
    head_ = choices_->head();                 // a step without a load has what those before it had
    if (!knows_tokens) head_.tokens.reset();  // a step does not tell how many others have
}

void growing_text::take_choices() {
    put_step(records_);
    kept_.clear();
    for (load_record one; choices_->next(one);) kept_.emplace_back(one);
    records_.clear();
    for (const auto& one : kept_) records_.push_back(one.record());
}

/// Where layers or experts came that none had before, what the loads count is found anew.
void growing_text::put_step(std::span<const load_record> records) {
    const auto is_same = [this](const log_head& before) {
        return before.layers == head_.layers && before.experts == head_.experts;
    };
    if (choices_ && is_same(steps_->head())) return steps_->put(records);
    auto source = std::make_unique<step_source>(head_);
    steps_ = source.get();
    steps_->put(records);
    choices_.emplace(file_.name(), std::move(source), options_, builder_.notes);
}

bool growing_text::was_rewritten() {
    const auto size = file_.size();
    if (!size) return false;  // a pipe
    std::string start(file_.start().size(), '\0');
    start.resize(file_.file().read_start(start));
    if (*size < size_ || start != file_.start()) return true;
    size_ = *size;
    return false;
}

}  // namespace moebius
