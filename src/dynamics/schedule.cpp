// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/dynamics/schedule.hpp>

namespace moebius {

double schedule::value(std::size_t leg, std::size_t batch) const {
    const double start = leg == 0 ? from : legs[leg - 1].to;
    const double share = static_cast<double>(batch + 1) / static_cast<double>(legs[leg].batches);
    return start + (legs[leg].to - start) * share;
}

std::size_t schedule::batches() const noexcept {
    std::size_t sum = 0;
    for (const auto& leg : legs) sum += leg.batches;
    return sum;
}

std::size_t schedule::plateaus() const noexcept {
    return static_cast<std::size_t>(std::count_if(
        legs.begin(), legs.end(), [](const schedule_leg& leg) { return leg.measured > 0; }));
}

void schedule::check() const {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("schedule", got, needed);
    };
    if (legs.empty()) reject("it has no legs", "at least one is needed");
    if (!std::isfinite(from)) reject(fmt::format("it starts at {}", from), "it must be finite");
    for (const auto& leg : legs) {
        if (!std::isfinite(leg.to))
            reject(fmt::format("a leg ends at {}", leg.to), "it must be finite");
        if (leg.batches < 1) reject("a leg has no batches", "it needs at least one");
        if (leg.measured > leg.batches)
            reject(fmt::format("{} batches of {} are measured", leg.measured, leg.batches),
                   "no more than all can be");
    }
}

}  // namespace moebius
