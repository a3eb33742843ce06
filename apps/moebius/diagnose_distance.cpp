// SPDX-License-Identifier: MIT
#include "diagnose_distance.hpp"

#include <string>

namespace moebius::cli {

std::vector<std::string> verdict_names() {
    std::vector<std::string> names;
    for (const auto verdict : verdicts) names.emplace_back(to_string(verdict));
    return names;
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
