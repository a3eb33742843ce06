// SPDX-License-Identifier: MIT
// What the rows of several ranks say of each other.
#include <algorithm>
#include <map>
#include <vector>

#include "copied_ranks.hpp"
#include "load_table.hpp"

namespace moebius {

/// @param tells  set where they could hardly be the same by chance
bool load_table::have_same_loads(run_range record, bool& tells) const {
    std::map<std::uint32_t, std::vector<double>> rows;
    for (; record.begin < record.end; ++record.begin) {
        const auto& run = runs_[record.begin];
        auto& row = rows[run.source];
        row.resize(experts_);
        loads_.add_to(run.at, run.count, row.data() + run.expert);
    }
    const auto& first = rows.begin()->second;
    tells = rows.size() > 1 && copied_ranks::tells(first);
    return std::all_of(rows.begin(), rows.end(),
                       [&](const auto& one) { return one.second == first; });
}

bool load_table::are_ranks_copies() const {
    copied_ranks seen;
    for (std::size_t from = 0, end = 0; from < runs_.size() && seen.may_be(); from = end) {
        end = end_of_record(from);
        bool tells = false;
        const bool are_same = have_same_loads({from, end}, tells);
        seen.take(are_same, tells);
    }
    return seen.are();
}

/// Leaves out those that have what another has, else finds those that end early.
void load_table::look_at_ranks() {
    std::map<std::uint32_t, std::int64_t> last;
    for (const auto& one : runs_) last[one.source] = one.step;
    if (last.size() < 2) return;
    has_copied_ranks_ = are_ranks_copies();
    if (!has_copied_ranks_) {
        std::erase_if(last, [&](const auto& one) { return one.second == runs_.back().step; });
        ended_ranks_ = std::move(last);
        return;
    }
    std::vector<load_run> kept;
    for (std::size_t from = 0, end = 0; from < runs_.size(); from = end) {
        end = end_of_record(from);
        std::uint32_t first = runs_[from].source;
        for (std::size_t i = from; i < end; ++i) first = std::min(first, runs_[i].source);
        for (std::size_t i = from; i < end; ++i)
            if (runs_[i].source == first) kept.push_back(runs_[i]);
    }
    runs_ = std::move(kept);
}

}  // namespace moebius
