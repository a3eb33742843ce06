// SPDX-License-Identifier: MIT
#include "load_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numeric>
#include <optional>
#include <span>

namespace moebius {
namespace {

/// The number that a name ends in, and what stands before: layers in the order of their numbers.
std::pair<std::string_view, double> by_number(std::string_view name) {
    const auto digits = name.find_last_not_of("0123456789") + 1;
    double number = -1;
    for (const char digit : name.substr(digits))
        number = std::max(0.0, number) * 10 + (digit - '0');
    return {name.substr(0, digits), number};
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

void load_table::channel::add(double value, std::size_t place) {
    if (values.empty()) {
        if (std::isnan(value)) return;
        values.assign(place, std::numeric_limits<double>::quiet_NaN());
    }
    values.push_back(value);
}

void load_table::add(const load_cell& cell) {
    scores_.add(cell.score, loads_.size());
    dither_.add(cell.dither, loads_.size());
    loads_.push_back(cell.load);
    has_zero_ = has_zero_ || cell.load == 0;
    experts_ = std::max<std::size_t>(experts_, cell.expert + 1);
    if (!runs_.empty()) {
        auto& last = runs_.back();
        if (last.step == cell.step && last.layer == cell.layer &&
            last.expert + last.count == cell.expert) {
            ++last.count;
            return;
        }
    }
    const run made{cell.step, cell.layer, cell.expert, loads_.size() - 1, 1};
    in_order_ = in_order_ && (runs_.empty() || runs_.back().before(made));
    runs_.push_back(made);
}

void load_table::name_layers_in_order() {
    std::vector<std::uint32_t> order(layers_.size()), place(layers_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [&](auto a, auto b) { return by_number(layers_[a]) < by_number(layers_[b]); });
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

void load_table::refuse(const std::string& file, const run& at, std::string_view rule) const {
    throw io_error(file,
                   fmt::format("step {}, layer {}: {}", at.step, excerpt(layers_[at.layer]), rule));
}

void load_table::check(const std::string& file) {
    for (std::size_t from = 0, end = 0; from < runs_.size(); from = end) {
        std::size_t covered = 0, next = 0;
        for (end = from; end < runs_.size() && runs_[end].step == runs_[from].step &&
                         runs_[end].layer == runs_[from].layer;
             ++end) {
            if (runs_[end].expert < next && !adds_up)
                refuse(file, runs_[end],
                       fmt::format("expert {} comes twice, but one row of each is needed",
                                   runs_[end].expert));
            const std::size_t last = runs_[end].expert + runs_[end].count;
            covered +=
                last - std::min<std::size_t>(last, std::max<std::size_t>(next, runs_[end].expert));
            next = std::max(next, last);
        }
        if (covered == experts_) continue;
        complete_ = false;
        if (has_zero_)
            refuse(file, runs_[from],
                   fmt::format("{} of {} experts have a row, but all must where zeros are written: "
                               "rows are missing, or the file was cut off",
                               covered, experts_));
    }
}

void load_table::finish(const std::string& file, std::size_t experts) {
    experts_ = std::max(experts_, experts);
    name_layers_in_order();
    if (!in_order_)
        std::stable_sort(runs_.begin(), runs_.end(),
                         [](const run& a, const run& b) { return a.before(b); });
    check(file);
    at_ = 0;
}

/// The record of the runs from `from` on; returns where the next begins.
std::size_t load_table::fill(std::size_t from, load_record& record) {
    const auto& first = runs_[from];
    row_.assign(experts_, 0);
    score_row_.assign(scores_.values.empty() ? 0 : experts_, 0);
    dither_row_.assign(dither_.values.empty() ? 0 : experts_, 0);
    std::size_t end = from;
    for (; end < runs_.size() && runs_[end].step == first.step && runs_[end].layer == first.layer;
         ++end) {
        const auto& one = runs_[end];
        for (std::uint32_t i = 0; i < one.count; ++i) row_[one.expert + i] += loads_[one.at + i];
        for (std::uint32_t i = 0; i < one.count && !score_row_.empty(); ++i)
            if (const double value = scores_.values[one.at + i]; !std::isnan(value))
                score_row_[one.expert + i] = value;
        for (std::uint32_t i = 0; i < one.count && !dither_row_.empty(); ++i)
            if (const double value = dither_.values[one.at + i]; !std::isnan(value))
                dither_row_[one.expert + i] = value;
    }
    record = {first.step, first.layer, row_, score_row_, dither_row_, {}};
    return end;
}

bool load_table::next(load_record& record) {
    if (at_ == runs_.size()) return false;
    at_ = fill(at_, record);
    return true;
}

bool load_table::has_whole_step() const {
    return !runs_.empty() && runs_.front().step != runs_.back().step;
}

std::vector<load_record> load_table::take_step(const std::string& file) {
    const auto step = runs_.front().step;
    const auto end =
        std::find_if(runs_.begin(), runs_.end(), [&](const run& one) { return one.step != step; });
    load_table taken;
    taken.adds_up = adds_up;
    taken.layers_ = layers_;
    taken.runs_.assign(runs_.begin(), end);
    const std::size_t numbers = end == runs_.end() ? loads_.size() : end->at;
    const auto cut = [numbers](std::vector<double>& from) {
        const auto middle =
            from.begin() + static_cast<std::ptrdiff_t>(std::min(numbers, from.size()));
        std::vector<double> front(from.begin(), middle);
        from.erase(from.begin(), middle);
        return front;
    };
    taken.loads_ = cut(loads_);
    taken.scores_.values = cut(scores_.values);
    taken.dither_.values = cut(dither_.values);
    runs_.erase(runs_.begin(), end);
    for (auto& one : runs_) one.at -= numbers;
    taken.has_zero_ = has_zero_;
    taken.in_order_ = false;
    taken.finish(file, experts_);

    std::vector<load_record> records;
    kept_.clear();
    const auto keep = [this](std::span<const double> values) -> std::span<const double> {
        return kept_.emplace_back(values.begin(), values.end());
    };
    for (load_record one; taken.next(one);) {
        const auto place = places_.find(taken.layers_[one.layer]);
        records.push_back(
            {one.step, place->second, keep(one.loads), keep(one.scores), keep(one.dither), {}});
    }
    return records;
}

}  // namespace moebius
