// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/diagnose/margin_course.hpp>

namespace moebius {

std::optional<margin_course::row> margin_course::row_of(const layer_diagnosis& from,
                                                        std::int64_t step) {
    if (from.margins.empty()) return std::nullopt;
    row out{step, from.margins.front(), from.feedback};
    out.nearest.of.clear();
    return out;
}

void margin_course::take(const layer_margin& layer, std::int64_t step) {
    last_step_ = step;
    if (++taken_ % stride_ != 0) return;
    const auto made = row_of(layer.margins(), step);
    // each has a place, with or without a margin, so that the steps stay even
    rows_.push_back(made.value_or(row{step, {not_a_number, not_a_number, not_a_number, {}}, {}}));
    if (rows_.size() < most_rows) return;
    stride_ *= 2;
    for (std::size_t i = 0; 2 * i + 1 < rows_.size(); ++i) rows_[i] = rows_[2 * i + 1];
    rows_.resize(rows_.size() / 2);
}

std::vector<margin_course::row> margin_course::rows(const layer_diagnosis& last) const {
    const auto now = row_of(last, last_step_);
    std::vector<row> out;
    if (!now) return out;
    for (const auto& one : rows_)
        if (!std::isnan(one.nearest.value) && one.step != last_step_ &&
            one.feedback.has_value() == now->feedback.has_value())
            out.push_back(one);
    out.push_back(*now);
    return out;
}

}  // namespace moebius
