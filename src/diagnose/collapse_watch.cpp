// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/diagnose/collapse_watch.hpp>

namespace moebius {
namespace {

int rank_of(warning_kind kind) {
    constexpr int ranks[] = {0, 3, 1, 2, 4, 4, 5};  // in the order of warning_kind
    return ranks[static_cast<std::size_t>(kind)];
}

}  // namespace

collapse_watch::collapse_watch(std::size_t experts, const warning_limits& limits)
    : blocks_(experts), limits_(limits) {}

void collapse_watch::take(std::span<const double> shares, double tokens, double top_k) {
    const std::size_t ended = blocks_.take(shares);
    for (std::size_t which = 0; which < ended; ++which) judge(which, tokens, top_k);
}

bool collapse_watch::grows(const block_growth& growth, const block_window& window) const {
    if (!growth.away || growth.jumped) return false;
    if (growth.t >= limits_.clear_t) return true;
    const bool lone = window.length > block_scales::shortest &&
                      blocks_.experts() >= limits_.lone_experts && growth.t >= limits_.lone_t &&
                      growth.share >= limits_.lone_share;
    return lone ||
           (growth.t >= limits_.growth_t && second_direction(window) <= limits_.growth_second);
}

bool collapse_watch::swells(double swing) {
    const bool more_than_ever = swelling_.most > 0 && swing >= swelling_.most;
    swelling_.most = std::max(swelling_.most, swing);
    swelling_.stands = swing >= limits_.swell && (swelling_.stands || more_than_ever);
    return swelling_.stands;
}

/// Where the noise of a step is that of its tokens alone. Of more tokens than at first it is less,
/// and what scatters beyond it as before is more times as much.
void collapse_watch::judge_independent(std::size_t which, const block_window& window,
                                       double tokens) {
    if (first_tokens_ == 0) first_tokens_ = tokens;
    const double fewer = std::min(first_tokens_ / tokens, 1.0);
    const auto as_at_first = [fewer](double scatter) { return 1 + (scatter - 1) * fewer; };
    auto& at = at_[which];
    if (window.length == limits_.swell_block && rested_.value_or(false)) {
        at.swelling = as_at_first(slow_swing(window, limits_.half));
        if (at.swelling >= limits_.swell)
            if (const double left =
                    as_at_first(slow_swing(without_jump(window).rest, limits_.half));
                left < limits_.swell_but_jump)
                at.swelling = left;
        if (swells(at.swelling)) at.kind = warning_kind::swelling;
    }
    const double gain = as_at_first(swing_gain(window));
    calmest_[which].take(gain, blocks_.steps());
    const double calmest = calmest_[which].least();
    if (calmest <= limits_.calm && gain >= limits_.swing && gain >= limits_.change * calmest)
        at.kind = warning_kind::swinging;
}

void collapse_watch::judge_course(const steady_course& course, warning_kind kind,
                                  warning& at) const {
    constexpr double soon = block_window::blocks / 2.0;
    if (is_steady(at.kind) && at.course.left <= course.left) return;
    if (course.t < limits_.steady_t || course.kept < limits_.steady_kept || course.left > soon)
        return;
    at.kind = kind;
    at.course = course;
}

/// Of the shortest blocks, and where a log begins, gates that begin to learn rise as fast.
void collapse_watch::judge_courses(std::size_t which, const block_window& window, double top_k) {
    auto& at = at_[which];
    if (which == 0 || blocks_.steps() < at.block * block_window::blocks + limits_.begins) return;
    const auto experts = blocks_.experts();
    const double even = 1 / static_cast<double>(experts);
    const double level = even * std::pow(least_lead(experts, top_k) / even, limits_.rise_from);
    if (blocks_.leading_share(which) >= level)
        judge_course(rise_of(blocks_.leader(which), experts, top_k), warning_kind::rising, at);
    const auto half = half_of(experts);
    const double least = static_cast<double>(half) * even * std::pow(idle_share, limits_.fall_from);
    // the other half has the rest: the least sum of squares that leaves the half so little
    const double others = 1 / even - static_cast<double>(half);
    if (experts < limits_.fewest_experts ||
        window.products(block_window::blocks - 1, block_window::blocks - 1) + even <
            (1 - least) * (1 - least) / others)
        return;
    const auto starved = blocks_.least(which, half);
    if (starved.tail<2>().mean() <= least)
        judge_course(fall_of(starved, experts), warning_kind::starving, at);
}

/// Every fifth block: a line is that of the whole window, and dearer than what else is asked.
void collapse_watch::judge_line(std::size_t which, const block_window& window) {
    auto& seen = lines_[which];
    auto& at = at_[which];
    if (blocks_.steps() / window.length % 5 == 0) seen.take(window, limits_, blocks_.steps());
    at.line = seen.last;
    at.line_grew = seen.grew;
    const bool warns = at.line.size >= limits_.large_line || at.line_grew >= limits_.line_growth ||
                       at.line.t >= limits_.swing_t;
    if (at.line.size > 0 && warns) at.kind = warning_kind::periodic;
}

void collapse_watch::seen_line::take(const block_window& window, const warning_limits& limits,
                                     std::size_t step) {
    last = {};
    grew = 1;
    const bool beyond_noise = block_variance(window) * static_cast<double>(window.length) >=
                              limits.line_gain * window.step_variance;
    if (!beyond_noise) return;
    const auto line = line_in(window);
    if (!(line.share >= limits.line || line.t >= limits.swing_t)) return;
    last = line;
    if (least == 0 || line.size < least) {
        least = line.size;
        least_at = step;
    }
    if (step >= least_at + window.length * block_window::blocks) grew = line.size / least;
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
    if (independent) judge_independent(which, *window, tokens);
    if (moves_away(*window)) at.growth = growth_in(*window);
    if (grows(at.growth, *window)) at.kind = warning_kind::growing;
    judge_courses(which, *window, top_k);
    judge_line(which, *window);
    if (at.kind == warning_kind::none) return;
    at.growth = growth_in(*window);
    at.swing = swing_in(*window);
    if (!first_) first_ = at;
    if (!first_growth_ && runs_away(at.kind)) first_growth_ = at;
}

std::optional<warning> collapse_watch::slowest() const {
    for (std::size_t which = block_scales::lengths; which-- > 0;)
        if (const auto* window = blocks_.window(which)) {
            auto out = at_[which];
            if (!grown_[which]) grown_[which] = growth_in(*window);
            out.growth = *grown_[which];
            out.spread = block_spread(*window);
            const auto jump = without_jump(*window);
            out.settled = block_spread(jump.rest);
            out.jumped_ago = jump.ago;
            find_movement(out);
            return out;
        }
    return std::nullopt;
}

void collapse_watch::find_movement(warning& out) const {
    for (std::size_t which = 0; which < block_scales::lengths; ++which) {
        const auto* window = blocks_.window(which);
        if (window == nullptr) continue;
        const bool is_noise = window->length < out.block && block_spread(*window) < limits_.swing;
        const double moved = is_noise ? 0 : block_movement(*window);
        if (moved < out.moved) continue;
        out.moved = moved;
        out.moved_block = window->length;
    }
}

std::optional<warning> collapse_watch::swing() const {
    const auto largest = std::max_element(
        at_.begin(), at_.end(),
        [](const warning& a, const warning& b) { return a.line.size < b.line.size; });
    return largest->line.size > 0 ? std::optional(*largest) : std::nullopt;
}

warning collapse_watch::now() const {
    warning out;
    const auto worse = [&](const warning& at) {
        if (at.kind == warning_kind::growing && out.kind == warning_kind::growing)
            return at.growth.t > out.growth.t;
        if (at.kind == warning_kind::periodic && out.kind == warning_kind::periodic)
            return at.line.share > out.line.share;
        return rank_of(at.kind) > rank_of(out.kind);
    };
    for (const auto& at : at_)
        if (worse(at)) out = at;
    return out;
}

}  // namespace moebius
