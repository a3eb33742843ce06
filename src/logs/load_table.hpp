// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/logs/load_log.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load_numbers.hpp"
#include "load_run.hpp"
#include "restarts.hpp"

namespace moebius {

/// What one cell of a log says.
struct load_cell {
    std::int64_t step = 0;
    std::uint32_t layer = 0, expert = 0;
    double load = 0;
    double score = std::numeric_limits<double>::quiet_NaN();  ///< or none
    double dither = std::numeric_limits<double>::quiet_NaN();
    double feedback = std::numeric_limits<double>::quiet_NaN();  ///< kappa of the step, or none
};

/// Why a name is none of a layer, if it is a number that no layer has; empty if it may be one.
[[nodiscard]] std::string fault_of_layer(std::string_view name);

/// Cells of experts that follow one another.
struct load_row {
    std::int64_t step = 0;
    std::uint32_t layer = 0, expert = 0;            ///< the first
    std::span<const double> loads, scores, dither;  ///< scores and dither: as many, or none
    std::span<const double> moments{};              ///< as many a load as there are loads, or none
    double feedback = std::numeric_limits<double>::quiet_NaN();
};

/// Loads in memory, filled in any order: 4 bytes a count, 8 another number, where experts come one
/// after the other.
class load_table {
public:
    static constexpr std::uint32_t most_experts = 1 << 16, most_layers = 1 << 16;

    /// Cells that come again are added up: of ranks, micro-batches, single choices.
    bool adds_up = false;

    /// Whose counts come now: of ranks, whose cells are added up and who may be restarted.
    std::uint32_t source = 0;

    /// Each row is a choice, which says nothing of a restart.
    bool has_choices = false;

    /// A load has its expert's name with it, so that one that is missing was not logged.
    bool needs_all = false;

    /// The place of a layer, a new one if it was not met.
    /// @param place  gives what the sentence begins with: file and place
    /// @throws io_error  for more than most_layers, and for a number that is none of a layer
    template <typename Place>
    std::uint32_t layer(std::string_view name, const Place& place) {
        if (last_layer_ < layers_.size() && layers_[last_layer_] == name) return last_layer_;
        if (const auto found = places_.find(name); found != places_.end())
            return last_layer_ = found->second;
        if (const auto rule = new_layer_fault(name); !rule.empty()) throw io_error(place(), rule);
        return last_layer_ = add_layer(name);
    }

    void add(const load_cell& cell) {
        scores_.add(cell.score, loads_.size());
        dither_.add(cell.dither, loads_.size());
        feedback_.add(cell.feedback, loads_.size());
        loads_.push_back(cell.load);
        has_zero_ = has_zero_ || cell.load == 0;
        extend(cell.step, cell.layer, cell.expert, 1);
    }
    void add(const load_row& row);
    /// The load of the expert after that of the last cell, in a table of loads alone.
    void add_next(double load) {
        loads_.push_back(load);
        has_zero_ = has_zero_ || load == 0;
        auto& last = runs_.back();
        experts_ = std::max<std::size_t>(experts_, last.expert + ++last.count);
    }

    /// The same of experts one after the other, one or more.
    void add_next(std::span<const double> loads) {
        append(loads);
        auto& last = runs_.back();
        last.count += static_cast<std::uint32_t>(loads.size());
        experts_ = std::max<std::size_t>(experts_, last.expert + last.count);
    }

    /// Makes room for `times` as many cells as there are, a guess.
    void expect(double times);

    [[nodiscard]] bool empty() const noexcept { return runs_.empty(); }
    [[nodiscard]] bool has_moments() const noexcept { return !moments_.values.empty(); }
    [[nodiscard]] const std::vector<std::string>& layers() const noexcept { return layers_; }
    [[nodiscard]] std::size_t experts() const noexcept { return experts_; }
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    [[nodiscard]] std::size_t records() const noexcept { return records_; }
    /// What the end alone lacks, as of a file that was cut off, and whether it was left out; empty
    /// if nothing. After finish.
    [[nodiscard]] const std::string& ending() const noexcept { return ending_; }
    /// The first expert that has a row; asked after finish.
    [[nodiscard]] std::uint32_t first_expert() const noexcept { return first_expert_; }
    /// Whether experts were numbered from 1, which finish() counts from 0.
    [[nodiscard]] bool is_from_1() const noexcept { return from_1_; }
    /// Whether an expert without loads has rows, too.
    [[nodiscard]] bool has_zero() const noexcept { return has_zero_; }

    /// Leaves out all that came but the names of layers, whose places hold.
    void forget_rows();
    /// Leaves out what came with that step or a later one: the run was restarted there.
    void restart_at(std::int64_t step);
    /// What is to be said of rows that came again or go back. After finish or take_step.
    [[nodiscard]] std::vector<std::string> texts_of_repeats() const { return texts_of(repeats_); }

