// SPDX-License-Identifier: MIT
#include "unequal_loads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/diagnose/block_signs.hpp>
#include <moebius/diagnose/steady_course.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/logs/token_noise.hpp>
#include <utility>

#include "count_verdict.hpp"

namespace moebius {
namespace {

/// Lengths of blocks of rows that longer ones blur, and of which the last rows hold 20.
constexpr std::size_t short_blocks[] = {1, 2, 4};

std::ptrdiff_t idle_of(const Eigen::VectorXd& loads) {
    return (loads.array() < idle_share / static_cast<double>(loads.size())).count();
}

std::string idle_words(std::ptrdiff_t idle, std::ptrdiff_t experts) {
    return fmt::format("{} of {} experts {} less than a tenth of an even share", idle, experts,
                       idle == 1 ? "has" : "have");
}

/// exp(entropy), over how many experts loads are spread. It is at least 1 over the sum of squares.
double spread_of(const Eigen::VectorXd& loads) {
    double entropy = 0;
    for (const double p : loads)
        if (p > 0) entropy -= p * std::log(p);
    return std::exp(entropy);
}

/// Loads as a collapsed router has them: few experts get nearly all, by exp(entropy), which is k
/// for a router of k choices that always takes the same, or half of them have less than a tenth of
/// an even share. The rule that says so; empty where none does.
std::string collapse_of(const Eigen::VectorXd& loads, double top_k) {
    const auto n = static_cast<double>(loads.size());
    const auto idle = idle_of(loads);
    const double least = top_k + (n - top_k) / 4;
    constexpr double rounding = 1e-9;
    const bool wide = 1 / loads.squaredNorm() > (1 + rounding) * least;  // no logarithm is needed
    if (const double spread = wide ? n : spread_of(loads); spread < least)
        return fmt::format(
            "one expert has {:.3g} times its even share, and loads are spread over {:.3g} of {} "
            "experts, exp(entropy), which is below {:.3g}",
            loads.maxCoeff() * n, spread, n, least);
    return 2 * idle < loads.size() ? std::string() : idle_words(idle, loads.size());
}

bool one_leads(const Eigen::VectorXd& loads, double top_k) {
    return loads.maxCoeff() > half_of_most(static_cast<std::size_t>(loads.size()), top_k);
}

/// The rule of collapse_of, or that one expert has what the loop's collapsed state gives it.
std::string collapse_of(const Eigen::VectorXd& loads, double top_k, const collapsed_state& known) {
    constexpr double near = 0.9;  // a state near its fold wanders by some hundredths
    if (auto rule = collapse_of(loads, top_k); !rule.empty()) return rule;
    if (!(known.share > 0 && one_leads(loads, top_k) && loads.maxCoeff() > near * known.share))
        return {};
    return fmt::format(
        "one expert has {:.3g} of all choices, and {:.3g} in the collapsed state of "
        "feedback beta/decay = {:.4g}",
        loads.maxCoeff(), known.share, known.K);
}

void add_reason(const std::string& reason, layer_diagnosis& out) {
    out.reason += (out.reason.empty() ? "" : "; ") + reason;
}

/// Variance of a load of one row that its tokens make.
/// @param squares  sum of those of the mean loads
double load_noise(const loads_now& at, double squares) {
    return at.tokens > 0 ? token_noise(squares, at.top_k, at.tokens) /
                               static_cast<double>(at.blocks.experts())
                         : 0;
}

/// In 15 of 20 blocks one expert leads, and at least three times another that has taken the lead's
/// loads; the last for no more than half as long again as any before. The mean over them may be
/// even.
/// @param block_at    mean loads of one of them by how many come behind it
/// @param most_turns  of blocks that may be as long as a turn none are told apart
template <typename Block>
bool led_in_turn(const Block& block_at, double top_k, int most_turns = block_window::blocks) {
    constexpr int enough_led = 15, enough_turns = 3;
    int led = 0, turns = 0, since = 0, longest = 0;  // blocks of this turn, and of one before it
    Eigen::Index leader = -1;
    for (int back = block_window::blocks; back-- > 0 && led + back + 1 >= enough_led;) {
        const Eigen::VectorXd loads = block_at(static_cast<std::size_t>(back));
        if (!one_leads(loads, top_k)) continue;
        Eigen::Index first = 0;
        const double most = loads.maxCoeff(&first);
        if (leader >= 0 && loads[leader] < most / 2) {
            ++turns;
            longest = std::max(longest, since);
            since = 0;
        }
        leader = first;
        ++led;
        ++since;
    }
    return led >= enough_led && turns >= enough_turns && turns <= most_turns &&
           2 * since <= 3 * longest;
}

/// loads_now::turning. Few tokens have a leader by chance.
std::size_t turning_blocks(const loads_now& at) {
    const auto experts = static_cast<double>(at.blocks.experts());
    const double apart = half_of_most(at.blocks.experts(), at.top_k) - 1 / experts;
    const double noise = load_noise(at, 1 / experts);
    for (const std::size_t length : short_blocks)
        if (at.steps.size() >= length * block_window::blocks && noise > 0 &&
            apart * apart > 16 * noise / static_cast<double>(length) &&
            led_in_turn([&](std::size_t back) { return at.steps.mean(length, back * length); },
                        at.top_k))
            return length;
    for (std::size_t which = 0; const auto* window = at.blocks.window(which); ++which)
        if (led_in_turn([&](std::size_t back) { return at.blocks.block(back, which); }, at.top_k,
                        which == 0 ? block_window::blocks : block_window::blocks / 2))
            return window->length;
    return 0;
}

/// Whether so many rows have choices enough to tell which experts have none: 50 an expert.
bool enough_choices(const loads_now& at, std::size_t rows) {
    constexpr double an_expert = 50;
    return at.tokens * at.top_k * static_cast<double>(rows) >=
           an_expert * static_cast<double>(at.blocks.experts());
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

/// Whether experts win in turn.
bool judge_turns(const loads_now& at, layer_diagnosis& out) {
    if (at.turning == 0) return false;
    out.verdict = load_verdict::oscillating;
    out.reason = fmt::format(
        "experts win in turn: in most of the last {} times {} {} one has more than {}, and not "
        "always the same",
        block_window::blocks, at.turning, at.unit, half_words(at.blocks.experts(), at.top_k));
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
    loads_now out{steps, blocks, top_k, tokens, unit, known, {}, {}, 0, 0};
    const auto last = std::min(blocks.steps(), block_scales::shortest * block_window::blocks);
    out.longer = span_of(last, blocks.recent(), top_k, known);
    if (!(tokens > 0) || enough_choices(out, last)) out.idle = idle_of(out.longer.mean);
    if (!out.judged()) return out;
    constexpr std::size_t shortest = 20;
    const auto rows =
        std::min(enough_choices(out, shortest) ? shortest : recent_steps::most, steps.size());
    out.latest = span_of(rows, steps.mean(rows), top_k, known);
    out.turning = turning_blocks(out);
    return out;
}

inequality inequality_of(const loads_now& at) {
    if (!at.judged()) return inequality::none;
    if (!at.latest.collapse.empty() || !at.longer.collapse.empty() || at.turning > 0)
        return inequality::lost;
    return at.latest.led || at.longer.led ? inequality::led : inequality::none;
}

bool unequal_experts(const loads_now& at) {
    return inequality_of(at) != inequality::none || at.idle > 0;
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
    if (!(latest.led || longer.led) || out.verdict > load_verdict::drifting) return;
    const auto& led = latest.mean.maxCoeff() > longer.mean.maxCoeff() ? latest : longer;
    out.verdict = load_verdict::drifting;
    add_reason(fmt::format("one expert has {:.3g} of all choices of the last {} {}, and a state "
                           "that has collapsed "
                           "moves about its means, too",
                           led.mean.maxCoeff(), led.rows, at.unit),
               out);
}

void judge_rows(const loads_now& at, layer_diagnosis& out) {
    constexpr double large = 0.5, beyond_tokens = 20;  // even shares; of variances
    if (!at.judged() || out.verdict >= load_verdict::oscillating) return;
    const auto noise_of = [&](std::size_t rows) {
        const auto n = static_cast<double>(at.blocks.experts());
        return load_noise(at, at.steps.mean(rows).squaredNorm()) * n * n;
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
