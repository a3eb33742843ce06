// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/logs/log_file.hpp>
#include <set>
#include <utility>

#include "array_log.hpp"
#include "choices_log.hpp"
#include "event_file.hpp"
#include "event_folder.hpp"
#include "joined_log.hpp"
#include "loaded_steps.hpp"
#include "log_builder.hpp"
#include "log_format.hpp"
#include "text_log.hpp"
#include "weights_log.hpp"

namespace moebius {
namespace {

std::string_view name_of(log_format format) {
    constexpr std::string_view names[] = {"CSV", "JSONL",         "NPY",
                                          "NPZ", "an event file", "a safetensors file"};
    return names[static_cast<std::size_t>(format)];
}

/// The rank that a file's name says: "..._rank3...".
std::string rank_in(const std::string& path) {
    const auto name = path.substr(path.rfind('/') + 1);
    const auto at = name.find("rank");
    if (at == std::string::npos) return {};
    const auto from = at + 4, end = name.find_first_not_of("0123456789", from);
    return name.substr(from, end == std::string::npos ? end : end - from);
}

/// Opens each file in turn.
class opener {
public:
    /// @param files  how many there will be
    opener(const log_options& options, std::size_t files) : options_(options), files_(files) {}

    void open(const std::string& path) {
        if (!is_folder(path)) return open_file(path);
        const auto found = read_event_folder(path);
        for (const auto& file : found.files) open_file(file);
        std::string others;
        for (const auto& one : found.others) add_name(others, one);
        if (!others.empty())
            builder_->note(fmt::format("runs in folders within '{}' were not read: {}",
                                       excerpt(path), others));
    }

    std::vector<opened_log> finish() {
        if (builder_) one_rank_ = builder_->ranks.size() == 1;
        std::vector<opened_log> out;
        if (!weights_.empty()) {
            out.push_back(open_weights(weights_));
        } else if (line_by_line_) {
            out.push_back(std::move(*line_by_line_));
        } else if (arrays_.empty()) {
            out = builder_->finish(names_, given_experts(options_));
        } else {
            out.push_back(join_arrays());
        }
        for (auto& one : out) {
            one.of_one_rank = one_rank_ && !options_.tokens && !one.source->head().tokens;
            if (weights_.empty())
                one.source = std::make_unique<loaded_steps>(names_, std::move(one.source));
            one.source =
                std::make_unique<choices_log>(names_, std::move(one.source), options_, one.notes);
        }
        return out;
    }

private:
    void open_file(const std::string& path) {
        auto file = std::make_unique<log_bytes>(path);
        const auto format = format_of(*file);
        if (format_ && *format_ != format)
            throw io_error(path, fmt::format("it is {} after {}, but the parts of a log have one "
                                             "format",
                                             name_of(format), name_of(*format_)));
        format_ = format;
        const auto rank = rank_in(path);
        if (!rank.empty()) builder_->add_rank(rank);
        if (!names_.empty() && rank.empty() == are_ranks_)
            throw io_error(rank.empty() ? path : names_,
                           "its name has no rank, but those of other parts have one");
        are_ranks_ = !rank.empty();
        names_ = names_.empty() ? path : names_ + ", " + path;
        switch (format) {
            case log_format::npy:
                return add(path, open_npy(std::move(file)));
            case log_format::npz:
                if (!add_megatron_dump(path, rank.empty(), *builder_)) add(path, open_npz(path));
                return;
            case log_format::events:
                return read_events(*file, *builder_);
            case log_format::weights:
                return weights_.push_back(path);
            case log_format::csv:
            case log_format::jsonl:
                return read_text(std::move(file), format);
        }
    }

    void read_text(std::unique_ptr<log_bytes> file, log_format format) {
        auto text = std::make_unique<text_reader>(std::move(file), format, *builder_);
        if (files_ > 1 || options_.whole || !text->begins_steps(given_experts(options_)))
            return text->read_rest();
        auto said = builder_->notes_of(builder_->part(""), names_, given_experts(options_));
        one_rank_ = builder_->ranks.size() == 1;
        line_by_line_ = opened_log{
            {}, std::make_unique<line_log>(std::move(builder_), std::move(text)), {}, said, false};
    }
    void add(const std::string& path, opened_log log) {
        arrays_.emplace_back(path, std::move(log));
    }

    /// Files of a rank follow one another, and ranks are added up.
    opened_log join_arrays() {
        std::map<std::string, std::vector<named_source>> ranks;
        for (auto& [path, one] : arrays_) {
            ranks[rank_in(path)].push_back({path, std::move(one.source), std::move(one.series)});
        }
        auto whole = std::move(arrays_.front().second);
        for (auto& sentence : builder_->notes_of_ranks()) whole.notes.push_back(sentence);
        std::vector<named_source> each;
        for (auto& [rank, parts] : ranks) each.push_back(joined_log(std::move(parts)));
        whole.series = std::move(each.front().series);
        whole.source = summed_log(std::move(each));
        return whole;
    }

