// SPDX-License-Identifier: MIT
#include "restarts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "row_stream.hpp"

namespace moebius {
namespace {

/// Looks through the streams of a log's rows for what comes again.
class search {
public:
    search(std::span<const load_run> runs, bool adds_up, const same_numbers& are_same,
           const steps_before& before)
        : runs_(runs), adds_up_(adds_up), are_same_(are_same), before_(before) {
        places_.resize(runs.size());
        std::iota(places_.begin(), places_.end(), std::size_t{0});
        std::stable_sort(places_.begin(), places_.end(),
                         [this](std::size_t a, std::size_t b) { return key(a) < key(b); });
    }

    void_rows find() {
        if (!find_copies()) return out_;
        if (!find_strays() || !find_restarts()) return {};
        std::sort(out_.places.begin(), out_.places.end());
        out_.places.erase(std::unique(out_.places.begin(), out_.places.end()), out_.places.end());
        return out_;
    }

private:
    [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> key(std::size_t place) const {
        return {runs_[place].source, runs_[place].layer};
    }

    template <typename Take>
    void each_stream(const Take& take) const {
        for (std::size_t from = 0, end = 0; from < places_.size(); from = end) {
            while (end < places_.size() && key(places_[end]) == key(places_[from])) ++end;
            take(row_stream(runs_, std::span(places_).subspan(from, end - from), adds_up_,
                            are_same_));
        }
    }

    /// Leaves those rows out of what is looked through next.
    void leave_out(const std::vector<std::size_t>& places, repeated_loads& to) {
        std::vector<bool> gone(runs_.size());
        for (const auto at : places) {
            const auto& one = runs_[at];
            to.first = to.loads == 0 ? one.step : std::min(to.first, one.step);
            to.last = to.loads == 0 ? one.step : std::max(to.last, one.step);
            to.loads += one.count;
            gone[at] = true;
        }
        out_.places.insert(out_.places.end(), places.begin(), places.end());
        std::erase_if(places_, [&](std::size_t at) { return gone[at]; });
    }

    /// False where no row comes again.
    bool find_copies() {
        std::vector<std::size_t> copies;
        bool has_repeats = false;
        each_stream([&](const row_stream& rows) {
            has_repeats = has_repeats || rows.has_repeats();
            if (!rows.has_repeats() && !out_.goes_back) out_.goes_back = rows.goes_back();
            rows.add_copies(copies);
        });
        leave_out(copies, out_.copies);
        return has_repeats;
    }

    /// False where there are several. A step from which any layer goes on is none.
    bool find_strays() {
        std::set<std::int64_t> restarts, strays;
        each_stream([&](const row_stream& rows) { restarts.merge(rows.restarts()); });
        std::vector<std::size_t> places;
        each_stream([&](const row_stream& rows) {
            for (const auto one : rows.strays()) {
                const auto first = rows.first_step_of(one);
                if (restarts.contains(first)) continue;
                strays.insert(first);
                out_.strays.reach = std::max(out_.strays.reach, rows.add_redone(one, places));
            }
        });
        leave_out(places, out_.strays);
        return strays.size() <= 1;
    }

    /// False where nothing says which rows hold.
    bool find_restarts() {
        std::map<std::int64_t, replaced_steps> steps;
        bool is_told = true;
        each_stream([&](const row_stream& rows) {
            if (!rows.has_repeats()) return;
            const auto again = rows.again() + before_.again;
            is_told = is_told && rows.is_in_order(before_.steps > 0) && again <= 1 &&
                      2 * again < rows.steps() + before_.steps;
            rows.add_void(out_.places, steps);
        });
        for (const auto& [first, of] : steps) out_.steps.push_back(of);
        return is_told;
    }

    std::span<const load_run> runs_;
    bool adds_up_;
    const same_numbers& are_same_;
    steps_before before_;
    std::vector<std::size_t> places_;  ///< of the rows that are looked through, by streams
    void_rows out_;
};

std::string text_of_going_back(std::int64_t from, std::int64_t to) {
    return fmt::format(
        "the log goes back from step {} to step {}, and its rows were put in order: if the run was "
        "restarted there, the rows before of later steps are none of it, and are to be cut out",
        from, to);
}

/// "rows of step 5 (8 loads) came again"
std::string text_of_loads(const repeated_loads& of) {
    const auto steps = of.first == of.last ? fmt::format("step {}", of.first)
                                           : fmt::format("steps {} to {}", of.first, of.last);
    return fmt::format("rows of {} ({} load{}) came again", steps, of.loads,
                       of.loads == 1 ? "" : "s");
}

std::string text_of_strays(const repeated_loads& of) {
    return fmt::format(
        "{} with other numbers, behind step {}, and were left out: they are too few "
        "for a run that was restarted there; if it was, the rows of steps {} to {} that came first "
        "are to be cut out",
        text_of_loads(of), of.reach, of.first, of.reach);
}

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

std::vector<std::string> texts_of(const void_rows& found) {
    std::vector<std::string> out;
    if (found.copies.loads > 0)
        out.push_back(
            fmt::format("{} with the same numbers, and count once", text_of_loads(found.copies)));
    if (found.strays.loads > 0) out.push_back(text_of_strays(found.strays));
    if (!found.steps.empty())
        out.push_back(text_of(found.steps));
    else if (found.goes_back)
        out.push_back(text_of_going_back(found.goes_back->first, found.goes_back->second));
    return out;
}

void_rows rows_before_restarts(std::span<const load_run> runs, bool adds_up,
                               const same_numbers& are_same, const steps_before& before) {
    return search(runs, adds_up, are_same, before).find();
}

}  // namespace moebius
