// SPDX-License-Identifier: MIT
#include "restarts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace moebius {
namespace {

/// Rows of one layer of one rank, which come in stretches of growing steps.
class stream {
public:
    stream(std::span<const load_run> runs, std::span<const std::size_t> places, bool adds_up)
        : runs_(runs), places_(places) {
        find_stretches(adds_up);
        if (stretches_.size() == 1) return;  // as most are
        find_shared_experts();
        find_repeats();
    }

    /// Steps, and those that came again by themselves.
    [[nodiscard]] std::size_t steps() const { return steps_; }
    [[nodiscard]] std::size_t again() const {
        std::set<std::int64_t> of;
        for (std::size_t s = 0; s < stretches_.size(); ++s)
            if (stretches_[s].is_again || is_lone(s)) of.insert(stretches_[s].first_step);
        return of.size();
    }

    [[nodiscard]] bool has_restarts() const {
        return std::any_of(stretches_.begin(), stretches_.end(),
                           [](const auto& one) { return !one.repeats.empty(); });
    }
    /// Whether each stretch after the first is a restart, or of experts that did not come before.
    [[nodiscard]] bool is_in_order(bool goes_on) const {
        for (const auto& one : stretches_) {
            const bool is_restart = !one.repeats.empty();
            if (!is_restart && one.shares_expert) return false;
            if (is_restart && !goes_on && one.first_step <= first_step_) return false;
            if (one.is_again && one.cells_again < one.cells_before) return false;
        }
        return true;
    }
    /// The first place where rows that are in order for long go back between steps that came.
    [[nodiscard]] std::optional<std::pair<std::int64_t, std::int64_t>> goes_back() const {
        constexpr std::size_t steps_a_stretch = 4;
        const bool shares_all =
            std::all_of(first_.begin(), first_.end(), [](std::size_t s) { return s == 0; });
        if (!shares_all || stretches_.size() * steps_a_stretch > steps_) return std::nullopt;
        for (std::size_t s = 1; s < stretches_.size(); ++s) {
            const auto& before = stretches_[s - 1];
            const auto last = runs_[places_[before.end - 1]].step;
            if (before.first_step < stretches_[s].first_step && stretches_[s].first_step < last)
                return std::pair(last, stretches_[s].first_step);
        }
        return std::nullopt;
    }

    /// @param steps  gets of each restart, by its first step, what it made void
    void add_void(std::vector<std::size_t>& places,
                  std::map<std::int64_t, replaced_steps>& steps) const {
        for (std::size_t s = 0; s < stretches_.size(); ++s) {
            const auto first = stretches_[s].first_step;
            const bool is_alone = stretches_[s].is_again || is_lone(s);
            for (const auto earlier : stretches_[s].repeats)
                for (std::size_t i = stretches_[earlier].begin; i < stretches_[earlier].end; ++i) {
                    const auto step = runs_[places_[i]].step;
                    if (step < first) continue;
                    places.push_back(places_[i]);
                    auto& of = steps.try_emplace(first, replaced_steps{first, step, is_alone})
                                   .first->second;
                    of.last = std::max(of.last, step);
                    of.is_alone = of.is_alone && is_alone;
                }
        }
    }

private:
    struct stretch {
        std::size_t begin = 0, end = 0;
        std::int64_t first_step = 0;
        bool is_again = false;            ///< it begins with the step of the last one's end
        bool shares_expert = false;       ///< with a stretch before
        std::set<std::size_t> repeats{};  ///< stretches before it with cells that come again in it
        std::size_t cells_before = 0, cells_again = 0;  ///< of that step
    };