    const log_options& options_;
    std::size_t files_;
    std::unique_ptr<log_builder> builder_ = std::make_unique<log_builder>();
    std::vector<std::pair<std::string, opened_log>> arrays_;
    std::vector<std::string> weights_;  ///< parts of a checkpoint
    std::optional<opened_log> line_by_line_;
    bool one_rank_ = false;
    std::optional<log_format> format_;
    std::string names_;
    bool are_ranks_ = false;  ///< whether the files' names have ranks
};

/// A text that grows.
class followed_text final : public followed_log {
public:
    followed_text(const std::string& path, const log_options& options)
        : file_(path), options_(options) {
        const auto format = format_of(file_);
        if (format != log_format::csv && format != log_format::jsonl)
            throw io_error(path, fmt::format("it is {}, but CSV or JSONL is needed to follow a log",
                                             name_of(format)));
        parser_ =
            format == log_format::csv ? csv_parser(builder_, path) : json_parser(builder_, path);
        lines_ = std::make_unique<line_reader>(file_.file(), file_.start(), true);
    }

    const log_head& head() const override { return head_; }

    std::span<const load_record> next_step() override {
        if (at_end_) require_same_file();
        auto& table = builder_.part("");
        while (true) {
            for (std::string_view line; !table.has_whole_step() && lines_->next(line);)
                parser_->take(line);
            if (builder_.parts.size() > 1)
                throw io_error(file_.name(),
                               "it has several logs side by side, but one can be followed");
            at_end_ = !table.has_whole_step();
            if (at_end_) return last_step(table);
            const auto before = std::exchange(given_, std::nullopt);
            const bool is_given = before == table.cells_of_step();
            take_step(table, before.has_value());
            if (!is_given) return records_;
        }
    }

    bool restarted() const override { return restarted_; }

private:
    [[nodiscard]] std::size_t least_experts() const {
        return builder_.least_experts(given_experts(options_));
    }

    /// The step behind which nothing came so far, once, where it is known to be whole. It stays in
    /// the table: rows that come yet make it another, which is given again.
    std::span<const load_record> last_step(const load_table& table) {
        const bool known = parser_->ends_step() || table.gave_step();
        if (!known || builder_.is_of_evaluation() || !table.has_all_cells(least_experts()) ||
            given_ == table.cells_of_step())
            return {};
        const auto before = std::exchange(given_, table.cells_of_step());
        last_ = table;
        take_step(last_, before.has_value());
        return records_;
    }

    void take_step(load_table& from, bool again) {
        records_ = from.take_step(file_.name(), least_experts());
        head_ = builder_.head;
        head_.layers = from.layers();
        head_.experts = from.experts();
        require_experts(file_.name(), head_.experts, options_);
        overrule(head_, options_, file_.name());
        follow_order(again);
    }

    /// A step that falls is a restart where all its layers had that step or a later one.
    /// @param again  it was given before it had all of its rows
    void follow_order(bool again) {
        const auto step = records_.front().step;
        restarted_ = again || (!last_of_.empty() && step <= last_step_);
        for (const auto& one : records_) {
            if (again) break;
            const auto last = last_of_.find(one.layer);
            if (restarted_ && (last == last_of_.end() || last->second < step))
                throw io_error(file_.name(),
                               fmt::format("step {} came after {}, but a log that is followed must "
                                           "be in order of steps",
                                           step, last_step_));
        }
        if (restarted_) last_of_.clear();
        for (const auto& one : records_) last_of_[one.layer] = step;
        last_step_ = step;
    }

    /// At the end of what was written, where the file may have been cut and written anew.
    void require_same_file() {
        const auto size = file_.size();
        if (!size) return;  // a pipe
        const auto start = file_.start();
        if (*size < size_ || !log_bytes(file_.name()).start().starts_with(start))
            throw io_error(file_.name(),
                           "it was cut or replaced while it was followed: steps that "
                           "were not read yet may be lost, and it must be followed "
                           "anew");
        size_ = *size;
    }

    log_bytes file_;
    std::size_t size_ = 0;  ///< when it was last looked at
    log_options options_;
    log_builder builder_;
    std::unique_ptr<line_parser> parser_;
    std::unique_ptr<line_reader> lines_;
    std::vector<load_record> records_;
    log_head head_;
    bool at_end_ = false, restarted_ = false;
    std::map<std::size_t, std::int64_t> last_of_;  ///< step of each layer
    std::int64_t last_step_ = 0;                   ///< of all
    std::optional<std::size_t> given_;  ///< cells of the step at the end when it was given
    load_table last_;                   ///< that step, as it was taken out
};

}  // namespace

std::vector<opened_log> open_logs(std::span<const std::string> paths, const log_options& options) {
    if (paths.empty())
        throw invalid_argument("open_logs", "no file came", "one or more are needed");
    opener files(options, paths.size());
    std::set<std::filesystem::path> met;
    for (const auto& path : paths) {
        std::error_code unknown;  // of a pipe, which is nowhere
        const auto place = std::filesystem::canonical(path, unknown);
        if (!unknown && !met.insert(place).second)
            throw invalid_argument(path, "it came twice", "a part of a log is read once");
        files.open(path);
    }
    return files.finish();
}

std::unique_ptr<followed_log> follow_log(const std::string& path, const log_options& options) {
    return std::make_unique<followed_text>(path, options);
}

}  // namespace moebius
