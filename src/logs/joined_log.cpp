// SPDX-License-Identifier: MIT
#include "joined_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <string>
#include <utility>

#include "copied_ranks.hpp"
#include "file_rank.hpp"
#include "kept_record.hpp"
#include "notes.hpp"

namespace moebius {
namespace {

void require_alike(const std::vector<named_source>& parts) {
    const auto& first = parts.front().source->head();
    for (const auto& [file, one, series] : parts)
        if (one->head().layers != first.layers || one->head().experts != first.experts)
            throw io_error(file, fmt::format("{} layers of {} experts came after {} of {}, but "
                                             "parts of a log have the same",
                                             one->head().layers.size(), one->head().experts,
                                             first.layers.size(), first.experts));
}

/// Parts one after the other.
class part_after_part final : public log_source {
public:
    part_after_part(std::vector<named_source> parts, const told_settings& told) {
        require_alike(parts);
        for (auto& one : parts) {
            auto& to = parts_.emplace_back(part{std::move(one), {}, {}});
            to.has_first = to.of.source->next(to.first);
        }
        put_in_order();
        for (std::size_t i = 0; i < parts_.size(); ++i)
            if (parts_[i].has_first && parts_[i].of.source->head().has_steps) end_parts_before(i);
        head_ = parts_.front().of.source->head();
        told.give(head_);
    }

    const log_head& head() const override { return head_; }

    bool next(load_record& record) override {
        for (; at_ < parts_.size(); ++at_, fresh_ = true) {
            auto& one = parts_[at_];
            if (!take(one, record)) continue;
            if (one.end && record.step >= *one.end) {
                notes_.push_back(fmt::format(
                    "steps of {} from {} on were left out: another part begins with that one, as "
                    "of a run that was restarted from a checkpoint",
                    one.of.file, *one.end));
                continue;
            }
            if (fresh_) offset_ = at_ > 0 && record.step <= last_ ? last_ + 1 : 0;
            fresh_ = false;
            last_ = record.step += offset_;
            return true;
        }
        return false;
    }

    std::vector<std::string> notes_at_end() const override {
        auto out = notes_;
        for (const auto& one : parts_) add_notes(out, one.of.source->notes_at_end());
        return out;
    }

    bool is_turned() const override {
        return std::any_of(parts_.begin(), parts_.end(),
                           [](const auto& one) { return one.of.source->is_turned(); });
    }

    /// Which part is read after which.
    [[nodiscard]] std::string order() const {
        constexpr std::size_t most = 8;
        std::string list;
        for (std::size_t i = 0; i < std::min(most, parts_.size()); ++i)
            list += (i == 0 ? "" : ", ") + excerpt(parts_[i].of.file);
        if (parts_.size() > most) list += fmt::format(" and {} more", parts_.size() - most);
        auto out = "the files were taken as parts of one run, in this order: " + list;
        if (rank_of_file(parts_.front().of.file).empty())
            out += "; those of ranks, whose loads are added up, have names with rank0, rank1";
        return out;
    }

    /// Those of all parts, in the order in which they are read.
    [[nodiscard]] std::vector<named_series> series() const {
        auto out = parts_.front().of.series;
        for (std::size_t i = 1; i < parts_.size(); ++i)
            for (const auto& more : parts_[i].of.series)
                for (auto& one : out)
                    if (one.name == more.name)
                        one.values.insert(one.values.end(), more.values.begin(), more.values.end());
        return out;
    }

private:
    struct part {
        named_source of;
        load_record first;                ///< good until the next one
        std::optional<std::int64_t> end;  ///< a step with which a later part begins
        bool has_first = false;
    };

    /// By their first steps, where all have numbers.
    void put_in_order() {
        const auto has_number = [](const part& one) {
            return one.has_first && one.of.source->head().has_steps;
        };
        if (std::all_of(parts_.begin(), parts_.end(), has_number))
            std::stable_sort(parts_.begin(), parts_.end(), [](const part& a, const part& b) {
                return a.first.step < b.first.step;
            });
    }

    static bool take(part& from, load_record& record) {
        if (!std::exchange(from.has_first, false)) return from.of.source->next(record);
        record = from.first;
        return true;
    }

    /// A part that begins before the ones before it have ended replaces the rest of them.
    void end_parts_before(std::size_t later) {
        const auto begins = parts_[later].first.step;
        for (std::size_t i = 0; i < later; ++i) {
            auto& one = parts_[i];
            if (!one.has_first || !one.of.source->head().has_steps) continue;
            if (begins <= one.first.step)
                throw io_error(parts_[later].of.file,
                               fmt::format("step {} came after {} of {}, but steps must increase",
                                           begins, one.first.step, one.of.file));
            one.end = std::min(begins, one.end.value_or(begins));
        }
    }

