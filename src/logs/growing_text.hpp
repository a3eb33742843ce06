// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/base/line_reader.hpp>
#include <moebius/logs/log_file.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "choices_log.hpp"
#include "kept_record.hpp"
#include "log_builder.hpp"
#include "log_format.hpp"

namespace moebius {

/// A step of a log, as a source that ends with it until the next one is put into it.
class step_source final : public log_source {
public:
    explicit step_source(log_head head) : head_(std::move(head)) {}

    const log_head& head() const override { return head_; }
    void put(std::span<const load_record> step) { step_ = step; }
    bool next(load_record& record) override {
        if (step_.empty()) return false;
        record = step_.front();
        step_ = step_.subspan(1);
        return true;
    }

private:
    log_head head_;
    std::span<const load_record> step_;
};

/// One file of CSV or JSONL that grows: its steps, from its start on.
class growing_text {
public:
    /// @throws io_error  where there is no such file
    growing_text(const std::string& path, const log_options& options);

    /// Whether its first whole line is there, which tells what it is.
    /// @throws io_error  for a format that does not grow by lines
    [[nodiscard]] bool has_begun();

    /// As followed_log::next_step, once it has begun. The records are good until the next one.
    [[nodiscard]] std::span<const load_record> next_step();
    /// Whether that step was given before it had all of its rows.
    [[nodiscard]] bool is_again() const noexcept { return is_again_; }

    [[nodiscard]] const log_head& head() const noexcept { return head_; }
    /// How it is read, as far as steps that were given tell.
    [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return builder_.notes; }

    /// Whether another file has its name now; what was written to this one can be read on.
    [[nodiscard]] bool was_moved() { return file_.file().was_moved(); }
    /// Whether it was cut or written anew: what comes is not what follows.
    [[nodiscard]] bool was_rewritten();
    /// Whether nothing can come any more: the end of a pipe, or of the standard input.
    [[nodiscard]] bool has_ended() { return file_.file().has_ended(); }

private:
    [[nodiscard]] std::size_t least_experts() const;
    std::span<const load_record> last_step(const load_table& table);
    void take_step(load_table& from, bool again);
    void take_end();
    void take_choices();
    void put_step(std::span<const load_record> records);

    log_bytes file_;
    std::size_t size_ = 0;  ///< when it was last looked at
    const log_options& options_;
    log_builder builder_;
    log_format format_ = log_format::csv;
    std::unique_ptr<line_parser> parser_;  ///< once it has begun
    std::unique_ptr<line_reader> lines_;
    step_source* steps_ = nullptr;        ///< what choices_ reads
    std::optional<choices_log> choices_;  ///< of as many layers and experts as came so far
    std::vector<kept_record> kept_;       ///< its records
    std::vector<load_record> records_;
    log_head head_;
    bool is_again_ = false;
    std::optional<std::size_t> given_;  ///< cells of the step at the end when it was given
    load_table last_;                   ///< that step, as it was taken out
};

}  // namespace moebius
