// SPDX-License-Identifier: MIT
#include "load_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <utility>

#include "load_names.hpp"

namespace moebius {

std::string fault_of_layer(std::string_view name) {
    double value = 0;
    const char* const end = name.data() + name.size();
    const auto [stop, failure] = std::from_chars(name.data(), end, value);
    if (stop != end || failure == std::errc::invalid_argument) return {};
    const bool is_one = failure == std::errc{} && value >= 0 && value < load_table::most_layers &&
                        value == std::floor(value);
    if (is_one) return {};
    return fmt::format("the layer is {}, but as a number it must be a whole one from 0 to {}",
                       excerpt(name), load_table::most_layers - 1);
}

std::string load_table::new_layer_fault(std::string_view name) const {
    if (layers_.size() < most_layers) return fault_of_layer(name);
    return fmt::format("layer {} is one more than the {} that there may be", excerpt(name),
                       most_layers);
}

std::uint32_t load_table::add_layer(std::string_view name) {
    const auto place = static_cast<std::uint32_t>(layers_.size());
    places_.emplace(name, place);
    layers_.emplace_back(name);
    return place;
}

void load_table::forget_rows() {
    load_table empty;
    for (const auto& name : layers_) static_cast<void>(empty.add_layer(name));
    *this = std::move(empty);
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
    in_order_ = in_order_ && (runs_.empty() || runs_.back().is_over_before(made));
    runs_.push_back(made);
}

void load_table::expect(double times) {
    loads_.reserve(static_cast<std::size_t>(times * static_cast<double>(loads_.size())));
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

std::vector<load_run>::const_iterator load_table::end_of_step() const {
    return std::find_if(runs_.begin(), runs_.end(),
                        [&](const load_run& one) { return one.step != runs_.front().step; });
}

std::size_t load_table::end_of_experts(std::span<const load_run> runs) {
    std::size_t end = 0;
    for (const auto& one : runs) end = std::max<std::size_t>(end, one.expert + one.count);
    return end;
}

std::size_t load_table::cells_of_step() const {
    const auto end = end_of_step();
    return end == runs_.end() ? loads_.size() : end->at;
}

bool load_table::has_all_cells(std::size_t experts) const {
    if (runs_.empty() || has_whole_step() || adds_up || has_choices) return false;
    const bool from_1 =
        std::none_of(runs_.begin(), runs_.end(), [](auto& one) { return one.expert == 0; });
    std::vector<std::size_t> cells(layers_.size(), 0);
    for (const auto& one : runs_) cells[one.layer] += one.count;
    const std::size_t wanted =
        std::max({experts, taken_experts_, end_of_experts(runs_) - (from_1 ? 1 : 0)});
    return std::all_of(cells.begin(), cells.end(), [&](auto count) { return count == wanted; });
}

/// The first step, by itself.
load_table load_table::cut_step() {
    const auto end = end_of_step();
    const std::size_t numbers = cells_of_step();
    load_table taken;
    taken.adds_up = adds_up;
    taken.needs_all = needs_all;
    taken.has_choices = has_choices;
    taken.taken_ = taken_;
    taken.before_ = std::move(before_);
    taken.is_part_ = true;
    taken.is_over = is_over;
    taken.is_cut = is_cut;
    taken.is_open = is_open;
    taken.cut_step_ = cut_step_;
    taken.layers_ = layers_;
    taken.runs_.assign(runs_.cbegin(), end);
    taken.loads_ = loads_.cut(numbers);
    taken.scores_ = scores_.cut(numbers);
    taken.dither_ = dither_.cut(numbers);
    taken.moments_ = moments_.cut(numbers);
    taken.feedback_ = feedback_.cut(numbers);
    runs_.erase(runs_.cbegin(), end);
    for (auto& one : runs_) one.at -= numbers;
    taken.has_zero_ = has_zero_;
    taken.in_order_ = false;
    taken.from_1_ = from_1_;
    taken.experts_ = std::max(taken_experts_ + (from_1_ ? 1 : 0), end_of_experts(taken.runs_));
    return taken;
}

std::vector<load_record> load_table::take_step(const std::string& file, std::size_t experts) {
    load_table taken = cut_step();
    taken.finish(file, experts);
    experts_ = taken_experts_ = taken.experts_;
    from_1_ = taken.from_1_;
    before_ = taken.records_so_far();
    if (taken.empty()) ending_ = taken.ending_;
    ++taken_.steps;
    taken_.again += taken.repeats_.steps.empty() ? 0U : 1U;
    repeats_ = std::move(taken.repeats_);
    repeats_.steps.clear();  // which followed_log tells

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
