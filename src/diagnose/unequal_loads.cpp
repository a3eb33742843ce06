// SPDX-License-Identifier: MIT
#include "unequal_loads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/diagnose/block_signs.hpp>
#include <moebius/diagnose/rising_expert.hpp>

#include "count_verdict.hpp"

namespace moebius {
namespace {

/// Lengths of blocks of rows that longer ones blur, and of which the last rows hold 20.
constexpr std::size_t short_blocks[] = {1, 2, 4};

/// Experts that have less than a tenth of an even share.
std::ptrdiff_t idle_of(const Eigen::VectorXd& loads) {
    return (loads.array() < 0.1 / static_cast<double>(loads.size())).count();
}

std::string idle_words(std::ptrdiff_t idle, std::ptrdiff_t experts) {
    return fmt::format("{} of {} experts {} less than a tenth of an even share", idle, experts,
                       idle == 1 ? "has" : "have");
}

/// Loads as a collapsed router has them: few experts get nearly all, by exp(entropy), which is k
/// for a router of k choices that always takes the same, or half of them have less than a tenth of
/// an even share. The rule that says so; empty where none does.
std::string collapse_of(const Eigen::VectorXd& loads, double top_k) {
    double entropy = 0;
    for (const double p : loads)
        if (p > 0) entropy -= p * std::log(p);
    const auto n = static_cast<double>(loads.size());
    const auto idle = idle_of(loads);
    const double spread = std::exp(entropy), least = top_k + (n - top_k) / 4;
    if (spread < least)
        return fmt::format(
            "one expert has {:.3g} times its even share, and loads are spread over {:.3g} of {} "
            "experts, exp(entropy), which is below {:.3g}",
            loads.maxCoeff() * n, spread, n, least);
    return 2 * idle < loads.size() ? std::string() : idle_words(idle, loads.size());
}

bool one_leads(const Eigen::VectorXd& loads, double top_k) {
    return loads.maxCoeff() > half_of_most(static_cast<std::size_t>(loads.size()), top_k);
}

void add_reason(const std::string& reason, layer_diagnosis& out) {
    out.reason += (out.reason.empty() ? "" : "; ") + reason;
}

/// Variance of a load of one row that its tokens make.
double token_noise(const loads_now& at, const Eigen::VectorXd& mean) {
    return at.tokens > 0 ? (1 / at.top_k - mean.squaredNorm()) /
                               (at.tokens * static_cast<double>(mean.size()))
                         : 0;
}

/// In 15 of 20 blocks one expert leads, and at least three times another that has taken the lead's
/// loads. The mean over them may be even.
bool led_in_turn(const Eigen::MatrixXd& blocks, double top_k) {
    constexpr int enough_led = 15, enough_turns = 3;
    int led = 0, turns = 0;
    Eigen::Index leader = -1;
    for (const auto& loads : blocks.colwise()) {
        if (!one_leads(loads, top_k)) continue;
        Eigen::Index first = 0;
        const double most = loads.maxCoeff(&first);
        turns += leader >= 0 && loads[leader] < most / 2 ? 1 : 0;
        leader = first;
        ++led;
    }
    return led >= enough_led && turns >= enough_turns;
}

/// Rows of the shortest blocks in which experts win in turn; 0: they do not. Few tokens have a
/// leader by chance.
std::size_t turning_blocks(const loads_now& at) {
    constexpr std::size_t longest = block_scales::shortest;
    const auto experts = static_cast<double>(at.blocks.recent().size());
    const double apart = half_of_most(at.blocks.experts(), at.top_k) - 1 / experts;
    const double noise =
        token_noise(at, Eigen::VectorXd::Constant(Eigen::Index(experts), 1 / experts));
    for (const std::size_t length : short_blocks)
        if (at.steps.size() >= length * block_window::blocks && noise > 0 &&
            apart * apart > 16 * noise / static_cast<double>(length) &&
            led_in_turn(at.steps.blocks(length), at.top_k))
            return length;
    if (at.blocks.steps() < longest * block_window::blocks) return 0;
    Eigen::MatrixXd long_ones(Eigen::Index(experts), block_window::blocks);
    for (std::size_t back = 0; back < block_window::blocks; ++back)
        long_ones.col(static_cast<Eigen::Index>(block_window::blocks - 1 - back)) =
            at.blocks.block(back);
    return led_in_turn(long_ones, at.top_k) ? longest : 0;
}

/// Whether so many rows have choices enough to tell which experts have none: 50 an expert.
bool enough_choices(const loads_now& at, std::size_t rows) {
    constexpr double an_expert = 50;
    return at.tokens * at.top_k * static_cast<double>(rows) >=
           an_expert * static_cast<double>(at.blocks.experts());
}

/// The last rows that have choices enough to judge a collapse by.
std::size_t latest_rows(const loads_now& at) {
    constexpr std::size_t shortest = 20;
    return std::min(enough_choices(at, shortest) ? shortest : recent_steps::most, at.steps.size());
}

/// Experts with next to nothing in the last 200 rows; 0 where tokens are known and too few to tell.
std::ptrdiff_t idle_now(const loads_now& at) {
    const auto rows = std::min(at.blocks.steps(), block_scales::shortest * block_window::blocks);
    return at.tokens > 0 && !enough_choices(at, rows) ? 0 : idle_of(at.blocks.recent());
}

/// Whether loads were as a collapsed router has them, came back, and are so again: of the last 20
/// of the shortest blocks. A swing does so.
bool collapses_again(const loads_now& at) {
    const auto blocks =
        std::min<std::size_t>(at.blocks.steps() / block_scales::shortest, block_window::blocks);
    bool came_back = false;
    for (std::size_t back = 0; back < blocks; ++back) {
        const bool lost = !collapse_of(at.blocks.block(back), at.top_k).empty();
        if (lost && came_back) return true;
        came_back = came_back || !lost;
    }
    return false;
}

/// Whether experts win in turn.
bool judge_turns(const loads_now& at, layer_diagnosis& out) {
    const auto length = turning_blocks(at);
    if (length == 0) return false;
    out.verdict = load_verdict::oscillating;
    out.reason = fmt::format(
        "experts win in turn: in most of the last {} times {} {} one has more than half of what it "
        "can have, and not always the same",
        block_window::blocks, length, at.unit);
    out.steps_left.reset();
    return true;
}

}  // namespace

inequality inequality_of(const loads_now& at) {
    if (at.blocks.steps() < fewest_judged) return inequality::none;
    const auto latest = at.steps.mean(latest_rows(at)), longer = at.blocks.recent();
    const auto lost = [&](const Eigen::VectorXd& loads) {
        return !collapse_of(loads, at.top_k).empty();
    };
    if (lost(latest) || lost(longer) || turning_blocks(at) > 0) return inequality::lost;
    const bool led = one_leads(latest, at.top_k) || one_leads(longer, at.top_k);
    return led ? inequality::led : inequality::none;
}

bool unequal_experts(const loads_now& at) {
    return inequality_of(at) != inequality::none || idle_now(at) > 0;
}

void judge_collapse(const loads_now& at, layer_diagnosis& out) {
    if (at.blocks.steps() < fewest_judged) return;
    const auto rows = latest_rows(at);
    const auto latest = at.steps.mean(rows), longer = at.blocks.recent();
    const auto now = collapse_of(latest, at.top_k), before = collapse_of(longer, at.top_k);
    const auto last_rows =
        std::min(at.blocks.steps(), block_scales::shortest * block_window::blocks);
    if (!before.empty() && (!now.empty() || one_leads(latest, at.top_k))) {
        out.verdict = load_verdict::collapsed;
        out.reason = fmt::format("in the last {} {} {}", last_rows, at.unit, before);
        out.steps_left.reset();
        return;
    }
    const bool in_turn = judge_turns(at, out);
    const bool swings = out.verdict == load_verdict::oscillating && collapses_again(at);
    if (!now.empty() && !in_turn && !swings) {
        out.verdict = load_verdict::collapsed;
        out.reason = fmt::format("in the last {} {} {}", rows, at.unit, now);
        out.steps_left.reset();
    }
    const bool leads = one_leads(latest, at.top_k) || one_leads(longer, at.top_k);
    if (!leads || out.verdict > load_verdict::drifting) return;
    const bool at_last = latest.maxCoeff() > longer.maxCoeff();
    out.verdict = load_verdict::drifting;
    add_reason(fmt::format("one expert has {:.3g} of all choices of the last {} {}, and a state "
                           "that has collapsed "
                           "moves about its means, too",
                           std::max(latest.maxCoeff(), longer.maxCoeff()),
                           at_last ? rows : last_rows, at.unit),
               out);
}

void judge_rows(const loads_now& at, layer_diagnosis& out) {
    constexpr double large = 0.5, beyond_tokens = 20;  // even shares; of variances
    if (at.blocks.steps() < fewest_judged || out.verdict >= load_verdict::oscillating) return;
    double size = 0, noise = 0;
    for (const std::size_t length : short_blocks) {
        const auto rows = length * block_window::blocks;
        if (at.steps.size() < rows) break;
        const auto mean = at.steps.mean(rows);
        const auto line = line_in(at.steps.window(length));
        noise = token_noise(at, mean) * static_cast<double>(mean.size() * mean.size());
        if (length == 1) size = line.size;
        if (line.size < large || line.share < warning_limits{}.line ||
            line.size * line.size * static_cast<double>(length) < beyond_tokens * noise)
            continue;
        out.verdict = load_verdict::oscillating;
        out.reason = swing_words(line, at.unit);
        return;
    }
    if (out.verdict != load_verdict::safe || size < large || size * size < beyond_tokens * noise)
        return;
    out.verdict = load_verdict::drifting;
    out.reason += fmt::format(
        "; in each of the last {} {} loads are off their means by {:.2g} of an even "
        "share (root mean square){}",
        block_window::blocks, at.unit, size,
        noise > 0 ? fmt::format(", and tokens make {:.2g} of it", std::sqrt(noise)) : "");
}

void judge_idle(const loads_now& at, layer_diagnosis& out) {
    if (at.blocks.steps() < fewest_judged) return;
    const auto idle = idle_now(at);
    if (idle == 0 || out.verdict == load_verdict::collapsed) return;
    if (out.verdict <= load_verdict::safe) out.verdict = load_verdict::drifting;
    add_reason(idle_words(idle, static_cast<std::ptrdiff_t>(at.blocks.experts())), out);
}

}  // namespace moebius
