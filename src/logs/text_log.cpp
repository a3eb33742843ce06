// SPDX-License-Identifier: MIT
#include "text_log.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <utility>

namespace moebius {

std::string cut_line_of(std::string_view file) {
    return fmt::format(
        "the last line of {} has no end and is no whole record: the file was cut off in it, and it "
        "was left out",
        file);
}

text_reader::text_reader(std::unique_ptr<log_bytes> file, log_format format, log_builder& to)
    : file_(std::move(file)),
      format_(format),
      to_(to),
      parser_(format == log_format::csv ? csv_parser(to, file_->name())
                                        : json_parser(to, file_->name())),
      lines_(file_->file(), file_->start()) {}

/// One line, and those behind it that a shorter way is known for; false at the end.
bool text_reader::take_lines() {
    std::string_view line;
    if (!lines_.next(line)) return false;
    if (lines_.ended_early()) return take_last(line);
    parser_->take(line);
    if (std::exchange(is_first_, false)) return true;
    const std::size_t more = parser_->take_ahead(lines_.ahead());
    lines_.skip(more);
    bytes_ += line.size() + 1 + more;
    return true;
}

/// The line at which the file ends; false where it was cut off in it. A file without a load before
/// that line is refused by it.
bool text_reader::take_last(std::string_view line) {
    if (parser_->take_without_end(line)) return true;
    is_cut_ = !to_.empty();
    if (is_cut_)
        to_.end_early();
    else
        parser_->take(line);
    return !is_cut_;
}

std::vector<std::string> text_reader::notes_at_end() const {
    if (is_cut_) return {cut_line_of(file_->name())};
    const bool may_be_cut =
        format_ == log_format::csv && lines_.ended_early();  // a record of JSON has its own end
    return may_be_cut ? std::vector{early_end_of(file_->name())} : std::vector<std::string>();
}

bool text_reader::begins_steps(std::size_t experts) {
    if (format_ != log_format::csv) return false;
    const auto& table = to_.part("");
    while (table.empty())
        if (to_.parts.size() > 1 || !take_lines()) return false;
    if (to_.parts.size() > 1 || !parser_->has_step_a_line() || !table.is_whole_step() ||
        experts > table.experts())
        return false;
    parser_->give_records();
    return true;
}

bool text_reader::next(load_record& record) {
    try {
        while (!parser_->next_record(record))
            if (!take_lines()) return false;
        return true;
    } catch (const out_of_order& found) {
        if (file_->size()) throw;
        throw io_error(found.what(), "a pipe cannot be read twice, and a file can");
    }
}

void text_reader::read_rest() {
    constexpr std::size_t enough = 1 << 16;
    constexpr double slack = 1.1;
    const std::size_t size = file_->size().value_or(0);
    for (std::size_t before = bytes_; take_lines(); before = bytes_)
        if (before < enough && bytes_ >= enough && size > bytes_)
            to_.expect(slack * static_cast<double>(size) / static_cast<double>(bytes_));
    if (format_ == log_format::csv && lines_.ended_early()) to_.end_open();
    for (auto& sentence : notes_at_end()) to_.note(std::move(sentence));
}

line_log::line_log(std::unique_ptr<log_builder> from, std::unique_ptr<text_reader> reader)
    : from_(std::move(from)), reader_(std::move(reader)), table_(from_->part("")) {
    head_ = from_->head;
    head_.layers = table_.layers();
    head_.experts = table_.experts();
}

bool line_log::next(load_record& record) { return table_.next(record) || reader_->next(record); }

}  // namespace moebius
