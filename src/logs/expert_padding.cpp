// SPDX-License-Identifier: MIT
#include "expert_padding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>

namespace moebius {

bool expert_padding::is_behind(std::size_t experts, std::span<const double> loads) {
    const auto behind = loads.subspan(std::min(experts, loads.size()));
    return !behind.empty() &&
           std::all_of(behind.begin(), behind.end(), [](double load) { return load == 0; });
}

void expert_padding::cut(load_record& record) {
    const std::size_t all = record.loads.size();
    record.loads = record.loads.first(experts_);
    if (!record.scores.empty()) record.scores = record.scores.first(experts_);
    if (!record.dither.empty()) record.dither = record.dither.first(experts_);
    if (record.moments.empty()) return;
    moments_.clear();
    for (std::size_t row = 0; row < experts_; ++row) {
        const auto kept = record.moments.subspan(row * all, experts_);
        moments_.insert(moments_.end(), kept.begin(), kept.end());
    }
    record.moments = moments_;
}

void expert_padding::refuse(const load_record& record, const std::string& place) const {
    const auto loaded = std::find_if(record.loads.begin() + static_cast<std::ptrdiff_t>(experts_),
                                     record.loads.end(), [](double load) { return load != 0; });
    throw io_error(place,
                   fmt::format("expert {} has a load of {:g}, but there are {} experts by what "
                               "the log or --experts says, and those behind them had none "
                               "before",
                               loaded - record.loads.begin(), *loaded, experts_));
}

}  // namespace moebius
