// SPDX-License-Identifier: MIT
#include "axis_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/lane_sums.hpp>

namespace moebius {
namespace {

/// Sums that agree by chance are fewer.
constexpr std::size_t enough = 20;

/// Exact, but for the rounding of float32 in shares.
bool is_same(double a, double b) {
    constexpr double rounding = 1e-6;
    return std::abs(a - b) <= rounding * std::max(a, b);
}

std::size_t distinct(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return static_cast<std::size_t>(std::unique(values.begin(), values.end(), is_same) -
                                    values.begin());
}

}  // namespace

axis_check::axis_check(const log_shape& shape)
    : shape_(shape),
      group_(shape.has_layers ? shape.layers : shape.steps),
      second_{group_ > 1 && shape.experts > 1, group_ > 1 && shape.has_layers && shape.steps > 1},
      last_{true, shape.has_layers && shape.steps > 1},
      steps_second_(shape.steps > 1 && shape.layers >= enough && shape.layers > shape.steps),
      across_(shape.experts) {}

void axis_check::look_at(std::span<const double> loads) {
    const double total = lane_total_of(loads).sum;
    least_ = taken_ == 0 ? total : std::min(least_, total);
    most_ = taken_ == 0 ? total : std::max(most_, total);
    if (second_.any())
        for (std::size_t e = 0; e < loads.size(); ++e) across_[e] += loads[e];
    if (steps_second_) {
        if (taken_ == 0) first_.assign(loads.begin(), loads.end());
        changes_ = changes_ || (taken_ % shape_.layers == 0 &&
                                !std::equal(loads.begin(), loads.end(), first_.begin()));
    }
    take_total(total);
    if (++taken_ % group_ == 0) end_group();
}

void axis_check::take_total(double total) {
    const std::size_t place = taken_ % group_;
    if (place == 0) total_ = total;
    last_.of_step = last_.of_step && is_same(total, total_);
    if (!last_.of_place) return;
    if (taken_ < group_)
        totals_.push_back(total);
    else
        last_.of_place = is_same(total, totals_[place]);
    steps_second_ = steps_second_ && last_.of_place;
}

void axis_check::end_group() {
    if (taken_ == group_) {
        first_across_ = across_;
        steps_second_ = steps_second_ && 2 * distinct(totals_) > totals_.size();
    }
    second_.of_step = second_.of_step && across_.front() > 0 &&
                      std::all_of(across_.begin(), across_.end(),
                                  [this](double one) { return is_same(one, across_.front()); });
    second_.of_place =
        second_.of_place && std::equal(across_.begin(), across_.end(), first_across_.begin(),
                                       [](double a, double b) { return a > 0 && is_same(a, b); });
    std::fill(across_.begin(), across_.end(), 0);
}

std::string axis_check::text_of_second() const {
    const double sum = first_across_.front();
    const auto sums = second_.of_step && (second_.of_place || !shape_.has_layers)
                          ? fmt::format("to {:g} everywhere", sum)
                      : second_.of_step ? std::string("to the same everywhere in a step")
                                        : std::string("to the same in each step");
    return fmt::format(
        "along the axis before the last its numbers sum {}, and along the last, which was read as "
        "that of experts, to {:g} and to {:g}: experts seem to be on the one before, and "
        "numpy.moveaxis(x, {}, -1) puts them last",
        sums, least_, most_, shape_.has_layers ? 1 : 0);
}

std::string axis_check::finding() const {
    constexpr double varied = 1e-4;
    const bool varies = most_ - least_ > varied * most_;
    if (taken_ != shape_.steps * shape_.layers || !varies) return {};
    const bool are_enough = shape_.experts * (shape_.has_layers ? shape_.steps : 1) >= enough;
    if (are_enough && second_.any() && !last_.any()) return text_of_second();
    if (steps_second_ && changes_)
        return "each row of the second axis, which was read as that of layers, has a sum of its "
               "own, the same in all of the first, read as that of steps: steps seem to be on the "
               "second, and numpy.swapaxes(x, 0, 1) puts them first";
    return {};
}

std::string note_of_layers(const log_shape& shape) {
    constexpr std::size_t most = 128;  // the deepest models have 126
    if (shape.layers <= most || shape.layers <= shape.steps) return {};
    return fmt::format(
        "it was read as [steps, layers, experts]: {} steps of {} layers of {} experts; where the "
        "second axis is that of steps, numpy.swapaxes(x, 0, 1) puts it first",
        shape.steps, shape.layers, shape.experts);
}

}  // namespace moebius
