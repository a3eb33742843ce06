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
#include "file_rank.hpp"
#include "joined_log.hpp"
#include "loaded_steps.hpp"
#include "log_builder.hpp"
#include "log_format.hpp"
#include "notes.hpp"
#include "text_log.hpp"
#include "told_settings.hpp"
#include "weights_log.hpp"

namespace moebius {
namespace {

/// Opens each file in turn.
class opener {
public:
    /// @param paths  all that there will be
    opener(const log_options& options, std::span<const std::string> paths)
        : options_(options), files_(paths.size()), reads_r_(are_ranks_by_r(paths)) {}

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
            if (!options_.tokens) add_notes(one.notes, told_.notes());
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
        const auto rank = rank_of_file(path, reads_r_);
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
                read_text(std::move(file), format);
                if (builder_) told_.take(path, builder_->head);
                return;
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
        auto head = log.source->head();
        told_.take(path, head);
        arrays_.emplace_back(path, std::move(log));
    }

    /// Files of a rank follow one another, and ranks are added up.
    opened_log join_arrays() {
        std::map<std::string, std::vector<named_source>> ranks;
        opened_log whole;
        for (auto& [path, one] : arrays_) {
            add_notes(whole.notes, std::move(one.notes));
            ranks[rank_of_file(path, reads_r_)].push_back(
                {path, std::move(one.source), std::move(one.series)});
        }
        std::vector<named_source> each;
        for (auto& [rank, parts] : ranks)
            each.push_back(joined_log(std::move(parts), told_, whole.notes));
        whole.series = std::move(each.front().series);
        whole.source = summed_log(std::move(each), told_, builder_->has_copied_ranks);
        add_notes(whole.notes, builder_->notes_of_ranks());
        add_notes(whole.notes, builder_->notes_of_missing_ranks());
        return whole;
    }

    const log_options& options_;
    std::size_t files_;
    bool reads_r_;  ///< for rank_of_file
    told_settings told_;
    std::unique_ptr<log_builder> builder_ = std::make_unique<log_builder>();
    std::vector<std::pair<std::string, opened_log>> arrays_;
    std::vector<std::string> weights_;  ///< parts of a checkpoint
    std::optional<opened_log> line_by_line_;
    bool one_rank_ = false;
    std::optional<log_format> format_;
    std::string names_;
    bool are_ranks_ = false;  ///< whether the files' names have ranks
};

}  // namespace

std::vector<opened_log> open_logs(std::span<const std::string> paths, const log_options& options) {
    if (paths.empty())
        throw invalid_argument("open_logs", "no file came", "one or more are needed");
    opener files(options, paths);
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

}  // namespace moebius
