// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/logs/still_loads.hpp>

namespace moebius {
namespace {

/// Whether some experts have all loads, in equal parts, and others none.
bool are_all_or_none(std::span<const double> loads) {
    const double largest = *std::max_element(loads.begin(), loads.end());
    const auto none = std::count(loads.begin(), loads.end(), 0.0);
    const auto all = std::count(loads.begin(), loads.end(), largest);
    return none > 0 && none + (largest > 0 ? all : 0) == std::ssize(loads);
}

}  // namespace

void still_loads::take(std::span<const double> loads, const lane_total& all, std::int64_t step) {
    const bool is_alike = records_++ > 0 && all.sum == last_.sum && all.largest == last_.largest;
    last_ = all;
    count_run(is_alike);
    if (!is_alike) return end();
    ++alike_;
    if (now_.records > 0 && std::equal(loads.begin(), loads.end(), kept_.begin(), kept_.end())) {
        now_.last = step;
        ++now_.records;
        return;
    }
    end();
    kept_.assign(loads.begin(), loads.end());
    now_ = {1, step, step};
}

void still_loads::count_run(bool is_alike) {
    constexpr std::size_t most_lengths = 64;  // as many are no rule
    if (!is_alike && run_ > 0 && (runs_.size() < most_lengths || runs_.contains(run_)))
        ++runs_[run_];
    run_ = is_alike ? run_ + 1 : 1;
}

std::size_t still_loads::held() const {
    constexpr std::size_t enough = 30;  // each is of such a length by a chance of 1/2 at the most
    std::size_t commonest = 0, most = 0, all = 0, fit = 0;
    for (const auto& [length, count] : runs_) {
        if (length > 1 && count > most) {
            commonest = length;
            most = count;
        }
        all += count;
    }
    if (commonest == 0) return 0;
    for (const auto& [length, count] : runs_)
        if (length % commonest == 0) fit += count;
    return fit >= enough && 20 * fit >= 19 * all ? commonest : 0;
}

void still_loads::end() {
    if (now_.records > longest_.records && !are_all_or_none(kept_)) longest_ = now_;
    now_ = {};
}

still_loads::stretch still_loads::longest() const {
    constexpr std::size_t enough = 10;
    constexpr double chance = 1e-9;
    auto copy = *this;
    copy.end();
    const auto& found = copy.longest_;
    const auto others = static_cast<double>(records_ - found.records + 1);
    const double share = static_cast<double>(alike_ - found.records + 1) / others;
    const bool is_more =
        found.records >= enough && std::pow(share, static_cast<double>(found.records)) < chance;
    return is_more ? found : stretch();
}

}  // namespace moebius
