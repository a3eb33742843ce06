// SPDX-License-Identifier: MIT
#include "count_verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/compare/chi_square.hpp>
#include <moebius/diagnose/drifting_level.hpp>

namespace moebius {
namespace {

std::string words_of(const block_growth& growth, std::size_t block, std::string_view unit) {
    return fmt::format(
        "from block to block of {} {} a deviation is multiplied by {:.3f} ({:.3f} "
        "to {:.3f})",
        block, unit, growth.multiplier, growth.multiplier - normal_90 * growth.error,
        growth.multiplier + normal_90 * growth.error);
}

/// How a swing that is a warning grows.
std::string growth_words(const warning& now) {
    const auto& line = now.line;
    if (line.t >= warning_limits{}.swing_t)
        return fmt::format(
            ", and they are multiplied by {:.3f} ({:.3f} to {:.3f}) from period to period",
            line.multiplier, line.multiplier - normal_90 * line.error,
            line.multiplier + normal_90 * line.error);
    if (now.line_grew >= warning_limits{}.line_growth)
        return fmt::format(", {:.2g} times as much as they did once", now.line_grew);
    return "; data that alternate make such swings, too";
}

/// Of loads that near a collapse at a steady pace.
std::string course_words(const warning& now, std::string_view unit, std::string_view lead) {
    const double left = now.course.left * static_cast<double>(now.block);
    const auto pace =
        fmt::format("at the pace of the last {} {}", now.block * block_window::blocks / 2, unit);
    if (now.kind == warning_kind::rising)
        return fmt::format(
            "one expert has {:.3g} of all choices and ever more: {} it has {} in {:.0f}; a gate "
            "that specialises does so until it levels off, which counts do not foretell",
            now.course.share, pace, lead, left);
    return fmt::format(
        "half of the experts have {:.3g} of all choices and ever less: {} they have a tenth of "
        "even shares in {:.0f}",
        now.course.share, pace, left);
}

/// Whether block means scatter more than those of independent steps, at a level for all layers of
/// the log. One window of 18 of these does not come back to its means either, whatever its scatter.
/// @param spread  block_spread
bool scatters(double spread, const log_head& head) {
    constexpr double level = 0.05;
    const std::size_t freedom = (block_window::blocks - 1) * (head.experts - 1);
    return chi_square_p(spread * static_cast<double>(freedom), freedom) <
           level / static_cast<double>(std::max<std::size_t>(head.layers.size(), 1));
}

/// Whether loads move by more than chance, and how.
void judge_motion(const warning& slow, std::string_view unit, const log_head& head,
                  layer_diagnosis& out) {
    const bool returns = slow.growth.t < returning_t;
    const double low = lower_end(slow.growth);
    const double high = slow.growth.multiplier + normal_90 * slow.growth.error;
    const bool swings = low < -1;
    const bool grows = low > 1;
    const bool moves =
        slow.moved >= far_moved || ((!returns || swings) && scatters(slow.spread, head));
    if (moves && jumped_once(slow, head)) {
        out.verdict = load_verdict::drifting;
        out.reason = fmt::format(
            "loads moved in one jump, about {:.0f} {} ago: before it and after it means of {} {} "
            "scatter as those of independent steps do",
            slow.jumped_ago, unit, slow.block, unit);
        return;
    }
    const bool turns = high < -1 && moves;
    out.verdict = turns   ? load_verdict::oscillating
                  : moves ? load_verdict::drifting
                          : load_verdict::safe;
    out.reason = turns     ? "loads swing to the other side by more and more: "
                 : grows   ? "loads move further from block to block, as walks do at times: "
                 : moves   ? "loads move and do not run away: "
                 : returns ? "loads come back to their means: "
                           : "loads move no more than independent steps do: ";
    out.reason += words_of(slow.growth, slow.block, unit);
    if (slow.moved >= far_moved)
        out.reason +=
            fmt::format("; means of {} are off by {:.2g} of an even share (root mean square)",
                        slow.moved_block, slow.moved);
    else if (!returns)
        out.reason += fmt::format(
            "; means of {} scatter {:.3g} times as much as those of independent steps{}",
            slow.block, slow.spread, moves ? "" : ", as they do by chance");
}

}  // namespace

double lower_end(const block_growth& growth) {
    return growth.multiplier - normal_90 * growth.error;
}

bool jumped_once(const warning& slow, const log_head& head) {
    constexpr double mostly = 4;  // in no log of 600 loops at rest: diagnose-learning.txt
    return slow.growth.t >= returning_t && slow.spread >= mostly * slow.settled &&
           scatters(slow.spread, head) && !scatters(slow.settled, head);
}

std::string swing_words(const block_line& line, std::string_view unit) {
    return fmt::format(
        "loads swing with a period of about {:.3g} {}, by {:.2g} of an even share (root mean "
        "square)",
        line.period, unit, line.size);
}

std::string too_few_rows(std::size_t rows, std::string_view unit) {
    if (rows == 1) return "a snapshot has no dynamics: one step came";
    return fmt::format("{} {} came; {} are needed", rows, unit, enough_steps);
}

void judge_warning(const warning& now, std::string_view unit, std::size_t experts,
                   std::string_view lead, layer_diagnosis& out) {
    if (now.kind == warning_kind::growing) {
        out.verdict = load_verdict::losing_balance;
        out.reason = words_of(now.growth, now.block, unit) + ", away from equal loads";
    } else if (is_steady(now.kind)) {
        out.verdict = load_verdict::losing_balance;
        out.reason = course_words(now, unit, lead);
    } else if (now.kind == warning_kind::swelling) {
        out.verdict = load_verdict::drifting;
        out.reason = fmt::format(
            "from {0} {2} to the next {0} loads change {1:.1f} times as much as independent "
            "tokens make them, and nothing says that they run away: a loop that stands, held near "
            "its loss of balance, swings so, as one that comes nearer to it does, and a gate that "
            "walks at random; counts cannot tell them apart",
            now.block * warning_limits::half, now.swelling, unit);
    } else if (now.kind == warning_kind::periodic) {
        out.verdict = load_verdict::oscillating;
        out.reason = swing_words(now.line, unit) + growth_words(now);
    } else {
        out.verdict =
            now.swing.lag < -0.2 ? load_verdict::oscillating : load_verdict::losing_balance;
        out.reason = fmt::format(
            "means of {} {} scatter {:.1f} times as much as independent tokens make them, and did "
            "not before: so does a loop near its loss of balance, and a gate that begins to learn, "
            "as in a warm-up{}",
            now.block, unit, now.swing.gain,
            experts <= few_experts ? ", and, of so few experts, one that wanders about and stays"
                                   : "");
    }
}

void judge_rest(std::size_t rows, const std::optional<warning>& slow, std::string_view unit,
                const log_head& head, const std::optional<warning>& swing, layer_diagnosis& out) {
    if (rows < enough_steps || !slow) {
        out.reason = too_few_rows(rows, unit);
        return;
    }
    if (slow->growth.still) {
        out.reason = fmt::format(
            "mean loads of {0} {2} are the same from {0} to {0} of the last {1}, as those of "
            "independent tokens never are",
            slow->block, slow->block * block_window::blocks, unit);
        return;
    }
    if (swing) {
        out.verdict = load_verdict::drifting;
        out.reason =
            swing_words(swing->line, unit) + ", and nothing says that they swing more and more";
        return;
    }
    judge_motion(*slow, unit, head, out);
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
        "(--tokens) is not known; a deviation that feeds itself and swings with a period are "
        "looked "
        "for alone",
        choices.padded() ? "loads are multiples of a number by which experts are filled up"
                         : "loads are no counts"));
}

