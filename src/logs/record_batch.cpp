// SPDX-License-Identifier: MIT
#include <moebius/logs/record_batch.hpp>

namespace moebius {
namespace {

constexpr std::span<const double> load_record::*channels[] = {
    &load_record::loads, &load_record::scores, &load_record::dither, &load_record::moments};

}  // namespace

std::size_t record_batch::fill(log_source& from, std::size_t numbers) {
    for (auto& layer : layers_) {
        layer.values.clear();
        layer.records.clear();
    }
    std::size_t count = 0, size = 0;
    for (load_record record; size < numbers && from.next(record); ++count) {
        if (record.layer >= layers_.size()) layers_.resize(record.layer + 1);
        auto& to = layers_[record.layer];
        for (const auto channel : channels) {
            const auto values = record.*channel;
            if (values.empty()) continue;
            to.values.insert(to.values.end(), values.begin(), values.end());
            size += values.size();
        }
        to.records.push_back(record);
    }
    for (auto& layer : layers_) {  // values stay where they are from now on
        const double* at = layer.values.data();
        for (auto& record : layer.records)
            for (const auto channel : channels) {
                record.*channel = {at, (record.*channel).size()};
                at += (record.*channel).size();
            }
    }
    return count;
}

}  // namespace moebius