    /// Whether several ranks came that all have the same loads, as each logs those of all: the
    /// first counts. After finish.
    [[nodiscard]] bool has_copied_ranks() const noexcept { return has_copied_ranks_; }
    /// Ranks, by their source, whose rows end before those of others, with their last step. After
    /// finish.
    [[nodiscard]] const std::map<std::uint32_t, std::int64_t>& ended_ranks() const noexcept {
        return ended_ranks_;
    }

    /// What the file has behind the last row is a part of another that was cut off.
    bool is_cut = false;
    /// The last row has no end, so that its last number may be a part of one.
    bool is_open = false;
    /// No more comes to a log that is followed: the step that is left is the last one.
    bool is_over = false;

    /// The same, and the step of that row.
    void cut_at(std::int64_t step) { cut_step_ = step; }

    /// Puts all in order: steps, in each layers by name.
    /// @param file  for sentences
    /// Rows that came before a restart from a checkpoint are left out, and a step at the end that
    /// is cut off.
    /// @throws io_error  for cells that come twice, and for missing ones where zeros are written
    void finish(const std::string& file, std::size_t experts);

    /// The next record in that order.
    bool next(load_record& record);

    /// Whether what came needs no finish(): one step of all experts of all layers, in order.
    [[nodiscard]] bool is_whole_step() const;

    /// Whether a step before the last is there, of which no more can come where steps are in order.
    [[nodiscard]] bool has_whole_step() const;
    /// Whether the one step that is there has a cell of each expert in each layer that came so far,
    /// so that no more is to come where all of them are known.
    /// @param experts  that there are at least
    [[nodiscard]] bool has_all_cells(std::size_t experts) const;
    /// Cells of the first step.
    [[nodiscard]] std::size_t cells_of_step() const;
    /// Whether a step was taken out, which tells what layers and experts there are.
    [[nodiscard]] bool gave_step() const noexcept { return taken_.steps > 0; }
    /// Takes that step's records out; their numbers are good until the next call.
    /// None of a last step that is cut off, as ending() says.
    /// @param experts  that there are at least
    std::vector<load_record> take_step(const std::string& file, std::size_t experts);

private:
    /// Of records.
    struct record_counts {
        std::size_t all = 0, incomplete = 0;
        bool last = false;  ///< whether the last one is incomplete
        void add(bool is_incomplete) {
            ++all;
            incomplete += is_incomplete ? 1U : 0U;
            last = is_incomplete;
        }
        [[nodiscard]] bool only_last() const { return all > 1 && incomplete == 1 && last; }
    };
    /// Places in runs_: of a record, or of those of a step.
    struct run_range {
        std::size_t begin = 0, end = 0;
    };
    /// What records have in common.
    struct usual_record {
        std::size_t cells = 0;                   ///< of the first
        bool have_as_many = true;                ///< whether each has as many cells
        std::size_t least_layers = most_layers;  ///< of a step, that have a record
        bool are_of_all_layers = true;           ///< whether each layer has a record in some step
    };
    /// Of each expert in the records of a layer.
    struct least_loads {
        std::vector<double> loads;
        std::size_t count = 0;  ///< of records
    };
    struct sum_range {
        double least = 0, most = 0;
        std::size_t count = 0;  ///< of records
    };
    /// What those have in common that were taken out of a log that is followed.
    struct records_before {
        usual_record usual;
        sum_range sums;
        std::map<std::string, least_loads, std::less<>> least;  ///< of each layer that has some
    };
    /// Numbers beside each load, where any has some.
    struct channel {
        std::vector<double> values;
        std::size_t width = 1;  ///< of a load
        void add(double value, std::size_t place) {
            if (values.empty() && std::isnan(value)) return;
            if (values.empty()) begin(place);
            values.push_back(value);
        }
        void add(std::span<const double> more, std::size_t count, std::size_t place);
        /// The same of several numbers a load: of all loads from the first on, else they are left
        /// out.
        void add_all(std::span<const double> more, std::size_t count, std::size_t place);
        /// Of `count` loads; empty if none came since.
        [[nodiscard]] std::span<const double> of(std::size_t place, std::size_t count) const {
            if ((place + count) * width > values.size()) return {};
            return std::span(values).subspan(place * width, count * width);
        }
        /// Takes those of the first loads out.
        [[nodiscard]] channel cut(std::size_t count);
        /// Whether two loads have the same ones.
        [[nodiscard]] bool are_same(std::size_t a, std::size_t b) const;
        void begin(std::size_t place) {
            values.assign(place, std::numeric_limits<double>::quiet_NaN());
        }
    };

