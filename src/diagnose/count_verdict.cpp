// SPDX-License-Identifier: MIT
#include "count_verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/compare/chi_square.hpp>

namespace moebius {
namespace {

constexpr double interval_90 = 1.6448536269514722;

std::string words_of(const block_growth& growth, std::size_t block, std::string_view unit) {
    return fmt::format(
        "from block to block of {} {} a deviation is multiplied by {:.3f} ({:.3f} "
        "to {:.3f})",
        block, unit, growth.multiplier, growth.multiplier - interval_90 * growth.error,
        growth.multiplier + interval_90 * growth.error);
}

/// Whether block means scatter more than those of independent steps, at a level for all layers of
/// the log. One window of 18 of these does not come back to its means either, whatever its scatter.
bool scatters(const warning& slow, const log_head& head) {
    constexpr double level = 0.05;
    const std::size_t freedom = (block_window::blocks - 1) * (head.experts - 1);
    return chi_square_p(slow.spread * static_cast<double>(freedom), freedom) <
           level / static_cast<double>(std::max<std::size_t>(head.layers.size(), 1));
}

/// Experts that have less than a tenth of an even share.
std::ptrdiff_t idle_of(const Eigen::VectorXd& loads) {
    return (loads.array() < 0.1 / static_cast<double>(loads.size())).count();
}

std::string idle_words(std::ptrdiff_t idle, std::ptrdiff_t experts) {
    return fmt::format("{} of {} experts {} less than a tenth of an even share", idle, experts,
                       idle == 1 ? "has" : "have");
}

}  // namespace

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
    const double most = 1 / top_k, even = 1 / static_cast<double>(loads.size());
    return loads.maxCoeff() > (2 * even < most ? most / 2 : (most + even) / 2);
}

bool leads_in_turn(const block_scales& blocks, double top_k) {
    constexpr int enough_led = 15, enough_turns = 3;
    if (blocks.steps() < block_scales::shortest * block_window::blocks) return false;
    int led = 0, turns = 0;
    Eigen::Index leader = -1;
    for (std::size_t back = 0; back < block_window::blocks; ++back) {
        const Eigen::VectorXd loads = blocks.block(back);
        if (!one_leads(loads, top_k)) continue;
        Eigen::Index first = 0;
        const double most = loads.maxCoeff(&first);
        turns += leader >= 0 && loads[leader] < most / 2 ? 1 : 0;
        leader = first;
        ++led;
    }
    return led >= enough_led && turns >= enough_turns;
}

void judge_turns(const block_scales& blocks, double top_k, std::string_view unit,
                 layer_diagnosis& out) {
    if (out.verdict == load_verdict::collapsed || !leads_in_turn(blocks, top_k)) return;
    out.verdict = load_verdict::oscillating;
    out.reason = fmt::format(
        "experts win in turn: in most of the last {} times {} {} one has more than half of what it "
        "can have, and not always the same",
        block_window::blocks, block_scales::shortest, unit);
    out.steps_left.reset();
}

void judge_collapse(const Eigen::VectorXd& loads, double top_k, layer_diagnosis& out) {
    if (auto rule = collapse_of(loads, top_k); !rule.empty()) {
        out.verdict = load_verdict::collapsed;
        out.reason = std::move(rule);
        out.steps_left.reset();
    } else if ((out.verdict == load_verdict::safe || out.verdict == load_verdict::drifting) &&
               one_leads(loads, top_k)) {
        out.verdict = load_verdict::cannot_tell;
        out.reason += fmt::format(
            "; one expert has {:.3g} of all choices, and a state that has collapsed moves about "
            "its means, too",
            loads.maxCoeff());
    }
}

void judge_idle(const Eigen::VectorXd& loads, layer_diagnosis& out) {
    const auto idle = idle_of(loads);
    if (idle == 0 || out.verdict == load_verdict::collapsed) return;
    if (out.verdict == load_verdict::safe) out.verdict = load_verdict::cannot_tell;
    out.reason += "; " + idle_words(idle, loads.size());
}

void judge_warning(const warning& now, std::string_view unit, layer_diagnosis& out) {
    if (now.kind == warning_kind::growing) {
        out.verdict = load_verdict::losing_balance;
        out.reason = words_of(now.growth, now.block, unit) + ", away from equal loads";
    } else if (now.kind == warning_kind::swelling) {
        out.verdict = load_verdict::drifting;
        out.reason = fmt::format(
            "from {0} {2} to the next {0} loads change {1:.1f} times as much as independent "
            "tokens make them, and nothing says that they run away: a loop that stands, held near "
            "its loss of balance, swings so, and so does one that comes nearer to it; counts "
            "cannot tell them apart",
            now.block * warning_limits::half, now.swelling, unit);
    } else {
        out.verdict =
            now.swing.lag < -0.2 ? load_verdict::oscillating : load_verdict::losing_balance;
        out.reason = fmt::format(
            "means of {} {} scatter {:.1f} times as much as independent "
            "tokens make them, and did not before",
            now.block, unit, now.swing.gain);
    }
}

void judge_rest(std::size_t rows, const std::optional<warning>& slow, std::string_view unit,
                const log_head& head, layer_diagnosis& out) {
    if (rows < enough_steps || !slow) {
        out.reason = fmt::format("{} {} came; {} are needed", rows, unit, enough_steps);
        return;
    }
    if (slow->spread == 0) {
        out.reason = fmt::format("loads are the same in each of the last {} {}",
                                 slow->block * block_window::blocks, unit);
        return;
    }
    const bool returns = slow->growth.t < -3;  // a random walk does so in one window of 20
    const bool moves = !returns && scatters(*slow, head);
    out.verdict = moves ? load_verdict::drifting : load_verdict::safe;
    out.reason = moves     ? "loads move and do not run away: "
                 : returns ? "loads come back to their means: "
                           : "loads move no more than independent steps do: ";
    out.reason += words_of(slow->growth, slow->block, unit);
    if (!returns)
        out.reason += fmt::format("; means of {} scatter {:.3g} times as much as those of them",
                                  slow->block, slow->spread);
}

void note_choices(const step_choices& choices, bool told, layer_diagnosis& out) {
    if (choices.guessed() && !told)
        out.notes.push_back(fmt::format(
            "a step is taken to have {:.0f} choices, the least number that makes all its shares "
            "whole; --tokens would tell",
            choices.now()));
    if (choices.now() > 0 || told) return;
    out.notes.push_back(fmt::format(
        "cannot tell swings from the noise of tokens: {}, and how many tokens a step has "
        "(--tokens) is not known; a deviation that feeds itself is looked for alone",
        choices.padded() ? "loads are multiples of a number by which experts are filled up"
                         : "loads are no counts"));
}

std::optional<double> rows_left(const warning& now, const Eigen::VectorXd& loads, double top_k) {
    const double most = 1 / top_k, top = loads.maxCoeff();
    const double even = 1 / static_cast<double>(loads.size());
    if (now.kind != warning_kind::growing || !(top > even) || top >= most / 2) return std::nullopt;
    return std::log((most / 2 - even) / (top - even)) / std::log(now.growth.multiplier) *
           static_cast<double>(now.block);
}

margin growth_margin(const warning& now, const warning& slow, std::string_view unit) {
    const warning& shown = now.kind == warning_kind::growing ? now : slow;
    const double m = std::abs(shown.growth.multiplier), error = interval_90 * shown.growth.error;
    return {
        1 - m, 1 - m - error, std::min(1 - m + error, 1.0),
        fmt::format("1, by the size of the multiplier of deviations from block to block of {} {}",
                    shown.block, unit)};
}

}  // namespace moebius
