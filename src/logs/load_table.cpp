// SPDX-License-Identifier: MIT
#include "load_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numeric>
#include <optional>

namespace moebius {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the number at the front.
double take_number(std::string_view& from) {
    double out = 0;
    for (; !from.empty() && is_digit(from.front()); from.remove_prefix(1))
        out = 10 * out + (from.front() - '0');
    return out;
}

/// Names in the order of the numbers in them: layers.2.mlp before layers.10.mlp.
bool come_in_order(std::string_view a, std::string_view b) {
    while (!a.empty() && !b.empty()) {
        if (is_digit(a.front()) && is_digit(b.front())) {
            const double of_a = take_number(a), of_b = take_number(b);
            if (of_a != of_b) return of_a < of_b;
        } else {
            if (a.front() != b.front()) return a.front() < b.front();
            a.remove_prefix(1);
            b.remove_prefix(1);
        }
    }
    return a.size() < b.size();
}

}  // namespace

std::uint32_t load_table::layer(std::string_view name) {
    if (last_layer_ < layers_.size() && layers_[last_layer_] == name) return last_layer_;
    auto found = places_.find(name);
    if (found == places_.end()) {
        if (layers_.size() == most_layers)
            throw io_error(excerpt(name), fmt::format("{} layers are the most", most_layers));
        found = places_.emplace(name, static_cast<std::uint32_t>(layers_.size())).first;
        layers_.emplace_back(name);
    }
    return last_layer_ = found->second;
}

void load_table::channel::add(std::span<const double> more, std::size_t count, std::size_t place) {
    if (values.empty() && more.empty()) return;
    if (values.empty()) begin(place);
    values.insert(values.end(), more.begin(), more.end());
    values.resize(place + count, std::numeric_limits<double>::quiet_NaN());
}

void load_table::channel::add_all(std::span<const double> more, std::size_t count,
                                  std::size_t place) {
    if (more.empty()) return;
    if (place == 0) width = more.size() / count;
    if (values.size() == place * width && more.size() == count * width)
        values.insert(values.end(), more.begin(), more.end());
}

load_table::channel load_table::channel::cut(std::size_t count) {
    const auto middle =
        values.begin() + static_cast<std::ptrdiff_t>(std::min(count * width, values.size()));
    channel front{{values.begin(), middle}, width};
    values.erase(values.begin(), middle);
    return front;
}

void load_table::add(const load_row& row) {
    const std::size_t place = loads_.size(), count = row.loads.size();
    if (count == 0) return;
    scores_.add(row.scores, count, place);
    dither_.add(row.dither, count, place);
    moments_.add_all(row.moments, count, place);
    if (!std::isnan(row.feedback) || !feedback_.values.empty())
        feedback_.add(std::vector<double>(count, row.feedback), count, place);
    append(row.loads);
    extend(row.step, row.layer, row.expert, static_cast<std::uint32_t>(count));
}

void load_table::begin_run(const load_run& made) {
    in_order_ = in_order_ && (runs_.empty() || runs_.back().before(made));
    runs_.push_back(made);
}

void load_table::expect(double times) {
    loads_.reserve(static_cast<std::size_t>(times * static_cast<double>(loads_.size())));
}

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
            refuse(file, runs_[end],
                   fmt::format("expert {} comes twice, but one row of each is needed: counts of "
                               "ranks need a column 'rank' (or files named so), and a run that "
                               "was begun anew a file of its own",
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
    record_counts records, steps;
    std::size_t layers = 0;
    for (std::size_t from = 0; from < runs_.size();) {
        first_expert_ = std::min(first_expert_, runs_[from].expert);
        const auto [covered, end] = cover(file, from);
        records.add(covered < experts_);
        ++layers;
        if (end == runs_.size() || runs_[end].step != runs_[from].step) {
            steps.add(layers < layers_.size());
            if (end < runs_.size()) layers = 0;
        }
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
        if (end == runs_.size() && records.only_last())
            ending_ = fmt::format(
                "the last record, of step {} and layer {}, has a row of {} of {} "
                "experts, and all before it of each",
                runs_[from].step, excerpt(layers_[runs_[from].layer]), covered, experts_);
        from = end;
    }
    complete_ = records.incomplete == 0;
    if (steps.only_last())
        ending_ = fmt::format("the last step, {}, has {} of {} layers, and all before it have each",
                              runs_.back().step, layers, layers_.size());
}

void load_table::put_in_order() {
    if (!in_order_)
        std::stable_sort(runs_.begin(), runs_.end(),
                         [](const load_run& a, const load_run& b) { return a.before(b); });
}

/// Of a table that is in order.
bool load_table::has_cells_again() const {
    for (std::size_t i = 1; i < runs_.size(); ++i) {
        const auto &last = runs_[i - 1], &one = runs_[i];
        if (last.step == one.step && last.layer == one.layer &&
            one.expert < last.expert + last.count)
            return true;
    }
    return false;
}

/// Of those that a restart replaced. The rows are put in the order in which they came.
void load_table::leave_out_void_rows() {
    std::sort(runs_.begin(), runs_.end(),
              [](const load_run& a, const load_run& b) { return a.at < b.at; });
    const auto found = rows_before_restarts(runs_, adds_up, taken_);
    auto next = found.places.begin();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < runs_.size(); ++i)
        if (next != found.places.end() && *next == i)
            ++next;
        else
            runs_[kept++] = runs_[i];
    runs_.resize(kept);
    replaced_.insert(replaced_.end(), found.steps.begin(), found.steps.end());
}

