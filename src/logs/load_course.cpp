// SPDX-License-Identifier: MIT
#include <algorithm>
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
    if (layer.sum.size() != record.loads.size()) {
        layer.sum.assign(record.loads.size(), 0);
        layer.steps = 0;
    }
    add_to(layer.sum, record.loads);
    if (++layer.steps >= layer.stride) end_row(layer, record.step);
}

void load_course::end_row(layer_rows& layer, std::int64_t step) {
    const std::size_t n = layer.sum.size();
    const double all = std::accumulate(layer.sum.begin(), layer.sum.end(), 0.0);
    if (all > 0) {
        const auto place = [&](double share) {
            return static_cast<std::size_t>(share * static_cast<double>(n - 1) + 0.5);
        };
        const auto [least, quarter, median, three_quarters, most] = numbers_of_rank<5>(
            layer.sum, {0, place(0.25), place(0.5), place(0.75), n - 1}, layer.places, layer.room);
        const double mean = all / static_cast<double>(n);
        layer.rows.push_back({step, least / mean, quarter / mean, median / mean,
                              three_quarters / mean, most / mean});
    }
    std::fill(layer.sum.begin(), layer.sum.end(), 0);
    layer.steps = 0;
    if (layer.rows.size() < most_rows) return;
    layer.stride *= 2;
    for (std::size_t i = 0; 2 * i + 1 < layer.rows.size(); ++i)
        layer.rows[i] = layer.rows[2 * i + 1];
    layer.rows.resize(layer.rows.size() / 2);
}

table load_course::rows() const {
    table out;
    row_writer to(out);
    for (std::size_t l = 0; l < layers_.size(); ++l)
        for (const auto& one : layers_[l].rows) {
            to.next();
            to.put("layer", static_cast<double>(l));
            to.put("step", static_cast<double>(one.step));
            to.put("least", one.least);
            to.put("quarter", one.quarter);
            to.put("median", one.median);
            to.put("three_quarters", one.three_quarters);
            to.put("most", one.most);
        }
    return out;
}

}  // namespace moebius