    log_head head_;
    std::vector<part> parts_;
    std::vector<std::string> notes_;
    std::size_t at_ = 0;
    bool fresh_ = true;
    std::int64_t last_ = 0, offset_ = 0;
};

/// Ranks side by side.
class rank_beside_rank final : public log_source {
public:
    rank_beside_rank(std::vector<named_source> ranks, const told_settings& told)
        : ranks_(std::move(ranks)), head_(ranks_.front().source->head()) {
        require_alike(ranks_);
        told.give(head_);
        look_ahead();
    }

    const log_head& head() const override { return head_; }
    std::vector<std::string> notes_at_end() const override {
        std::vector<std::string> out;
        for (const auto& one : ranks_) add_notes(out, one.source->notes_at_end());
        return out;
    }
    bool is_turned() const override { return ranks_.front().source->is_turned(); }

    /// Whether each has the loads of all.
    [[nodiscard]] bool are_copies() const noexcept { return are_copies_; }

    bool next(load_record& record) override {
        if (started_ && !ahead_.empty()) ahead_.pop_front();
        started_ = true;
        if (ahead_.empty()) return read(record);
        record = ahead_.front().record();
        return true;
    }

private:
    [[noreturn]] void fail(std::size_t rank, std::string_view rule) const {
        throw io_error(ranks_[rank].file, rule);
    }

    /// Reads records until it is known what ranks are to each other.
    void look_ahead() {
        constexpr std::size_t most_records = 256, most_numbers = 1 << 20;
        std::size_t numbers = 0;
        std::deque<kept_record> firsts;
        copied_ranks seen;
        for (load_record sum;
             ahead_.size() < most_records && numbers < most_numbers && read(sum);) {
            numbers += sum.loads.size() + sum.moments.size();
            seen.take(are_same_, copied_ranks::tells(first_));
            ahead_.emplace_back(sum);
            sum.loads = first_;
            sum.moments = first_moments_;
            firsts.emplace_back(sum);
        }
        are_copies_ = seen.are();
        if (are_copies_) ahead_ = std::move(firsts);
    }

    bool read(load_record& record) {
        const bool more = ranks_.front().source->next(record);
        if (more) {
            first_.assign(record.loads.begin(), record.loads.end());
            first_moments_.assign(record.moments.begin(), record.moments.end());
            loads_ = first_;
            moments_ = first_moments_;
            are_same_ = true;
        }
        for (std::size_t i = 1; i < ranks_.size(); ++i) {
            load_record other;
            if (ranks_[i].source->next(other) != more)
                fail(i, "it has another number of steps than the rank before it");
            if (more) add(i, record, other);
        }
        record.loads = are_copies_ ? first_ : loads_;
        record.moments = are_copies_ ? first_moments_ : moments_;
        return more;
    }

    void add(std::size_t rank, const load_record& record, const load_record& other) {
        if (other.step != record.step)
            fail(rank, fmt::format("step {} came beside {} of another rank, but ranks have the "
                                   "same steps",
                                   other.step, record.step));
        if (other.moments.size() != moments_.size())
            fail(rank, "all ranks must have moments, or none");
        are_same_ = are_same_ && std::equal(first_.begin(), first_.end(), other.loads.begin()) &&
                    std::equal(first_moments_.begin(), first_moments_.end(), other.moments.begin());
        if (are_copies_ && !are_same_)
            fail(rank, fmt::format("its loads of step {} are not those of the rank before it, but "
                                   "were in all steps before, as each has the loads of all",
                                   other.step));
        for (std::size_t e = 0; e < loads_.size(); ++e) loads_[e] += other.loads[e];
        for (std::size_t e = 0; e < moments_.size(); ++e) moments_[e] += other.moments[e];
    }

    std::vector<named_source> ranks_;
    log_head head_;
    std::deque<kept_record> ahead_;
    bool started_ = false, are_same_ = true, are_copies_ = false;
    std::vector<double> first_, first_moments_;  ///< of the first rank, in the record at hand
    std::vector<double> loads_, moments_;        ///< their sums over ranks
};

}  // namespace

named_source joined_log(std::vector<named_source> parts, const told_settings& told,
                        std::vector<std::string>& notes) {
    if (parts.size() == 1) return std::move(parts.front());
    auto file = parts.front().file;
    auto all = std::make_unique<part_after_part>(std::move(parts), told);
    add_note(notes, all->order());
    auto series = all->series();
    return {std::move(file), std::move(all), std::move(series)};
}

std::unique_ptr<log_source> summed_log(std::vector<named_source> ranks, const told_settings& told,
                                       bool& are_copies) {
    if (ranks.size() == 1) return std::move(ranks.front().source);
    auto all = std::make_unique<rank_beside_rank>(std::move(ranks), told);
    are_copies = all->are_copies();
    return all;
}

}  // namespace moebius
