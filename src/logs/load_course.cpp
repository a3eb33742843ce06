// SPDX-License-Identifier: MIT
#include <moebius/base/lane_sums.hpp>
#include <moebius/base/row_writer.hpp>
#include <moebius/logs/load_course.hpp>
#include <numeric>

#include "rank_buckets.hpp"

namespace moebius {

load_course::load_course(std::size_t layers) : layers_(layers) {}

void load_course::take(const load_record& record) {
    if (record.layer >= layers_.size()) layers_.resize(record.layer + 1);
    auto& layer = layers_[record.layer];
    const std::size_t n = record.loads.size();
    if (layer.experts != n) {
        layer = {};
        layer.experts = n;
        layer.sums.assign(n, 0);
    }
    if (!(lane_total_of(record.loads).sum > 0)) return;
    add_to(std::span(layer.sums).last(n), record.loads);
    layer.begun = {record.step, layer.begun.steps + 1};
    if (layer.begun.steps < layer.stride) return;
    layer.rows.push_back(layer.begun);
    if (layer.rows.size() == most_rows) merge(layer);
    layer.begun = {};
    layer.sums.resize((layer.rows.size() + 1) * n, 0);
}

/// Each two rows become one.
void load_course::merge(layer_rows& layer) {
    const std::size_t n = layer.experts, pairs = layer.rows.size() / 2;
    const auto of = [&](std::size_t row) { return std::span(layer.sums).subspan(row * n, n); };
    for (std::size_t i = 0; i < pairs; ++i) {
        if (i > 0) std::copy(of(2 * i).begin(), of(2 * i).end(), of(i).begin());
        add_to(of(i), of(2 * i + 1));
        layer.rows[i] = {layer.rows[2 * i + 1].step,
                         layer.rows[2 * i].steps + layer.rows[2 * i + 1].steps};
    }
    layer.rows.resize(pairs);
    layer.sums.resize(pairs * n);
    layer.stride *= 2;
}

table load_course::rows() const {
    table out;
    row_writer to(out);
    std::vector<std::uint8_t> places;
    std::vector<double> room;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        const std::size_t n = layers_[l].experts;
        const auto place = [n](double share) {
            return static_cast<std::size_t>(share * static_cast<double>(n - 1) + 0.5);
        };
        for (std::size_t i = 0; i < layers_[l].rows.size(); ++i) {
            const auto loads = std::span(layers_[l].sums).subspan(i * n, n);
            const double mean =
                std::accumulate(loads.begin(), loads.end(), 0.0) / static_cast<double>(n);
            const auto [least, quarter, median, three_quarters, most] = numbers_of_rank<5>(
                loads, {0, place(0.25), place(0.5), place(0.75), n - 1}, places, room);
            to.next();
            to.put("layer", static_cast<double>(l));
            to.put("step", static_cast<double>(layers_[l].rows[i].step));
            to.put("steps", static_cast<double>(layers_[l].rows[i].steps));
            to.put("least", least / mean);
            to.put("quarter", quarter / mean);
            to.put("median", median / mean);
            to.put("three_quarters", three_quarters / mean);
            to.put("most", most / mean);
        }
    }
    return out;
}

}  // namespace moebius
