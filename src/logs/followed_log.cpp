// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/logs/log_file.hpp>
#include <set>
#include <utility>

#include "growing_text.hpp"
#include "recent_steps.hpp"

namespace moebius {
namespace {

/// Whether a file of that name may come yet: there is none, but the folder for it.
bool may_come(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code fault;
    if (fs::exists(path, fault) || fault) return false;
    const auto folder = fs::path(path).parent_path();
    return fs::is_directory(folder.empty() ? fs::path(".") : folder, fault);
}

/// The files that have a name, one after the other.
class followed_text final : public followed_log {
public:
    followed_text(std::string path, log_options options)
        : path_(std::move(path)), options_(std::move(options)) {
        open();
    }

    const log_head& head() const override { return head_; }

    std::span<const load_record> next_step() override {
        while (text_ || open()) {
            if (at_end_ && text_->was_rewritten()) {
                begin_anew();
                continue;
            }
            const auto records = read_on();
            at_end_ = records.empty();
            if (!at_end_) return records;
            const bool is_read = std::exchange(is_left_, text_->was_moved());
            if (!is_left_) return {};
            if (is_read) begin_anew();  // what was written before it was moved is read, too
        }
        return {};
    }

    bool restarted() const override { return restarted_; }
    bool has_ended() const override { return text_ && text_->has_ended(); }
    std::vector<std::string> take_notes() override { return std::exchange(notes_, {}); }

private:
    bool open() {
        if (may_come(path_))
            wait("it is not there yet");
        else
            text_ = std::make_unique<growing_text>(path_, options_);
        return text_ != nullptr;
    }

    void wait(std::string_view why) {
        if (!std::exchange(waits_, true))
            notes_.push_back(fmt::format("{}: {}, and is waited for", path_, why));
    }

    void begin_anew() {
        if (!waits_)  // else nothing of it was read
            notes_.push_back(
                fmt::format("{}: it was cut or replaced, and is read from its start", path_));
        text_.reset();
        at_end_ = is_left_ = false;
        is_anew_ = true;
    }

    std::span<const load_record> read_on() {
        if (!text_->has_begun()) {
            wait("it has no line yet");
            return {};
        }
        waits_ = false;
        auto records = text_->next_step();
        while (is_copy(records)) records = text_->next_step();
        if (records.empty() && !has_ended()) return {};
        for (const auto& one : text_->notes())
            if (said_.insert(one).second) notes_.push_back(one);
        if (records.empty()) return {};
        follow_order(records);
        head_ = text_->head();
        return records;
    }

    /// Whether a step is one of the last that came, with the same numbers.
    bool is_copy(std::span<const load_record> records) {
        if (records.empty() || is_anew_ || text_->is_again() || differs(text_->head()) ||
            !recent_.has(records))
            return false;
        if (!std::exchange(has_copies_, true))
            notes_.push_back(
                fmt::format("step {} came again with the same numbers, and counts "
                            "once, as all such steps do",
                            records.front().step));
        return true;
    }

    /// A step that falls is a restart where all its layers had that step or a later one. A file
    /// that came in place of another goes on where that ended, or is another run.
    void follow_order(std::span<const load_record> records) {
        const auto step = records.front().step;
        const bool goes_back = !last_of_.empty() && step <= last_step_;
        const bool is_other =
            std::exchange(is_anew_, false) && (goes_back || differs(text_->head()));
        const bool grew = !is_other && differs(text_->head());
        restarted_ = text_->is_again() || goes_back || is_other || grew;
        if (goes_back && !is_other && !text_->is_again()) take_restart(records);
        if (grew && first_step_ < step) note_growth(step, text_->head());
        if (restarted_ || last_of_.empty()) first_step_ = step;
        if (restarted_) {
            last_of_.clear();
            recent_.clear();
        }
        recent_.add(records);
        for (const auto& one : records) last_of_[one.layer] = step;
        last_step_ = step;
    }

    void take_restart(std::span<const load_record> records) {
        const auto step = records.front().step;
        for (const auto& one : records) {
            const auto last = last_of_.find(one.layer);
            if (last == last_of_.end() || last->second < step)
                throw io_error(path_, fmt::format("step {} came after {}, but a log that is "
                                                  "followed must be in order of steps",
                                                  step, last_step_));
        }
        notes_.push_back(
            fmt::format("step {} came again, as of a run that was restarted from a checkpoint or "
                        "of an evaluation that no column tells from training: what came before it "
                        "no longer counts",
                        step));
    }

    /// Of what is known by layer and expert nothing holds where these are others.
    void note_growth(std::int64_t step, const log_head& now) {
        const bool by_experts = now.experts != head_.experts;
        notes_.push_back(fmt::format(
            "step {} has {} {}, and those before it have {}: what came before it no longer "
            "counts{}",
            step, by_experts ? now.experts : now.layers.size(), by_experts ? "experts" : "layers",
            by_experts ? head_.experts : head_.layers.size(),
            by_experts ? ", but it would where --experts says how many there are" : ""));
    }

    [[nodiscard]] bool differs(const log_head& now) const {
        return !last_of_.empty() && (now.layers != head_.layers || now.experts != head_.experts);
    }

    std::string path_;
    log_options options_;
    std::unique_ptr<growing_text> text_;  ///< none while there is no file
    bool waits_ = false;                  ///< which was said
    bool at_end_ = false;                 ///< of what was written so far
    bool is_left_ = false;                ///< another file has its name
    bool is_anew_ = false;                ///< no step of the file that has it now was given
    log_head head_;
    bool restarted_ = false;
    recent_steps recent_;                          ///< that count
    bool has_copies_ = false;                      ///< which was said
    std::map<std::size_t, std::int64_t> last_of_;  ///< step of each layer
    std::int64_t last_step_ = 0;                   ///< of all
    std::int64_t first_step_ = 0;                  ///< that counts
    std::vector<std::string> notes_;
    std::set<std::string> said_;
};

}  // namespace

std::unique_ptr<followed_log> follow_log(const std::string& path, const log_options& options) {
    return std::make_unique<followed_text>(path, options);
}

}  // namespace moebius