    /// A step that falls begins one; so does a cell that comes again in its step.
    void find_stretches(bool adds_up) {
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

    /// Whether it repeats its first step alone, and goes on beyond what came before.
    [[nodiscard]] bool is_lone(std::size_t s) const {
        const auto& one = stretches_[s];
        if (one.repeats.empty()) return false;
        std::size_t next = one.begin;
        while (next < one.end && runs_[places_[next]].step == one.first_step) ++next;
        const auto last = runs_[places_[stretches_[s - 1].end - 1]].step;
        return next < one.end && runs_[places_[next]].step > last;
    }

    [[nodiscard]] std::size_t stretch_of(std::size_t row) const {
        const auto after =
            std::upper_bound(stretches_.begin(), stretches_.end(), row,
                             [](std::size_t at, const stretch& one) { return at < one.begin; });
        return static_cast<std::size_t>(after - stretches_.begin()) - 1;
    }

    void find_shared_experts() {
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
    void find_repeats() {
        std::vector<std::size_t> order(places_.size()), last(first_.size(), nowhere);
        std::iota(order.begin(), order.end(), std::size_t{0});
        const auto step = [this](std::size_t i) { return runs_[places_[i]].step; };
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return step(a) < step(b); });
        first_step_ = step(order.front());
        for (std::size_t from = 0, end = 0; from < order.size(); from = end, ++steps_) {
            while (end < order.size() && step(order[end]) == step(order[from])) ++end;
            for (std::size_t i = from; i < end; ++i) take_cells(order[i], last);
            for (std::size_t i = from; i < end; ++i) {
                const auto& one = runs_[places_[order[i]]];
                std::fill_n(last.begin() + one.expert, one.count, nowhere);
            }
        }
    }

    /// @param last  the stretch in which each expert came last, of the row's step
    void take_cells(std::size_t row, std::vector<std::size_t>& last) {
        const auto& one = runs_[places_[row]];
        const std::size_t at = stretch_of(row);
        auto& here = stretches_[at];
        for (std::size_t e = one.expert; e < one.expert + std::size_t{one.count}; ++e) {
            if (last[e] != nowhere && last[e] != at) {
                here.repeats.insert(last[e]);
                here.cells_again += one.step == here.first_step ? 1U : 0U;
            }
            last[e] = at;
        }
    }

    static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

    std::span<const load_run> runs_;
    std::span<const std::size_t> places_;
    std::vector<stretch> stretches_;
    std::vector<std::size_t> first_;  ///< stretch of each expert
    std::size_t steps_ = 0;
    std::int64_t first_step_ = 0;
};

}  // namespace

std::string text_of(std::span<const replaced_steps> replaced) {
    constexpr std::size_t most = 3;
    std::string list;
    for (std::size_t i = 0; i < std::min(most, replaced.size()); ++i) {
        const auto [first, last, is_alone] = replaced[i];
        list += i == 0 ? "" : ", ";
        list += first == last ? fmt::format("{}", first) : fmt::format("{} to {}", first, last);
    }
    if (replaced.size() > most) list += fmt::format(" and {} more", replaced.size() - most);
    auto out = fmt::format(
        "the log goes back, as of a run that was restarted from a checkpoint: the rows of steps {} "
        "that came first were left out, and those that came later hold",
        list);
    const auto alone = std::find_if(replaced.begin(), replaced.end(),
                                    [](const auto& one) { return one.is_alone; });
    if (alone != replaced.end())
        out += fmt::format(
            "; but step {} came again by itself, as that of an evaluation does which is logged "
            "behind it, and no column says: if it is one, cut its later rows out",
            alone->first);
    return out;
}

std::string text_of_going_back(const void_rows& found) {
    if (!found.goes_back) return {};
    return fmt::format(
        "the log goes back from step {} to step {}, and its rows were put in order: if the run was "
        "restarted there, the rows before of later steps are none of it, and are to be cut out",
        found.goes_back->first, found.goes_back->second);
}

void_rows rows_before_restarts(std::span<const load_run> runs, bool adds_up,
                               const steps_before& before) {
    std::vector<std::size_t> places(runs.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    const auto key = [&](std::size_t place) {
        return std::tuple(runs[place].source, runs[place].layer);
    };
    std::stable_sort(places.begin(), places.end(),
                     [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    void_rows out;
    std::map<std::int64_t, replaced_steps> steps;
    for (std::size_t from = 0, end = 0; from < places.size(); from = end) {
        while (end < places.size() && key(places[end]) == key(places[from])) ++end;
        const stream rows(runs, std::span(places).subspan(from, end - from), adds_up);
        if (!rows.has_restarts()) {
            if (!out.goes_back) out.goes_back = rows.goes_back();
            continue;
        }
        if (!rows.is_in_order(before.steps > 0) || rows.again() + before.again > 1 ||
            2 * (rows.again() + before.again) >= rows.steps() + before.steps)
            return {};
        rows.add_void(out.places, steps);
    }
    std::sort(out.places.begin(), out.places.end());
    out.places.erase(std::unique(out.places.begin(), out.places.end()), out.places.end());
    for (const auto& [first, of] : steps) out.steps.push_back(of);
    return out;
}

}  // namespace moebius