void load_table::restart_at(std::int64_t step) {
    std::int64_t last = step;
    const auto is_void = [&](const load_run& one) {
        if (one.step >= step) last = std::max(last, one.step);
        return one.step >= step;
    };
    const auto kept = std::remove_if(runs_.begin(), runs_.end(), is_void);
    if (kept != runs_.end()) replaced_.push_back({step, last});
    runs_.erase(kept, runs_.end());
}

void load_table::finish(const std::string& file, std::size_t experts) {
    const std::size_t met = experts_;
    experts_ = std::max(met, experts);
    name_layers_in_order();
    if (adds_up && !has_choices && !in_order_) leave_out_void_rows();
    put_in_order();
    if (!adds_up && !in_order_ && has_cells_again()) {
        leave_out_void_rows();
        put_in_order();
    }
    check(file, met);
    at_ = 0;
}

/// The loads of one record.
std::span<const double> load_table::loads_of(std::span<const load_run> runs) {
    if (runs.size() == 1 && runs.front().count == experts_) {
        row_.resize(experts_);
        loads_.copy_to(runs.front().at, experts_, row_.data());
        return row_;
    }
    row_.assign(experts_, 0);
    for (const auto& one : runs) loads_.add_to(one.at, one.count, row_.data() + one.expert);
    return row_;
}

/// What one record has beside its loads.
/// @param row  (experts) for it, of zeros
std::span<const double> load_table::beside(std::span<const load_run> runs, const channel& of,
                                           std::vector<double>& row) {
    for (const auto& one : runs)
        for (std::uint32_t i = 0; i < one.count; ++i)
            if (const double value = of.values[one.at + i]; !std::isnan(value))
                row[one.expert + i] = value;
    return row;
}

/// Sums over tokens, which those of ranks add up to; empty where one has none.
std::span<const double> load_table::moments_of(std::span<const load_run> runs) {
    moment_row_.assign(moments_.values.empty() ? 0 : experts_ * experts_, 0);
    for (const auto& one : runs) {
        const auto part = moments_.of(one.at, one.count);
        if (part.empty() || part.size() != moment_row_.size() || std::isnan(part.front()))
            return {};
        for (std::size_t i = 0; i < part.size(); ++i) moment_row_[i] += part[i];
    }
    return moment_row_;
}

bool load_table::next(load_record& record) {
    if (at_ == runs_.size()) return false;
    const auto& first = runs_[at_];
    std::size_t end = at_ + 1;
    while (end < runs_.size() && runs_[end].step == first.step && runs_[end].layer == first.layer)
        ++end;
    const auto runs = std::span(runs_).subspan(at_, end - at_);
    record = {first.step, first.layer, loads_of(runs), {}, {}, {}};
    score_row_.assign(scores_.values.empty() ? 0 : experts_, 0);
    dither_row_.assign(dither_.values.empty() ? 0 : experts_, 0);
    if (!score_row_.empty()) record.scores = beside(runs, scores_, score_row_);
    if (!dither_row_.empty()) record.dither = beside(runs, dither_, dither_row_);
    record.moments = moments_of(runs);
    if (const auto said = feedback_.of(first.at, 1); !said.empty()) record.feedback = said.front();
    at_ = end;
    return true;
}

bool load_table::is_whole_step() const {
    if (runs_.size() != layers_.size() || loads_.size() != layers_.size() * experts_) return false;
    for (std::size_t l = 0; l < runs_.size(); ++l)
        if (runs_[l].layer != l || runs_[l].expert != 0 || runs_[l].count != experts_ ||
            (l > 0 && !come_in_order(layers_[l - 1], layers_[l])))
            return false;
    return true;
}

bool load_table::has_whole_step() const {
    return !runs_.empty() && runs_.front().step != runs_.back().step;
}

std::vector<load_record> load_table::take_step(const std::string& file, std::size_t experts) {
    const auto step = runs_.front().step;
    const auto end = std::find_if(runs_.begin(), runs_.end(),
                                  [&](const load_run& one) { return one.step != step; });
    load_table taken;
    taken.adds_up = adds_up;
    taken.needs_all = needs_all;
    taken.has_choices = has_choices;
    taken.taken_ = taken_;
    taken.layers_ = layers_;
    taken.runs_.assign(runs_.begin(), end);
    const std::size_t numbers = end == runs_.end() ? loads_.size() : end->at;
    taken.loads_ = loads_.cut(numbers);
    taken.scores_ = scores_.cut(numbers);
    taken.dither_ = dither_.cut(numbers);
    taken.moments_ = moments_.cut(numbers);
    taken.feedback_ = feedback_.cut(numbers);
    runs_.erase(runs_.begin(), end);
    for (auto& one : runs_) one.at -= numbers;
    taken.has_zero_ = has_zero_;
    taken.in_order_ = false;
    taken.experts_ = experts_;
    taken.finish(file, experts);
    experts_ = taken.experts_;
    ++taken_.steps;
    taken_.again += taken.replaced_.empty() ? 0U : 1U;

    std::vector<load_record> records;
    kept_.clear();
    const auto keep = [this](std::span<const double> values) -> std::span<const double> {
        return kept_.emplace_back(values.begin(), values.end());
    };
    for (load_record one; taken.next(one);) {
        const auto place = places_.find(taken.layers_[one.layer]);
        records.push_back({one.step, place->second, keep(one.loads), keep(one.scores),
                           keep(one.dither), keep(one.moments), one.feedback});
    }
    return records;
}

}  // namespace moebius
