// SPDX-License-Identifier: MIT
#include "row_stream.hpp"

#include <algorithm>
#include <numeric>

namespace moebius {

row_stream::row_stream(std::span<const load_run> runs, std::span<const std::size_t> places,
                       bool adds_up, const same_numbers& are_same)
    : runs_(runs), places_(places) {
    find_stretches(adds_up);
    if (stretches_.size() == 1) return;  // as most are
    for (std::size_t i = 0, number = 0; i < places_.size(); ++i) {
        number += i > 0 && step_of(i) != step_of(i - 1) ? 1U : 0U;
        step_number_.push_back(number);
    }
    find_shared_experts();
    find_repeats(are_same);
}

std::size_t row_stream::again() const {
    std::set<std::int64_t> of;
    for (std::size_t s = 0; s < stretches_.size(); ++s)
        if (stretches_[s].is_again || is_lone(s)) of.insert(stretches_[s].first_step);
    return of.size();
}

bool row_stream::has_repeats() const {
    return std::any_of(stretches_.begin(), stretches_.end(),
                       [](const auto& one) { return !one.repeats.empty(); });
}

bool row_stream::is_in_order(bool goes_on) const {
    for (const auto& one : stretches_) {
        const bool is_restart = !one.repeats.empty();
        if (!is_restart && one.shares_expert) return false;
        if (is_restart && !goes_on && one.first_step <= first_step_) return false;
        if (one.is_again && one.cells_again < one.cells_before) return false;
    }
    return true;
}

std::optional<std::pair<std::int64_t, std::int64_t>> row_stream::goes_back() const {
    constexpr std::size_t steps_a_stretch = 4;
    const bool shares_all =
        std::all_of(first_.begin(), first_.end(), [](std::size_t s) { return s == 0; });
    if (!shares_all || stretches_.size() * steps_a_stretch > steps_) return std::nullopt;
    for (std::size_t s = 1; s < stretches_.size(); ++s) {
        const auto& before = stretches_[s - 1];
        const auto last = step_of(before.end - 1);
        if (before.first_step < stretches_[s].first_step && stretches_[s].first_step < last)
            return std::pair(last, stretches_[s].first_step);
    }
    return std::nullopt;
}

void row_stream::add_copies(std::vector<std::size_t>& places) const {
    for (const auto& one : stretches_)
        if (!one.repeats.empty() && !one.differs)
            for (std::size_t i = one.begin; i < one.end; ++i)
                if (came_before_[i]) places.push_back(places_[i]);
}

std::vector<std::size_t> row_stream::strays() const {
    std::vector<std::size_t> out;
    for (std::size_t s = 0; s < stretches_.size(); ++s)
        if (!stretches_[s].repeats.empty() && is_stray(s)) out.push_back(s);
    return out;
}

std::set<std::int64_t> row_stream::restarts() const {
    std::set<std::int64_t> out;
    for (std::size_t s = 0; s < stretches_.size(); ++s)
        if (!stretches_[s].repeats.empty() && !is_stray(s)) out.insert(stretches_[s].first_step);
    return out;
}

std::int64_t row_stream::add_redone(std::size_t s, std::vector<std::size_t>& places) const {
    const auto of = redone_by(s);
    for (std::size_t i = stretches_[s].begin; i < of.end; ++i) places.push_back(places_[i]);
    return of.reach;
}

void row_stream::add_void(std::vector<std::size_t>& places,
                          std::map<std::int64_t, replaced_steps>& steps) const {
    for (std::size_t s = 0; s < stretches_.size(); ++s) {
        const auto first = stretches_[s].first_step;
        const bool is_alone = stretches_[s].is_again || is_lone(s);
        for (const auto earlier : stretches_[s].repeats)
            for (std::size_t i = stretches_[earlier].begin; i < stretches_[earlier].end; ++i) {
                const auto step = step_of(i);
                if (step < first) continue;
                places.push_back(places_[i]);
                auto& of =
                    steps.try_emplace(first, replaced_steps{first, step, is_alone}).first->second;
                of.last = std::max(of.last, step);
                of.is_alone = of.is_alone && is_alone;
            }
    }
}

/// A step that falls begins one; so does a cell that comes again in its step.
void row_stream::find_stretches(bool adds_up) {
    std::vector<std::size_t> met;  // the step at hand, by its number, in which an expert came
    std::size_t step = 0, cells = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const auto& one = runs_[places_[i]];
        const std::size_t end = one.expert + std::size_t{one.count};
        if (met.size() < end) met.resize(end, 0);
        const auto first = met.begin() + one.expert,
                   after = met.begin() + static_cast<std::ptrdiff_t>(end);
        const auto* const last = i > 0 ? &runs_[places_[i - 1]] : nullptr;
        const bool is_again = last != nullptr && !adds_up && last->step == one.step &&
                              std::find(first, after, step) != after;
        if (last == nullptr || one.step < last->step || is_again) {
            stretches_.push_back({i, i, one.step, is_again});
            stretches_.back().cells_before = is_again ? cells : 0;
        }
        if (is_again || last == nullptr || last->step != one.step) ++step, cells = 0;
        std::fill(first, after, step);
        cells += one.count;
        stretches_.back().end = i + 1;
    }
}

std::size_t row_stream::end_of_step(std::size_t row, std::size_t end) const {
    const auto step = step_of(row);
    while (row < end && step_of(row) == step) ++row;
    return row;
}

