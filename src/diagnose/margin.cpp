// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/lane_sums.hpp>
#include <moebius/diagnose/margin.hpp>

#include "count_verdict.hpp"
#include "loop_thresholds.hpp"
#include "score_words.hpp"
#include "unequal_loads.hpp"

namespace moebius {
namespace {

/// A margin that may be none as well as all tells nothing.
void drop_wide(layer_diagnosis& out) {
    const auto tells_nothing = [](const margin& one) { return one.low <= 0 && one.high >= 1; };
    for (const auto& one : out.margins)
        if (tells_nothing(one))
            out.notes.push_back(
                fmt::format("cannot tell the margin from {}: its interval is too wide", one.of));
    if (std::erase_if(out.margins, tells_nothing) > 0 && out.margins.empty())
        out.untold_margin = "its interval is too wide";
}

/// Why counts tell no margin of a layer by how its deviations grow; empty where they do.
std::string no_growth(const layer_diagnosis& of, const warning& now, const warning& slow,
                      const loads_now& seen, const log_head& head) {
    if (of.verdict == load_verdict::collapsed) return "equal loads are lost";
    if (of.verdict == load_verdict::oscillating)
        return "loads swing, and by what a deviation is multiplied is no distance of these";
    if (now.kind == warning_kind::rising)
        return "one expert has ever more, and no deviation is multiplied";
    if (now.kind == warning_kind::starving)
        return "half of the experts have ever less, and no deviation is multiplied";
    if (slow.growth.still) return "means over blocks do not move, and no deviation is multiplied";
    const bool growing = now.kind == warning_kind::growing;
    if (unequal_experts(seen) || (!growing && one_stands_apart(seen)))
        return "margins are those from equal loads, which these are far from";
    if (growing) return {};
    if (jumped_once(slow, head)) return "loads moved in one jump, and no deviation is multiplied";
    if (slow.moved >= far_moved && slow.growth.t < returning_t)
        return "loads move far and come back, and by what a deviation is multiplied is no distance "
               "of these";
    if (of.verdict <= load_verdict::drifting && lower_end(slow.growth) > 1)
        return "deviations grow as those of walks do at times, and no warning rests on that";
    return {};
}

/// The step in which a warning came to be there.
void note_first(const std::optional<warning>& seen, std::int64_t step,
                std::optional<std::int64_t>& at) {
    if (seen && !at) at = step;
}

}  // namespace

std::string_view to_string(load_verdict verdict) noexcept {
    switch (verdict) {
        case load_verdict::cannot_tell:
            return "cannot tell";
        case load_verdict::safe:
            return "safe";
        case load_verdict::drifting:
            return "drifting";
        case load_verdict::coexistence:
            return "inside the coexistence window";
        case load_verdict::oscillating:
            return "oscillating";
        case load_verdict::losing_balance:
            return "losing balance";
        case load_verdict::collapsed:
            return "collapsed";
    }
    return "";
}

void layer_margin::check_restored(double restored) {
    if (!(restored > 0 && restored < 1))
        throw invalid_argument("diagnose", fmt::format("restore is {}", restored),
                               "a margin between 0 and 1 can be restored");
}

layer_margin::layer_margin(const log_head& head, double restored)
    : head_(head),
      top_k_(std::max(told_rule(head).top_k, 1.0)),
      restored_(restored),
      watch_(head.experts),
      recent_(head.experts) {
    check_restored(restored);
    if (!(std::round(top_k_) < static_cast<double>(head.experts)))
        top_k_ = 1;  // such a router has no dynamics
    alone_ = thresholds_of(head.experts, top_k_);
    begin_fits();
    shares_.resize(head.experts);
}

void layer_margin::take(const load_record& record, double sum) {
    if (record.loads.size() != head_.experts)
        throw invalid_argument("diagnose", fmt::format("{} loads came", record.loads.size()),
                               fmt::format("a record has {}, one an expert", head_.experts));
    if (!(sum > 0) || !std::isfinite(sum)) return;
    if (sum < std::numeric_limits<double>::min())  // 1/sum would be infinite
        std::transform(record.loads.begin(), record.loads.end(), shares_.begin(),
                       [sum](double load) { return load / sum; });
    else
        scale_to(record.loads, 1 / sum, shares_);
    if (top_k_ > 1) hold_top_k(record.step);
    choices_.take(record.loads, sum);
    if (watch_.blocks().steps() < enough_steps || watch_.blocks().steps() % 64 == 0)  // tell enough
        rounded_.take(record.loads);
    constexpr double rounding = 1e-3;
    if (head_.tokens && sum > 1 + rounding && sum < (1 - rounding) * *head_.tokens * top_k_)
        ++parts_;
    tokens_ = tokens_of_step(sum);
    watch_.take(shares_, tokens_, top_k_);
    recent_.take(shares_);
    watch_collapse(record.step);
    note_first(watch_.first(), record.step, warned_at_);
    note_first(watch_.first_growth(), record.step, grew_at_);
    fit_loop(record.step);
    if (!std::isnan(record.feedback)) take_feedback(record.feedback);
    take_probes(record);
    if (moments_ || dither_) watch_gain(record.step);
}

/// Of choices that differ an expert has one of each token at most.
void layer_margin::hold_top_k(std::int64_t step) {
    const double most = *std::max_element(shares_.begin(), shares_.end());
    constexpr double rounding = 1e-3;
    if (!(most * top_k_ > 1 + rounding)) return;
    wrong_top_k_ = fmt::format(
        "of {:g} different choices a token one expert has {:.3g} of all at most, and at step {} "
        "one has {:.3g}: top-k is another, or loads are probabilities or the first choices "
        "alone; they are judged as of one choice",
        top_k_, 1 / top_k_, step, most);
    top_k_ = 1;
    alone_ = thresholds_of(head_.experts, top_k_);
}

void layer_margin::watch_collapse(std::int64_t step) {
    constexpr std::size_t rows = 50, blocks = rows / block_scales::shortest;
    const auto& seen = watch_.blocks();
    if (seen.steps() < rows || seen.steps() % block_scales::shortest != 0) return;
    if (tokens_ > 0 && !tell_idle(tokens_ * top_k_ * rows, head_.experts)) return;
    Eigen::VectorXd mean = seen.block(0);
    for (std::size_t back = 1; back < blocks; ++back) mean += seen.block(back);
    if (collapse_of(mean / double{blocks}, top_k_).empty()) return;
    if (!collapsed_) collapsed_ = {step, step};
    collapsed_->last = step;
}

std::string_view layer_margin::unit() const { return gap_ ? "rows" : "steps"; }

/// Thresholds are those of equal loads. Where loads are not, what probes tell of the loop's gain
/// holds, with its margin from 1 unless they are lost; that of counts is of small deviations.
void layer_margin::drop_unequal(const loads_now& seen, bool probed, layer_diagnosis& out) const {
    const auto far = out.margins.empty() ? inequality::none : inequality_of(seen);
    if (far == inequality::none) return;
    if (out.verdict <= load_verdict::coexistence || far == inequality::lost) {
        out.verdict = load_verdict::cannot_tell;
        out.reason.clear();
    }
    out.knob.clear();
    out.limits.reset();
    if (probed && far == inequality::led)
        out.margins.erase(out.margins.begin(), out.margins.end() - 1);
    else
        out.margins.clear();
    if (probed) {
        out.notes.emplace_back(
            "K is the gain of the loop where the loads are, which are not equal: how far a "
            "collapsed state is, and what restores a margin, is known of equal ones");
        return;
    }
    out.feedback.reset();
    out.untold = "it is of equal loads, and the gain that is measured is that of unequal ones";
}

void layer_margin::judge_counts(const loads_now& seen, layer_diagnosis& out) const {
    const auto now = watch_.now();
    const bool measured = !out.margins.empty();
    const auto slow = measured ? std::nullopt : watch_.slowest();
    if (runs_away(now.kind) || (now.kind != warning_kind::none && !measured)) {
        const auto lead = lead_words(head_.experts, top_k_);
        judge_warning(now, unit(), head_.experts, lead, out);
        if (const auto left = rows_left(now, seen.longer.mean, seen.longer.rows, top_k_)) {
            out.steps_left = *left * steps_a_row();
            if (!is_steady(now.kind))
                out.reason += fmt::format(
                    "; at this pace one expert has {} in {:.0f} {}{}", lead, *left, unit(),
                    head_.experts > 2 ? ", and sooner, as growth of more than two speeds up" : "");
        }
    } else if (!measured) {
        judge_rest(watch_.blocks().steps(), slow, unit(), head_, watch_.swing(), out);
        if (out.verdict == load_verdict::safe && (loops_ || seen_loop())) {
            out.verdict = load_verdict::cannot_tell;
            out.reason +=
                "; scores follow loads, and so they do inside the coexistence window: K, "
                "which would tell, is not known";
        }
    }
    judge_collapse(seen, out);
    judge_rows(seen, out);
    judge_idle(seen, out);
    if (!slow) {
        if (out.margins.empty()) out.untold_margin = too_few_rows(watch_.blocks().steps(), unit());
        return;
    }
    out.untold_margin = no_growth(out, now, *slow, seen, head_);
    if (out.untold_margin.empty()) out.margins.push_back(growth_margin(now, *slow, unit()));
}

double layer_margin::steps_a_row() const {
    const auto rows = static_cast<double>(watch_.blocks().steps());
    return rows > 1 ? static_cast<double>(last_step_.value_or(0) - first_step_) / (rows - 1) : 1;
}

/// What the log says stands for shares; counts speak for themselves, but for what rounded ones have
/// in common.
double layer_margin::tokens_of_step(double sum) const {
    if (rounded_.rounded()) return head_.tokens.value_or(sum / top_k_);
    const double choices = choices_.now();
    const bool told = head_.tokens && (choices == 0 || choices_.guessed());
    return told ? *head_.tokens : choices / top_k_;
}

layer_diagnosis layer_margin::result() const {
    layer_diagnosis out;
    out.had = "counts";
    if (scores_) out.had += ", scores";
    if (moments_) out.had += ", moments";
    if (dither_) out.had += ", dither";
    const bool probed = judge_loop(out);
    out.warned_at = out.margins.empty() ? warned_at_ : grew_at_;
    if (lost_at_ && (!out.warned_at || *lost_at_ < *out.warned_at)) out.warned_at = lost_at_;
    out.collapsed = collapsed_;
    const auto seen = loads_of(recent_, watch_.blocks(), top_k_, tokens_, unit(),
                               collapsed_state_of(head_, alone_.fold));
    drop_unequal(seen, probed, out);
    note_scores(out);
    judge_counts(seen, out);
    note_told(out);
    if (watch_.blocks().steps() > 0 && (out.margins.empty() || !out.feedback))
        note_choices(choices_, head_.tokens.has_value(), out);
    drop_wide(out);
    if (!out.untold.empty()) out.notes.push_back("cannot tell K: " + out.untold);
    if (!out.untold_margin.empty())
        out.notes.push_back("cannot tell a margin: " + out.untold_margin);
    // the better come before the worse, and what a collapsed layer had to do is not known
    const bool in_danger = out.verdict >= load_verdict::coexistence;
    if (in_danger && out.verdict != load_verdict::collapsed && !out.feedback)
        out.knob = no_knob(head_, restored_, out.untold);
    return out;
}

}  // namespace moebius