std::optional<double> rows_left(const warning& now, const Eigen::VectorXd& loads, std::size_t rows,
                                double top_k) {
    if (is_steady(now.kind)) return now.course.left * static_cast<double>(now.block);
    if (now.kind != warning_kind::growing) return std::nullopt;
    const double even = 1 / static_cast<double>(loads.size());
    const double left = least_lead(static_cast<std::size_t>(loads.size()), top_k) - even;
    const double pace = std::log(now.growth.multiplier) / static_cast<double>(now.block);
    const double grown = pace * static_cast<double>(rows);
    // the last row's, where the mean over all of them is that of an exponential
    const double lead = (loads.maxCoeff() - even) * grown / -std::expm1(-grown);
    if (!(lead > 0 && lead < left)) return std::nullopt;
    return std::log(left / lead) / pace;
}

margin growth_margin(const warning& now, const warning& slow, std::string_view unit) {
    const warning& shown = now.kind == warning_kind::growing ? now : slow;
    const double m = std::abs(shown.growth.multiplier), error = normal_90 * shown.growth.error;
    return {
        1 - m, 1 - m - error, std::min(1 - m + error, 1.0),
        fmt::format("1, by the size of the multiplier of deviations from block to block of {} {}",
                    shown.block, unit)};
}

}  // namespace moebius
