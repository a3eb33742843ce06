// SPDX-License-Identifier: MIT
#include <moebius/diagnose/collapse_watch.hpp>

namespace moebius {
namespace {

int rank_of(warning_kind kind) {
    constexpr int ranks[] = {0, 3, 1, 2};  // none, growing, swelling, swinging
    return ranks[static_cast<std::size_t>(kind)];
}

}  // namespace

collapse_watch::collapse_watch(std::size_t experts, const warning_limits& limits)
    : blocks_(experts), limits_(limits) {
    calmest_.fill(std::numeric_limits<double>::infinity());
}

void collapse_watch::take(std::span<const double> shares, double tokens, double top_k) {
    const std::size_t ended = blocks_.take(shares);
    for (std::size_t which = 0; which < ended; ++which) judge(which, tokens, top_k);
}

/// Where the noise of a step is that of its tokens alone.
void collapse_watch::judge_independent(std::size_t which, const block_window& window) {
    auto& at = at_[which];
    if (window.length == limits_.swell_block && rested_.value_or(false)) {
        at.swelling = slow_swing(window, limits_.half);
        if (at.swelling >= limits_.swell) at.kind = warning_kind::swelling;
    }
    const double gain = swing_gain(window);
    calmest_[which] = std::min(calmest_[which], gain);
    const double calmest = calmest_[which];
    if (calmest <= limits_.calm && gain >= limits_.swing && gain >= limits_.change * calmest)
        at.kind = warning_kind::swinging;
}

void collapse_watch::judge(std::size_t which, double tokens, double top_k) {
    const auto* window = blocks_.window(which);
    if (window == nullptr) return;
    grown_[which].reset();
    auto& at = at_[which];
    at = {};
    at.block = window->length;
    at.seen_at = blocks_.steps();
    const double noise = tokens > 0 ? over_dispersion(*window, tokens, top_k) : 0;
    const bool independent = noise <= limits_.independence && noise * limits_.independence >= 1;
    if (window->length == limits_.rest_block && !rested_)
        rested_ = independent && window->experts >= limits_.fewest_experts &&
                  slow_swing(*window, limits_.half) <= limits_.rest;
    if (independent) judge_independent(which, *window);
    if (moves_away(*window)) at.growth = growth_in(*window);
    if (at.growth.away && at.growth.t >= limits_.growth_t) at.kind = warning_kind::growing;
    if (at.kind == warning_kind::none) return;
    at.growth = growth_in(*window);
    at.swing = swing_in(*window);
    if (!first_) first_ = at;
    if (!first_growth_ && at.kind == warning_kind::growing) first_growth_ = at;
}

std::optional<warning> collapse_watch::slowest() const {
    for (std::size_t which = block_scales::lengths; which-- > 0;)
        if (const auto* window = blocks_.window(which)) {
            auto out = at_[which];
            if (!grown_[which]) grown_[which] = growth_in(*window);
            out.growth = *grown_[which];
            out.spread = block_spread(*window);
            return out;
        }
    return std::nullopt;
}

warning collapse_watch::now() const {
    warning out;
    const auto worse = [&](const warning& at) {
        if (at.kind == warning_kind::growing && out.kind == warning_kind::growing)
            return at.growth.t > out.growth.t;
        return rank_of(at.kind) > rank_of(out.kind);
    };
    for (const auto& at : at_)
        if (worse(at)) out = at;
    return out;
}

}  // namespace moebius
