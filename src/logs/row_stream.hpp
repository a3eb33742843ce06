// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "load_run.hpp"
#include "restarts.hpp"

namespace moebius {

/// Rows of one layer of one rank, which come in stretches of growing steps.
class row_stream {
public:
    /// @param places   of its runs, in the order in which they came
    /// @param adds_up  cells that come again in a row are added up
    row_stream(std::span<const load_run> runs, std::span<const std::size_t> places, bool adds_up,
               const same_numbers& are_same);

    /// Steps, and those that came again by themselves.
    [[nodiscard]] std::size_t steps() const { return steps_; }
    [[nodiscard]] std::size_t again() const;

    /// Whether cells come again in another stretch.
    [[nodiscard]] bool has_repeats() const;
    /// Whether each stretch after the first repeats some, or is of experts that did not come
    /// before.
    [[nodiscard]] bool is_in_order(bool goes_on) const;
    /// The first place where rows that are in order for long go back between steps that came.
    [[nodiscard]] std::optional<std::pair<std::int64_t, std::int64_t>> goes_back() const;

    /// Adds the rows all of whose cells came before, of stretches in which all that come again have
    /// the numbers that they had.
    void add_copies(std::vector<std::size_t>& places) const;

    /// Stretches that repeat cells without being those of a run that goes on from there, and of
    /// stretches that are, their first steps.
    [[nodiscard]] std::vector<std::size_t> strays() const;
    [[nodiscard]] std::set<std::int64_t> restarts() const;
    [[nodiscard]] std::int64_t first_step_of(std::size_t s) const {
        return stretches_[s].first_step;
    }
    /// Adds the rows of a stretch that are of steps which came before.
    /// @return the last step that came before
    std::int64_t add_redone(std::size_t s, std::vector<std::size_t>& places) const;

    /// @param steps  gets of each stretch that repeats cells, by its first step, what it made void
    void add_void(std::vector<std::size_t>& places,
                  std::map<std::int64_t, replaced_steps>& steps) const;

private:
    static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

    struct stretch {
        std::size_t begin = 0, end = 0;
        std::int64_t first_step = 0;
        bool is_again = false;            ///< it begins with the step of the last one's end
        bool shares_expert = false;       ///< with a stretch before
        bool differs = false;             ///< a cell that comes again has other numbers
        std::set<std::size_t> repeats{};  ///< stretches before it with cells that come again in it
        std::size_t cells_before = 0, cells_again = 0;  ///< of that step
    };
    /// Where a cell came last.
    struct last_cell {
        std::size_t stretch = nowhere, at = 0;
    };
    /// What a stretch does again of those that it repeats.
    struct redone {
        std::size_t end = 0;               ///< of its rows that are of steps up to `reach`
        std::int64_t reach = 0;            ///< the last step of those
        std::int64_t last = 0;             ///< its own last step up to that
        std::int64_t jump = 0, usual = 0;  ///< from there on to the next; its largest other gap
        std::size_t steps = 0;             ///< up to `reach`
        std::size_t lost = 0, came = 0;    ///< steps that would be void, of those that came
    };

    [[nodiscard]] std::int64_t step_of(std::size_t row) const { return runs_[places_[row]].step; }
    [[nodiscard]] std::size_t steps_in(std::size_t begin, std::size_t end) const;
    [[nodiscard]] std::size_t end_of_step(std::size_t row, std::size_t end) const;
    [[nodiscard]] bool is_lone(std::size_t s) const;
    [[nodiscard]] bool is_stray(std::size_t s) const;
    [[nodiscard]] redone redone_by(std::size_t s) const;
    [[nodiscard]] std::size_t stretch_of(std::size_t row) const;
    void find_stretches(bool adds_up);
    void find_shared_experts();
    void find_repeats(const same_numbers& are_same);
    void take_cells(std::size_t row, std::vector<last_cell>& last, const same_numbers& are_same);

    std::span<const load_run> runs_;
    std::span<const std::size_t> places_;
    std::vector<stretch> stretches_;
    std::vector<std::size_t> first_;        ///< stretch of each expert
    std::vector<bool> came_before_;         ///< of each row, whether all of its cells came before
    std::vector<std::size_t> step_number_;  ///< of each row, which grows where its step changes
    std::size_t steps_ = 0;
    std::int64_t first_step_ = 0;
};

}  // namespace moebius
