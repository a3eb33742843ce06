// SPDX-License-Identifier: MIT
// What the course of a layer's loads says of what they are.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <moebius/logs/log_check.hpp>
#include <numeric>
#include <utility>

namespace moebius {

/// A layer that has collapsed onto some experts has the same loads in every step, and is no such
/// series.
log_check::course log_check::course_of(const layer_facts& layer) {
    if (layer.records < enough_records || layer.last.size() < 2) return course::moves;
    if (layer.largest == 0) return course::constant;
    if (!layer.uneven) return course::even;
    const auto is_all_or_none = [&](double load) { return load == 0 || load == layer.largest; };
    if (!layer.changes)
        return std::all_of(layer.last.begin(), layer.last.end(), is_all_or_none) ? course::moves
                                                                                 : course::constant;
    const double last = std::accumulate(layer.last.begin(), layer.last.end(), 0.0);
    const double most = std::max(last, layer.most_sum);
    return !layer.moves_freely && most > 1.5 * layer.sum ? course::running : course::moves;
}

bool log_check::is_still_at_end(const layer_facts& layer) {
    const auto still = layer.still.longest();
    return still.records > 0 && still.last == layer.last_step;
}

std::string_view log_check::veto(std::size_t layer) const {
    if (layer >= layers_.size() || layers_[layer].records == 0) return {};
    const auto& one = layers_[layer];
    if (one.largest > 0 && one.unloaded >= enough_records) return "its last steps have no loads";
    switch (course_of(one)) {
        case course::moves:
            if (one.largest == 0) return "it has no loads";
            if (is_still_at_end(one)) return "its last loads never change";
            return one.still.held() > 0
                       ? "its loads change in some records only, and the others are copies"
                       : "";
        case course::even:
            return "its balance is perfect in every step";
        case course::constant:
            return "its loads never change";
        case course::running:
            return "its loads never fall: they are running totals, not those of steps";
    }
    return {};
}

void log_check::say_layers(std::vector<std::string>& to) const {
    std::vector<std::size_t> constant, even, running, clipped;
    const bool whole = all_whole();
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        const auto& one = layers_[l];
        if (one.records < enough_records) continue;
        const auto seen = course_of(one);
        if (seen == course::even)
            even.push_back(l);
        else if (seen == course::constant)
            constant.push_back(l);
        else if (seen == course::running)
            running.push_back(l);
        else if (whole && 10 * one.clipped > one.records && one.largest >= 16)
            clipped.push_back(l);
    }
    if (!even.empty())
        to.push_back(
            fmt::format("even: {}: perfect balance in every step is a symptom: of a gate "
                        "without gradient, experts in turns, or a sum over the wrong axis",
                        layers_text(head_, even)));
    if (!constant.empty())
        to.push_back(
            fmt::format("constant: {}: the loads never change, as of a counter that is not "
                        "updated",
                        layers_text(head_, constant)));
    if (!running.empty())
        to.push_back(
            fmt::format("running: {}: no load ever falls, or all start anew now and then: these "
                        "are running totals, and their differences are needed",
                        layers_text(head_, running)));
    for (const auto l : clipped)
        to.push_back(
            fmt::format("capacity: {}: in {} of {} steps two experts or more have exactly "
                        "the largest load, {:g}: loads after capacity are flatter than what "
                        "the router wants",
                        layers_text(head_, std::span(&l, 1)), layers_[l].clipped,
                        layers_[l].records, layers_[l].largest));
}

/// Of layers whose loads change elsewhere.
void log_check::say_still(std::vector<std::string>& to) const {
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::size_t>> found;
    for (std::size_t l = 0; l < layers_.size(); ++l)
        if (const auto one = layers_[l].still.longest();
            one.records > 0 && course_of(layers_[l]) == course::moves)
            found[{one.first, one.last}].push_back(l);
    for (const auto& [steps, layers] : found)
        to.push_back(
            fmt::format("constant: {}: from step {} to {}{} the loads never change, as of a "
                        "counter that is not "
                        "updated there, or of one batch through a gate at rest",
                        layers_text(head_, layers), steps.first, steps.second,
                        is_still_at_end(layers_[layers.front()]) ? ", the last," : ""));
}

/// Where rows come more often than what they count is updated.
void log_check::say_held(std::vector<std::string>& to) const {
    std::map<std::size_t, std::vector<std::size_t>> found;
    for (std::size_t l = 0; l < layers_.size(); ++l)
        if (const auto every = layers_[l].still.held(); every > 0) found[every].push_back(l);
    for (const auto& [every, layers] : found)
        to.push_back(fmt::format(
            "held: {0}: loads change in one of {1} records only, and those between are copies of "
            "the one before: as steps they tell no noise and nothing that comes back; every {1}th "
            "record alone is a log",
            layers_text(head_, layers), every));
}

}  // namespace moebius
