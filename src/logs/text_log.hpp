// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/base/line_reader.hpp>
#include <moebius/logs/load_log.hpp>
#include <string>
#include <string_view>

#include "log_builder.hpp"
#include "log_format.hpp"

namespace moebius {

/// What is to be noted of a text whose last line was left out, as take_without_end() says.
[[nodiscard]] std::string cut_line_of(std::string_view file);

/// Reads CSV or JSONL line by line.
class text_reader {
public:
    /// @param to  where loads go; it must outlive the reader
    text_reader(std::unique_ptr<log_bytes> file, log_format format, log_builder& to);

    /// Reads up to the first line with loads of a CSV file. True where each line behind it is a
    /// step by itself, of all experts of all layers in order: next() reads them then.
    /// @param experts  that a layer has at least
    [[nodiscard]] bool begins_steps(std::size_t experts);
    /// The next record behind those lines; false at the end.
    bool next(load_record& record);

    /// All that is left, and what its end tells.
    void read_rest();

    /// As log_source::notes_at_end.
    [[nodiscard]] std::vector<std::string> notes_at_end() const;

private:
    [[nodiscard]] bool take_lines();
    [[nodiscard]] bool take_last(std::string_view line);

    std::unique_ptr<log_bytes> file_;
    log_format format_;
    log_builder& to_;
    std::unique_ptr<line_parser> parser_;
    line_reader lines_;
    std::size_t bytes_ = 0;                  ///< of the lines behind the first, which has names
    bool is_first_ = true, is_cut_ = false;  ///< is_cut_: the last line was, and was left out
};

/// A log of which a step is in memory at a time.
class line_log final : public log_source {
public:
    /// @param reader  after begins_steps(), which gave true; it fills `from`
    line_log(std::unique_ptr<log_builder> from, std::unique_ptr<text_reader> reader);

    const log_head& head() const override { return head_; }
    bool next(load_record& record) override;
    std::vector<std::string> notes_at_end() const override { return reader_->notes_at_end(); }

private:
    std::unique_ptr<log_builder> from_;
    std::unique_ptr<text_reader> reader_;
    load_table& table_;
    log_head head_;
};

}  // namespace moebius
