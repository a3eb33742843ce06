// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/diagnose/margin_course.hpp>

namespace moebius {

margin_course::row margin_course::row_of(const layer_diagnosis& from, std::int64_t step) {
    if (from.margins.empty())
        return {step, {not_a_number, not_a_number, not_a_number, {}}, std::nullopt};
    row out{step, from.margins.front(), from.feedback};
    out.nearest.of.clear();
    return out;
}

void margin_course::take(const layer_margin& layer, std::int64_t step) {
    last_step_ = step;
    if (++taken_ % stride_ != 0) return;
    rows_.push_back(row_of(layer.result(), step));
    if (rows_.size() < most_rows) return;
    stride_ *= 2;
    for (std::size_t i = 0; 2 * i + 1 < rows_.size(); ++i) rows_[i] = rows_[2 * i + 1];
    rows_.resize(rows_.size() / 2);
}

std::vector<margin_course::row> margin_course::rows(const layer_diagnosis& last) const {
    auto all = rows_;
    if (!all.empty() && all.back().step == last_step_) all.pop_back();
    all.push_back(row_of(last, last_step_));
    const auto told = [](const row& one) { return !std::isnan(one.nearest.value); };
    const auto of_kind = std::find_if(all.rbegin(), all.rend(), told);
    std::vector<row> out;
    for (const auto& one : all)
        if (told(one) ? one.feedback.has_value() == of_kind->feedback.has_value() : !out.empty())
            out.push_back(one);
    return out;
}

}  // namespace moebius
