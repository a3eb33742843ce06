// SPDX-License-Identifier: MIT
#include "diagnose_distance.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace moebius::cli {

std::vector<std::string> verdict_names() {
    std::vector<std::string> names;
    for (const auto verdict : verdicts) names.emplace_back(to_string(verdict));
    return names;
}

std::size_t rank_of(load_verdict verdict) {
    return static_cast<std::size_t>(std::find(std::begin(verdicts), std::end(verdicts), verdict) -
                                    std::begin(verdicts));
}

load_verdict worst_of(const std::vector<layer_diagnosis>& layers) {
    std::size_t worst = 0;
    for (const auto& one : layers) worst = std::max(worst, rank_of(one.verdict));
    return verdicts[worst];
}

distance_estimate::distance_estimate(const log_head& head) : count_(head.layers.size()) {
    if (head.experts < 2) return;
    layers_.reserve(count_);
    for (std::size_t l = 0; l < count_; ++l) layers_.emplace_back(head);
}

void distance_estimate::take(const load_record& record) {
    if (record.layer < layers_.size()) layers_[record.layer].take(record);
}

std::vector<layer_diagnosis> distance_estimate::layers() const {
    std::vector<layer_diagnosis> out;
    for (const auto& one : layers_) out.push_back(one.result());
    layer_diagnosis alone;
    alone.reason = "one expert has nothing to lose";
    out.resize(count_, alone);
    return out;
}

}  // namespace moebius::cli
