// SPDX-License-Identifier: MIT
// How a load_table that was filled in any order is put in order, and what it then must be.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numeric>

#include "load_names.hpp"
#include "load_table.hpp"

namespace moebius {

void load_table::name_layers_in_order() {
    std::vector<std::uint32_t> order(layers_.size()), place(layers_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [&](auto a, auto b) { return come_in_order(layers_[a], layers_[b]); });
    if (std::is_sorted(order.begin(), order.end())) return;
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < order.size(); ++i) {
        place[order[i]] = i;
        names.push_back(std::move(layers_[order[i]]));
    }
    layers_ = std::move(names);
    for (auto& one : runs_) one.layer = place[one.layer];
    in_order_ = false;
}

void load_table::refuse(const std::string& file, const load_run& at, std::string_view rule) const {
    throw io_error(file,
                   fmt::format("step {}, layer {}: {}", at.step, excerpt(layers_[at.layer]), rule));
}

/// How many experts have a row in a record, and where its runs end.
std::pair<std::size_t, std::size_t> load_table::cover(const std::string& file,
                                                      std::size_t from) const {
    std::size_t covered = 0, next = 0, end = from;
    for (; end < runs_.size() && runs_[end].step == runs_[from].step &&
           runs_[end].layer == runs_[from].layer;
         ++end) {
        if (runs_[end].expert < next && !adds_up)
            refuse(
                file, runs_[end],
                fmt::format("expert {} comes twice, but one row of each is needed: counts of "
                            "ranks need a column 'rank' (or files or folders named so), rows of "
                            "evaluation a column 'split' that says so (or to be left out), and a "
                            "run that was begun anew a file of its own",
                            runs_[end].expert));
        const std::size_t last = runs_[end].expert + runs_[end].count;
        covered +=
            last - std::min<std::size_t>(last, std::max<std::size_t>(next, runs_[end].expert));
        next = std::max(next, last);
    }
    return {covered, end};
}

/// @param met  experts that have a row anywhere
void load_table::check(const std::string& file, std::size_t met) {
    record_counts records;
    for (std::size_t from = 0; from < runs_.size();) {
        first_expert_ = std::min(first_expert_, runs_[from].expert);
        const auto [covered, end] = cover(file, from);
        records.add(covered < experts_);
        const bool may_be_cut = end == runs_.size();
        if (covered < experts_ && (has_zero_ || (needs_all && !may_be_cut)))
            refuse(file, runs_[from],
                   fmt::format("{} of {} experts have a row, but all must where {}: rows are "
                               "missing, {}",
                               covered, experts_,
                               has_zero_ ? "zeros are written" : "each load names its expert",
                               experts_ > met            ? "or experts is too many"
                               : runs_[from].expert == 1 ? "or experts are numbered from 1"
                                                         : "or the file was cut off"));
        if (end == runs_.size() && records.only_last() && ending_.empty())
            ending_ = fmt::format(
                "the last record, of step {} and layer {}, has a row of {} of {} "
                "experts, and all before it of each: the file may have been cut off",
                runs_[from].step, excerpt(layers_[runs_[from].layer]), covered, experts_);
        from = end;
    }
    complete_ = records.incomplete == 0;
    records_ = records.all;
}

void load_table::put_in_order() {
    if (!in_order_)
        std::stable_sort(runs_.begin(), runs_.end(),
                         [](const load_run& a, const load_run& b) { return a.before(b); });
}

bool load_table::channel::are_same(std::size_t a, std::size_t b) const {
    const auto of_a = of(a, 1), of_b = of(b, 1);
    return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(), [](double x, double y) {
        return x == y || (std::isnan(x) && std::isnan(y));
    });
}

/// Whether two cells have the same numbers.
bool load_table::are_same(std::size_t a, std::size_t b) const {
    return loads_.sum(a, 1) == loads_.sum(b, 1) && scores_.are_same(a, b) &&
           dither_.are_same(a, b) && moments_.are_same(a, b) && feedback_.are_same(a, b);
}

/// Parts runs that begin with cells of the one before, as where each row came twice: what is a copy
/// is a run of its own then.
void load_table::part_overlaps() {
    if (std::adjacent_find(runs_.begin(), runs_.end(), &load_run::overlap) == runs_.end()) return;
    std::vector<load_run> parts;
    for (const auto& one : runs_) {
        const bool is_overlap = !parts.empty() && load_run::overlap(parts.back(), one);
        const std::uint32_t end = is_overlap ? parts.back().expert + parts.back().count : 0;
        parts.push_back(one);
        if (!is_overlap) continue;
        const std::uint32_t shared = end - one.expert;
        parts.back().count = shared;
        parts.push_back(
            {one.step, one.layer, end, one.at + shared, one.count - shared, one.source});
    }
    runs_ = std::move(parts);
}

/// Of rows in the order in which they came.
void load_table::leave_out_void_rows() {
    if (!adds_up) part_overlaps();
    auto found = rows_before_restarts(
        runs_, adds_up, [this](std::size_t a, std::size_t b) { return are_same(a, b); }, taken_);
    auto next = found.places.begin();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < runs_.size(); ++i)
        if (next != found.places.end() && *next == i)
            ++next;
        else
            runs_[kept++] = runs_[i];
    runs_.resize(kept);
    found.places.clear();
    found.steps.insert(found.steps.begin(), repeats_.steps.begin(), repeats_.steps.end());
    repeats_ = std::move(found);
}

void load_table::restart_at(std::int64_t step) {
    std::int64_t last = step;
    const auto is_void = [&](const load_run& one) {
        if (one.step >= step) last = std::max(last, one.step);
        return one.step >= step;
    };
    const auto kept = std::remove_if(runs_.begin(), runs_.end(), is_void);
    if (kept != runs_.end()) repeats_.steps.push_back({step, last, false});
    runs_.erase(kept, runs_.end());
}

/// Whether experts 1 to N all have rows, four or more and N even, as numbers of experts are: with a
/// dead expert 0 there would be an odd number.
bool load_table::are_all_but_first() const {
    constexpr std::size_t enough = 4;
    std::vector<bool> met(experts_);
    for (const auto& one : runs_) std::fill_n(met.begin() + one.expert, one.count, true);
    return experts_ % 2 == 1 && experts_ > enough && !met.front() &&
           std::count(met.begin(), met.end(), false) == 1;
}

/// Where expert 0 has no row, though each of its loads would have one, or where N experts have rows
/// of which it is none: experts are counted from 1.
void load_table::number_from_0(std::size_t experts) {
    const auto is_first = [](const load_run& one) { return one.expert == 0; };
    if (runs_.empty() || std::any_of(runs_.begin(), runs_.end(), is_first)) return;
    const bool has_all = needs_all || (has_zero_ && !is_part_) || experts + 1 == experts_ ||
                         (experts == 0 && !is_part_ && are_all_but_first());
    const auto is_second = [](const load_run& one) { return one.expert == 1; };
    const bool was_before = is_part_ && from_1_;
    if (!was_before && (!has_all || std::none_of(runs_.begin(), runs_.end(), is_second))) return;
    for (auto& one : runs_) --one.expert;
    --experts_;
    from_1_ = true;
}

void load_table::finish(const std::string& file, std::size_t experts) {
    number_from_0(experts);
    const std::size_t met = experts_;
    experts_ = std::max(met, experts);
    name_layers_in_order();
    if (!in_order_ && !has_choices) leave_out_void_rows();
    put_in_order();
    leave_out_cut_end();
    if (adds_up && !is_part_) look_at_ranks();
    check(file, met);
    at_ = 0;
}

}  // namespace moebius