/// Of rows of one stretch.
std::size_t row_stream::steps_in(std::size_t begin, std::size_t end) const {
    return begin == end ? 0 : step_number_[end - 1] - step_number_[begin] + 1;
}

/// Whether it repeats its first step alone, and goes on beyond what came before.
bool row_stream::is_lone(std::size_t s) const {
    const auto& one = stretches_[s];
    if (one.repeats.empty()) return false;
    const std::size_t next = end_of_step(one.begin, one.end);
    return next < one.end && step_of(next) > step_of(stretches_[s - 1].end - 1);
}

row_stream::redone row_stream::redone_by(std::size_t s) const {
    const auto& one = stretches_[s];
    redone out;
    out.reach = std::numeric_limits<std::int64_t>::min();
    for (const auto earlier : one.repeats) {
        const auto& of = stretches_[earlier];
        out.reach = std::max(out.reach, step_of(of.end - 1));
        const auto from = std::partition_point(
            places_.begin() + static_cast<std::ptrdiff_t>(of.begin),
            places_.begin() + static_cast<std::ptrdiff_t>(of.end),
            [&](std::size_t place) { return runs_[place].step < one.first_step; });
        out.came = std::max(out.came, steps_in(of.begin, of.end));
        out.lost =
            std::max(out.lost, steps_in(static_cast<std::size_t>(from - places_.begin()), of.end));
    }
    std::int64_t before = one.first_step;
    for (out.end = one.begin; out.end < one.end && step_of(out.end) <= out.reach; ++out.steps) {
        out.last = step_of(out.end);
        out.usual = std::max(out.usual, out.last - before);
        before = out.last;
        out.end = end_of_step(out.end, one.end);
    }
    if (out.end == one.end) return out;
    out.jump = step_of(out.end) - out.last;
    const std::size_t next = end_of_step(out.end, one.end);
    if (next < one.end) out.usual = std::max(out.usual, step_of(next) - step_of(out.end));
    return out;
}

/// A run that was restarted does again what came, step by step, until it is beyond that or ends
/// anew. One step of what came that is followed by none of the next does not, nor do a few at the
/// end for which most would be void.
bool row_stream::is_stray(std::size_t s) const {
    constexpr std::size_t few = 10;
    const auto of = redone_by(s);
    if (of.end < stretches_[s].end)
        return of.last != of.reach && 2 * of.jump > 3 * of.usual &&
               (of.steps == 1 || (of.steps < few && of.lost > 2 * of.steps));
    if (of.steps >= of.lost) return false;
    if (of.steps == 1) return true;
    return of.steps < few && 2 * of.lost > of.came && stretches_[s].first_step > first_step_;
}

std::size_t row_stream::stretch_of(std::size_t row) const {
    const auto after =
        std::upper_bound(stretches_.begin(), stretches_.end(), row,
                         [](std::size_t at, const stretch& one) { return at < one.begin; });
    return static_cast<std::size_t>(after - stretches_.begin()) - 1;
}

void row_stream::find_shared_experts() {
    for (std::size_t s = 0; s < stretches_.size(); ++s)
        for (std::size_t i = stretches_[s].begin; i < stretches_[s].end; ++i) {
            const auto& one = runs_[places_[i]];
            const std::size_t end = one.expert + std::size_t{one.count};
            if (first_.size() < end) first_.resize(end, nowhere);
            for (std::size_t e = one.expert; e < end; ++e) {
                if (first_[e] == nowhere) first_[e] = s;
                stretches_[s].shares_expert = stretches_[s].shares_expert || first_[e] != s;
            }
        }
}

/// Step by step, whose rows are taken in the order in which they came.
void row_stream::find_repeats(const same_numbers& are_same) {
    std::vector<std::size_t> order(places_.size());
    std::vector<last_cell> last(first_.size());
    came_before_.assign(places_.size(), false);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return step_of(a) < step_of(b); });
    first_step_ = step_of(order.front());
    for (std::size_t from = 0, end = 0; from < order.size(); from = end, ++steps_) {
        while (end < order.size() && step_of(order[end]) == step_of(order[from])) ++end;
        for (std::size_t i = from; i < end; ++i) take_cells(order[i], last, are_same);
        for (std::size_t i = from; i < end; ++i) {
            const auto& one = runs_[places_[order[i]]];
            std::fill_n(last.begin() + one.expert, one.count, last_cell());
        }
    }
}

/// A cell that comes twice in a stretch is of what is added up, of which one alone is no copy.
/// @param last  where each expert came last, of the row's step
void row_stream::take_cells(std::size_t row, std::vector<last_cell>& last,
                            const same_numbers& are_same) {
    const auto& one = runs_[places_[row]];
    const std::size_t at = stretch_of(row);
    auto& here = stretches_[at];
    std::size_t again = 0;
    for (std::size_t i = 0; i < one.count; ++i) {
        auto& before = last[one.expert + i];
        here.differs = here.differs || before.stretch == at;
        if (before.stretch != nowhere && before.stretch != at) {
            here.repeats.insert(before.stretch);
            here.cells_again += one.step == here.first_step ? 1U : 0U;
            here.differs = here.differs || !are_same(before.at, one.at + i);
            ++again;
        }
        before = {at, one.at + i};
    }
    came_before_[row] = again == one.count;
    here.differs = here.differs || (again > 0 && again < one.count);
}

}  // namespace moebius
