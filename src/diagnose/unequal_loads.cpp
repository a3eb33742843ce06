// SPDX-License-Identifier: MIT
#include "unequal_loads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/diagnose/block_signs.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/logs/token_noise.hpp>
#include <utility>

#include "count_verdict.hpp"
#include "loads_in_turn.hpp"

namespace moebius {
namespace {

void add_reason(const std::string& reason, layer_diagnosis& out) {
    out.reason += (out.reason.empty() ? "" : "; ") + reason;
}

bool enough_choices(const loads_now& at, std::size_t rows) {
    return tell_idle(at.tokens * at.top_k * static_cast<double>(rows), at.blocks.experts());
}

loads_now::span_of_rows span_of(std::size_t rows, Eigen::VectorXd mean, double top_k,
                                const collapsed_state& known) {
    auto rule = collapse_of(mean, top_k, known);
    const bool led = one_leads(mean, top_k);
    return {rows, std::move(mean), std::move(rule), led};
}

/// Whether loads were as a collapsed router has them, came back, and are so again: of the last 20
/// of the shortest blocks. A swing does so.
bool collapses_again(const loads_now& at) {
    const auto blocks =
        std::min<std::size_t>(at.blocks.steps() / block_scales::shortest, block_window::blocks);
    bool came_back = false;
    for (std::size_t back = 0; back < blocks; ++back) {
        const bool lost = !collapse_of(at.blocks.block(back), at.top_k, at.known).empty();
        if (lost && came_back) return true;
        came_back = came_back || !lost;
    }
    return false;
}

/// Of the two spans, that in which one expert has more.
const loads_now::span_of_rows& more_uneven(const loads_now& at) {
    return at.latest.mean.maxCoeff() > at.longer.mean.maxCoeff() ? at.latest : at.longer;
}

/// Whether experts win in turn, or loads collapse and come back.
bool judge_turns(const loads_now& at, layer_diagnosis& out) {
    if (at.winners.times == 0 && at.collapses.times == 0) return false;
    out.verdict = load_verdict::oscillating;
    out.reason =
        at.winners.times > 0
            ? fmt::format(
                  "experts win in turn: in most of the last {} times {} {} one has more than {}, "
                  "and not always the same",
                  block_window::blocks, at.winners.length, at.unit,
                  lead_words(at.blocks.experts(), at.top_k))
            : fmt::format("loads collapse and come back: {} times in the last {} {}",
                          at.collapses.times, block_window::blocks * at.collapses.length, at.unit);
    out.steps_left.reset();
    return true;
}

}  // namespace

collapsed_state collapsed_state_of(const log_head& head, double fold) {
    const told_rule rule(head);
    const double K = rule.K();
    const bool alone = head.balancer != "sign" && head.balancer != "integral";
    if (!alone || rule.top_k != 1 || !is_softmax(head) || !(K >= fold) || unfit_rule(head))
        return {};
    return {K, exact::branch_states({head.experts, 1}, K).back().loads[0]};
}

loads_now loads_of(const recent_steps& steps, const block_scales& blocks, double top_k,
                   double tokens, std::string_view unit, const collapsed_state& known) {
    loads_now out{steps, blocks, top_k, tokens, unit, known, {}, {}, {}, {}, 0};
    const auto last = std::min(blocks.steps(), block_scales::shortest * block_window::blocks);
    out.longer = span_of(last, blocks.recent(), top_k, known);
    if (!(tokens > 0) || enough_choices(out, last)) out.idle = idle_of(out.longer.mean);
    if (!out.judged()) return out;
    constexpr std::size_t shortest = 20;
    const auto rows =
        std::min(enough_choices(out, shortest) ? shortest : recent_steps::most, steps.size());
    out.latest = span_of(rows, steps.mean(rows), top_k, known);
    out.winners = led_in_turn_of(out);
    out.collapses = collapses_of(out);
    return out;
}

double loads_now::noise_of(double squares) const {
    return tokens > 0 ? token_noise(squares, top_k, tokens) / static_cast<double>(blocks.experts())
                      : 0;
}

inequality inequality_of(const loads_now& at) {
    if (!at.judged()) return inequality::none;
    if (!at.latest.collapse.empty() || !at.longer.collapse.empty() || at.winners.times > 0 ||
        at.collapses.times > 0)
        return inequality::lost;
    return at.latest.led || at.longer.led ? inequality::led : inequality::none;
}

bool unequal_experts(const loads_now& at) {
    return inequality_of(at) != inequality::none || at.idle > 0;
}

bool one_stands_apart(const loads_now& at) {
    return at.judged() && stands_apart(more_uneven(at).mean, at.top_k);
}

void judge_collapse(const loads_now& at, layer_diagnosis& out) {
    if (!at.judged()) return;
    const auto collapse = [&](const loads_now::span_of_rows& of) {
        out.verdict = load_verdict::collapsed;
        out.reason = fmt::format("in the last {} {} {}", of.rows, at.unit, of.collapse);
        out.steps_left.reset();
    };
    const auto &latest = at.latest, &longer = at.longer;
    const bool in_turn = judge_turns(at, out);
    if (!in_turn && !longer.collapse.empty() && (!latest.collapse.empty() || latest.led))
        return collapse(longer);
    const bool swings = out.verdict == load_verdict::oscillating && collapses_again(at);
    if (!latest.collapse.empty() && !in_turn && !swings) collapse(latest);
    const auto& uneven = more_uneven(at);
    if (!stands_apart(uneven.mean, at.top_k) || out.verdict > load_verdict::drifting) return;
    out.verdict = load_verdict::drifting;
    const double most = uneven.mean.maxCoeff();
    add_reason(
        fmt::format("one expert has {:.3g} of all choices of the last {} {}, {:.3g} times "
                    "an even share, and loads that have left balance move about their "
                    "means, too",
                    most, uneven.rows, at.unit, most * static_cast<double>(uneven.mean.size())),
        out);
}

void judge_rows(const loads_now& at, layer_diagnosis& out) {
    constexpr double large = 0.5, beyond_tokens = 20;  // even shares; of variances
    if (!at.judged() || out.verdict >= load_verdict::oscillating) return;
    const auto noise_of = [&](std::size_t rows) {
        const auto n = static_cast<double>(at.blocks.experts());
        return at.noise_of(at.steps.mean(rows).squaredNorm()) * n * n;
    };
    double size = 0;
    std::size_t rows = 0;
    for (const std::size_t length : short_blocks) {
        if (at.steps.size() < length * block_window::blocks) break;
        rows = length * block_window::blocks;
        if (at.steps.largest_swing(length) < large) continue;
        const auto line = line_in(at.steps.window(length));
        if (length == 1) size = line.size;
        if (line.size < large || line.share < warning_limits{}.line ||
            line.size * line.size * static_cast<double>(length) < beyond_tokens * noise_of(rows))
            continue;
        out.verdict = load_verdict::oscillating;
        out.reason = swing_words(line, at.unit);
        return;
    }
    if (out.verdict != load_verdict::safe || size < large) return;
    const double noise = noise_of(rows);
    if (size * size < beyond_tokens * noise) return;
    out.verdict = load_verdict::drifting;
    out.reason += fmt::format(
        "; in each of the last {} {} loads are off their means by {:.2g} of an even "
        "share (root mean square){}",
        block_window::blocks, at.unit, size,
        noise > 0 ? fmt::format(", and tokens make {:.2g} of it", std::sqrt(noise)) : "");
}

void judge_idle(const loads_now& at, layer_diagnosis& out) {
    if (!at.judged()) return;
    if (at.idle == 0 || out.verdict == load_verdict::collapsed) return;
    out.verdict = std::max(out.verdict, load_verdict::drifting);
    add_reason(idle_words(at.idle, static_cast<std::ptrdiff_t>(at.blocks.experts())), out);
}

}  // namespace moebius
