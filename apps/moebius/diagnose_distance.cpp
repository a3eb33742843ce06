// SPDX-License-Identifier: MIT
#include "diagnose_distance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <string>
#include <utility>

namespace moebius::cli {

std::vector<std::string> verdict_names() {
    std::vector<std::string> names;
    for (const auto verdict : verdicts) names.emplace_back(to_string(verdict));
    return names;
}

std::vector<std::string> verdict_options() {
    auto out = verdict_names();
    out[rank_of(load_verdict::coexistence)] = "coexistence";
    for (auto& name : out) std::replace(name.begin(), name.end(), ' ', '-');
    return out;
}

std::vector<std::string> verdict_choices() {
    auto out = verdict_options();
    for (auto& name : verdict_names())
        if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(std::move(name));
    return out;
}

load_verdict verdict_of(std::string_view choice) {
    const auto names = verdict_names(), options = verdict_options();
    for (const auto verdict : verdicts)
        if (choice == names[rank_of(verdict)] || choice == options[rank_of(verdict)])
            return verdict;
    throw invalid_argument("diagnose", fmt::format("the verdict '{}' came", choice),
                           fmt::format("there are {}", fmt::join(options, ", ")));
}

load_verdict worst_of(const std::vector<layer_diagnosis>& layers) {
    auto worst = load_verdict::safe;
    for (const auto& one : layers) worst = std::max(worst, one.verdict);
    return worst;
}

bool any_as_bad(const std::vector<layer_diagnosis>& layers, std::string_view limit) {
    const bool is_warned = limit == warned_limit;
    const auto verdict = is_warned ? load_verdict::oscillating : verdict_of(limit);
    return std::any_of(layers.begin(), layers.end(), [&](const layer_diagnosis& one) {
        return one.verdict >= verdict || (is_warned && (one.warned_at || one.collapsed));
    });
}

std::optional<first_warning> first_warning_of(const std::vector<layer_diagnosis>& layers) {
    std::optional<first_warning> out;
    for (std::size_t l = 0; l < layers.size(); ++l)
        if (const auto& at = layers[l].warned_at; at && (!out || *at < out->step)) out = {*at, l};
    return out;
}

namespace {

layer_diagnosis untold(std::string why, std::string had) {
    layer_diagnosis out;
    out.untold = out.untold_margin = why;
    out.reason = std::move(why);
    out.had = std::move(had);
    return out;
}

}  // namespace

distance_estimate::distance_estimate(const log_head& head, double restored, bool courses)
    : check_(head), count_(head.layers.size()) {
    if (head.experts < 2) return;
    layers_.reserve(count_);
    for (std::size_t l = 0; l < count_; ++l) layers_.emplace_back(head, restored);
    if (courses) courses_.resize(count_);
}

void distance_estimate::take(const load_record& record) {
    const auto all = lane_total_of(record.loads);
    check_.take(record, all);
    if (record.layer >= layers_.size()) return;
    layers_[record.layer].take(record, all.sum);
    if (record.layer < courses_.size())
        courses_[record.layer].take(layers_[record.layer], record.step);
}

std::vector<layer_diagnosis> distance_estimate::layers() const {
    if (turned_)
        return std::vector(count_,
                           untold("its axes seem to be in another order than they were read in; "
                                  "--experts would say that the last is that of experts",
                                  "counts"));
    std::vector<layer_diagnosis> out;
    for (const auto& one : layers_) {
        const auto why = check_.veto(out.size());
        auto& made = out.emplace_back(one.result());
        if (!why.empty() && made.verdict != load_verdict::collapsed)
            made = untold(std::string(why), made.had);
    }
    out.resize(count_, untold("one expert has nothing to lose", {}));
    return out;
}

void put(const std::optional<margin>& one, const std::string& name, row_writer& row) {
    row.put(name, one ? one->value : not_a_number);
    row.put(name + "_low", one ? one->low : not_a_number);
    row.put(name + "_high", one ? one->high : not_a_number);
}

table no_margins() {
    table out{{"layer", "step", "margin", "margin_low", "margin_high", "K", "K_low", "K_high"}, {}};
    out.columns.resize(out.names.size());
    return out;
}

table distance_estimate::margins(const std::vector<layer_diagnosis>& now) const {
    table out = no_margins();
    row_writer to(out);
    for (std::size_t l = 0; l < courses_.size(); ++l) {
        if (turned_ || !check_.veto(l).empty()) continue;
        for (const auto& one : courses_[l].rows(now[l])) {
            to.next();
            to.put("layer", static_cast<double>(l));
            to.put("step", static_cast<double>(one.step));
            put(one.nearest, "margin", to);
            put(one.feedback, "K", to);
        }
    }
    return out;
}

}  // namespace moebius::cli