    void append(std::span<const double> loads) {
        loads_.append(loads);
        has_zero_ = has_zero_ || std::count(loads.begin(), loads.end(), 0.0) > 0;
    }

    /// `count` cells came.
    void extend(std::int64_t step, std::uint32_t layer, std::uint32_t expert, std::uint32_t count) {
        experts_ = std::max<std::size_t>(experts_, expert + count);
        const load_run made{step, layer, expert, loads_.size() - count, count, source};
        if (!runs_.empty() && runs_.back().ends_before(made))
            runs_.back().count += count;
        else
            begin_run(made);
    }

    [[nodiscard]] std::string new_layer_fault(std::string_view name) const;
    std::uint32_t add_layer(std::string_view name);
    [[nodiscard]] std::vector<load_run>::const_iterator end_of_step() const;
    [[nodiscard]] load_table cut_step();
    /// The highest expert that has a cell, plus one.
    [[nodiscard]] static std::size_t end_of_experts(std::span<const load_run> runs);
    [[nodiscard]] bool are_all_but_first() const;
    void number_from_0(std::size_t experts);
    void name_layers_in_order();
    void put_in_order();
    [[nodiscard]] bool are_same(std::size_t a, std::size_t b) const;
    void part_overlaps();
    void leave_out_void_rows();
    [[noreturn]] void refuse(const std::string& file, const load_run& at,
                             std::string_view rule) const;
    [[nodiscard]] std::pair<std::size_t, std::size_t> cover(const std::string& file,
                                                            std::size_t from) const;
    void check(const std::string& file, std::size_t met);
    [[nodiscard]] std::size_t end_of_record(std::size_t from) const;
    [[nodiscard]] std::size_t cells_of(run_range record) const;
    [[nodiscard]] double sum_of(run_range record) const;
    [[nodiscard]] usual_record records_but(run_range those) const;
    [[nodiscard]] sum_range sums_but(run_range those) const;
    [[nodiscard]] least_loads least_but(std::uint32_t layer, run_range those) const;
    [[nodiscard]] records_before records_so_far() const;
    [[nodiscard]] bool lacks_rows(run_range record, run_range those, const usual_record& others,
                                  bool is_last) const;
    [[nodiscard]] bool falls_short(run_range record, run_range those) const;
    [[nodiscard]] bool lacks_busy_expert(run_range record, run_range those) const;
    [[nodiscard]] std::string text_of_lack(run_range record, const usual_record& others) const;
    [[nodiscard]] std::string lack_of_last_step(run_range step, const load_run& last_row) const;
    [[nodiscard]] std::string lack_of_last_record(run_range record) const;
    void leave_out_cut_end();
    [[nodiscard]] bool have_same_loads(run_range record, bool& tells) const;
    [[nodiscard]] bool are_ranks_copies() const;
    void look_at_ranks();
    void begin_run(const load_run& made);
    [[nodiscard]] std::span<const double> loads_of(std::span<const load_run> runs);
    [[nodiscard]] std::span<const double> moments_of(std::span<const load_run> runs);
    [[nodiscard]] static std::span<const double> beside(std::span<const load_run> runs,
                                                        const channel& of,
                                                        std::vector<double>& row);

    std::vector<load_run> runs_;
    load_numbers loads_;
    channel scores_, dither_, moments_, feedback_;
    std::vector<std::string> layers_;
    std::map<std::string, std::uint32_t, std::less<>> places_;
    std::uint32_t last_layer_ = 0;
    std::uint32_t first_expert_ = most_experts;
    std::size_t experts_ = 0, at_ = 0, records_ = 0;
    bool in_order_ = true, has_zero_ = false, complete_ = true;
    bool has_copied_ranks_ = false;
    std::map<std::uint32_t, std::int64_t> ended_ranks_;
    bool from_1_ = false, is_part_ = false;  ///< is_part_: one step of a log that is followed
    std::string ending_;
    std::optional<std::int64_t> cut_step_;
    void_rows repeats_;              ///< without their places
    steps_before taken_;             ///< of a log that is followed
    records_before before_;          ///< the same
    std::size_t taken_experts_ = 0;  ///< of the steps that were taken out
    std::vector<double> row_, score_row_, dither_row_, moment_row_;  ///< of the record at hand
    std::vector<std::vector<double>> kept_;  ///< of the step that was taken out
};

/// A finished table as a source.
class table_log final : public log_source {
public:
    table_log(load_table table, log_head head) : table_(std::move(table)), head_(std::move(head)) {
        head_.layers = table_.layers();
        head_.experts = table_.experts();
    }
    const log_head& head() const override { return head_; }
    bool next(load_record& record) override { return table_.next(record); }

private:
    load_table table_;
    log_head head_;
};

}  // namespace moebius
