// SPDX-License-Identifier: MIT
#include <moebius/diagnose/collapse_watch.hpp>

namespace moebius {

collapse_watch::collapse_watch(std::size_t experts, const warning_limits& limits)
    : blocks_(experts), limits_(limits) {
    calmest_.fill(std::numeric_limits<double>::infinity());
}

void collapse_watch::take(std::span<const double> shares, double tokens, double top_k) {
    const std::size_t ended = blocks_.take(shares);
    for (std::size_t which = 0; which < ended; ++which) judge(which, tokens, top_k);
}

void collapse_watch::judge(std::size_t which, double tokens, double top_k) {
    const auto window = blocks_.window(which);
    if (!window) return;
    auto& at = at_[which];
    at = {warning_kind::none, window->length, {}, {}, blocks_.steps()};
    if (over_dispersion(*window, tokens, top_k) <= limits_.independence) {
        const double gain = swing_gain(*window);
        calmest_[which] = std::min(calmest_[which], gain);
        if (calmest_[which] <= limits_.calm && gain >= limits_.swing)
            at.kind = warning_kind::swinging;
    }
    if (moves_away(*window)) at.growth = growth_in(*window);
    if (at.growth.away && at.growth.t >= limits_.growth_t) at.kind = warning_kind::growing;
    if (at.kind == warning_kind::none) return;
    at.growth = growth_in(*window);
    at.swing = swing_in(*window);
    if (!first_) first_ = at;
}

std::optional<warning> collapse_watch::slowest() const {
    for (std::size_t which = block_scales::lengths; which-- > 0;)
        if (const auto window = blocks_.window(which)) {
            auto out = at_[which];
            out.growth = growth_in(*window);
            out.swing = swing_in(*window);
            return out;
        }
    return std::nullopt;
}

warning collapse_watch::now() const {
    warning out;
    for (const auto& at : at_)
        if (at.kind == warning_kind::growing
                ? out.kind != warning_kind::growing || at.growth.t > out.growth.t
                : at.kind == warning_kind::swinging && out.kind == warning_kind::none)
            out = at;
    return out;
}

}  // namespace moebius
