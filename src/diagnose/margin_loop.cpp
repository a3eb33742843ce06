// SPDX-License-Identifier: MIT
// What layer_margin knows of the loop: fits, probes, and K by them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/bfloat16.hpp>
#include <moebius/base/error.hpp>
#include <moebius/diagnose/margin.hpp>
#include <moebius/logs/token_noise.hpp>
#include <utility>

#include "counted_gain.hpp"
#include "loop_thresholds.hpp"
#include "score_words.hpp"

namespace moebius {
namespace {

control_law law_of(const log_head& head) {
    if (head.balancer == "integral") return control_law::integral;
    return head.balancer == "sign" ? control_law::sign : control_law::none;
}

/// Why a log has no loop whose gain could be told, and what would say that it has.
std::string no_loop(const log_head& head) {
    const bool controlled = law_of(head) != control_law::none;
    if (head.feedback)
        return fmt::format(
            "the feedback is 0, and scores follow loads {}",
            controlled ? fmt::format("by the {} rule alone", head.balancer) : "not at all");
    if (is_learned(head))
        return fmt::format(
            "the balancer is {}, by which no scores follow loads; --feedback would "
            "say that they do beside it",
            head.balancer);
    return fmt::format(
        "nothing says that scores follow loads{}; --feedback or --rate would, and a collapsed "
        "state "
        "beside these loads shows in K alone",
        controlled ? fmt::format(" beside the {} rule", head.balancer) : "");
}

/// What a softmax adds to a choice's log odds at most that it still answers about linearly to.
constexpr double largest_dither = 3;

bool is_wild(std::span<const double> dither, double beta) {
    return std::any_of(dither.begin(), dither.end(),
                       [&](double d) { return !(beta * std::abs(d) <= largest_dither); });
}

/// Whether loads follow the scores that a probe is of, as they do in each router.
bool is_answered(const measured_slope& slope) { return slope.low() > 0; }

/// The feedback from which on equal loads are lost, by the slope of loads on scores alone.
std::string lost_by(const measured_slope& slope, std::string_view by) {
    const auto gains = [&](double high) {
        return fmt::format("{}: a load gains {:.4g} ({:.4g} to {:.4g}) per unit of score", by,
                           slope.value, slope.low(), high);
    };
    if (!is_answered(slope))
        return gains(slope.value + normal_90 * slope.error) +
               ": of scores that loads answer it is above 0, so that it tells no K and no "
               "threshold; a dither of another sign, of other steps or that was never added gives "
               "that, and one of few tokens";
    return fmt::format(
        "{}, so that equal loads are lost at feedback/decay = {:.4g} ({:.4g} to {:.4g})",
        gains(slope.high()), 1 / slope.value, 1 / slope.high(), 1 / slope.low());
}

void note_wild(std::size_t dithers, layer_diagnosis& out) {
    if (dithers == 0) return;
    out.notes.push_back(fmt::format(
        "the dither of {} steps is more than {:g}/beta, to which loads do not answer in "
        "proportion: no gain was taken from it, and K by moments is that under it",
        dithers, largest_dither));
}

void note_blank(const probe_rows& rows, std::string_view which, layer_diagnosis& out) {
    if (rows.blank())
        out.notes.push_back(fmt::format("{} 0 in all steps: nothing was measured by that", which));
}

/// Of probes that end before the log does.
std::string words_before(const margin& K, std::string_view by) {
    return fmt::format("K was {:.4g} ({:.4g} to {:.4g}) by {}: what it is now is not told by that",
                       K.value, K.low, K.high, by);
}

/// Of a loop whose scores follow loads; without a rate it is fitted as well.
loop_terms terms_of(const log_head& head, const loop_thresholds& alone) {
    loop_terms out;
    const told_rule rule(head);
    out.forget = rule.forget();
    out.control = law_of(head);
    if (out.control == control_law::none || !head.bias_rate || !is_softmax(head)) return out;
    out.leak = head.bias_leak;
    out.slope = 1 / alone.balance;
    out.answer = *head.bias_rate * rule.beta * out.slope;
    out.per_load = rule.rate * rule.feedback * rule.beta;
    out.per_sum = *head.bias_rate * rule.beta;
    return out;
}

}  // namespace

void layer_margin::begin_fits() {
    loops_ = follows_loads(head_);
    unfit_ = unfit_rule(head_);
    if (!loops_ || unfit_) return;
    const auto terms = terms_of(head_, alone_);
    const bool known = terms.forget > 0;
    if (known) loop_.emplace(head_.experts, terms);
    free_.emplace(head_.experts, terms, known ? terms.forget : 0);
}

/// Scores are made of the loads of all steps: behind steps that are not in the log fits begin anew,
/// with the second of two rows that follow each other.
void layer_margin::fit_loop(std::int64_t step) {
    const auto apart = last_step_ ? step - *last_step_ : 1;
    if (!last_step_) first_step_ = step;
    last_step_ = step;
    if (apart != 1) {
        loop_.reset();
        free_.reset();
        gap_ = apart;
        gap_end_ = step;
        return;
    }
    if (gap_ && !free_) begin_fits();
    if (loop_) loop_->take(shares_);
    if (free_) free_->take(shares_);
}

/// A loop with a controller is fitted by the scores that its feedback makes, and one whose feedback
/// stands in its records alone is known to be one from there on.
void layer_margin::take_feedback(double now) {
    const bool moves = head_.feedback != now;
    feedback_moves_ = feedback_moves_ || (moves && watch_.blocks().steps() > 1);
    head_.feedback = now;
    if (!moves || (loops_ && law_of(head_) == control_law::none)) return;
    loop_.reset();
    free_.reset();
    begin_fits();
}

void layer_margin::take_probes(const load_record& record) {
    const auto holds = [&](std::span<const double> values, std::size_t size,
                           std::string_view name) {
        if (values.empty()) return false;
        if (values.size() != size)
            throw invalid_argument("diagnose",
                                   fmt::format("{} values of {} came", values.size(), name),
                                   fmt::format("a record has {}", size));
        return true;
    };
    const std::size_t n = head_.experts;
    const double beta = told_rule(head_).beta;
    const bool is_dithered = holds(record.dither, n, "dither"),
               too_much = is_dithered && is_wild(record.dither, beta);
    wild_dithers_ += too_much ? 1U : 0U;
    const auto taken = too_much ? std::span<const double>() : record.dither;
    if (dither_rows_.take(taken, record.step) && !dither_) dither_.emplace(n);
    if (dither_ && !taken.empty()) dither_->take(shares_, taken);
    (void)holds(record.moments, n * n, "moments");
    if (moment_rows_.take(record.moments, record.step) && !unfit_) {
        if (!moments_) moments_.emplace(n, beta);
        moments_->take(record.moments, taken);
    }
    if (holds(record.scores, n, "scores")) {
        if (!scores_) scores_.emplace(n);
        scores_->take(shares_, record.scores);
        if (!score_rule_) score_rule_.emplace(n);
        score_rule_->take(record.step, shares_, record.scores);
    }
}

/// Every tenth step: the first in which all of the gain's interval is beyond the loss of balance.
void layer_margin::watch_gain(std::int64_t step) {
    if (lost_at_ || ++probed_ % 10 != 0) return;
    layer_diagnosis now;
    judge_loop(now);
    if (now.limits && now.limits->unknown.empty() && now.feedback->low > now.limits->onset())
        lost_at_ = step;
}

/// Whether most records have fewer choices than the step: scores that follow all of them are not
/// made of these.
bool layer_margin::counts_part() const {
    return head_.of_one_rank || 2 * parts_ > watch_.blocks().steps();
}

void layer_margin::judge_probes(layer_diagnosis& out) const {
    const auto limits = controlled(alone_, head_, tokens_);
    const told_rule rule(head_);
    const double per_load = rule.per_load();
    const auto told = [&](const std::optional<measured_slope>& slope, std::string by,
                          const probe_rows& rows) {
        if (!slope || !out.margins.empty()) return;
        const measured_slope gain{per_load * slope->value, per_load * slope->error, slope->steps,
                                  per_load * slope->most};
        const bool tells = per_load > 0 && is_answered(*slope);
        if (tells && !rows.ended()) return judge_gain(limits, gain, by, head_, restored_, out);
        if (rows.ended()) by += fmt::format(" up to step {}, the last that has any", rows.last());
        out.notes.push_back(tells ? words_before(feedback_of(limits, gain), by)
                                  : lost_by(*slope, by));
    };
    note_wild(wild_dithers_, out);
    note_blank(moment_rows_, "moments are", out);
    note_blank(dither_rows_, "the dither is", out);
    if (moments_ && top_k_ == 1) {
        const bool rests =
            per_load > 0 && loop_ && counted_gain_of(loop_, *free_, rule.forget()).slope;
        told(rests && !moment_rows_.ended() ? moments_->at_rest() : std::nullopt,
             "moments of gates that rest", moment_rows_);
        told(moments_->slope(), "moments", moment_rows_);  // of the leading direction
        if (dither_ && !out.margins.empty())
            out.notes.emplace_back(
                "K by moments is that under the dither, which takes some of it: without it K is "
                "more, and the margin less");
    }
    if (!out.margins.empty() || !dither_ || counts_part()) return;
    auto mean = dither_->slope();
    if (mean && is_softmax(head_)) mean->most = dither_->most(rule.beta, top_k_);
    told(mean, "dither", dither_rows_);
    if (!out.margins.empty())
        out.notes.push_back(fmt::format(
            "a dither tells the mean gain over all directions of loads: where gates prefer tokens "
            "the largest, which moments tell, is more{}",
            is_softmax(head_) ? ", and the interval reaches to what it can be at these loads"
                              : ", and the margin less"));
}

/// Why probes tell no K; empty where there are none.
std::string layer_margin::untold_by_probes() const {
    if (!moments_ && !dither_) return {};
    if (!head_.feedback) return "moments or a dither tell it where --feedback is known";
    if (!(*head_.feedback > 0))
        return fmt::format("the feedback is {:g}, and moments or a dither tell K of one above 0",
                           *head_.feedback);
    if (moment_rows_.ended() || dither_rows_.ended())
        return fmt::format("the last steps have no moments or dither: those end at step {}",
                           std::max(moment_rows_.last(), dither_rows_.last()));
    if (dither_ && dither_->slope() && !is_answered(*dither_->slope()))
        return "loads do not answer the dither";
    if (dither_ || top_k_ == 1) return "a dither or moments came in too few steps";
    return fmt::format(
        "moments of softmax's shares are not the derivative of the loads of a router that chooses "
        "{:g} of them, and a dither would tell it",
        top_k_);
}

/// What bfloat16 takes of loads that a fit needs; empty where it is little.
std::string layer_margin::lost_to_rounding() const {
    if (!rounded_.rounded()) return {};
    const std::string why = "loads are rounded as bfloat16 rounds them, ";
    constexpr std::string_view cure = "; counts that are not would tell it";
    if (head_.balancer == "sign")
        return fmt::format("{}and not those whose signs the rule followed{}", why, cure);
    // of an even share: what rounding adds to the variance of tokens that are drawn independently
    constexpr double matters = 0.02;
    const double even = 1 / static_cast<double>(head_.experts), choices = tokens_ * top_k_;
    const double spacing = bfloat16_spacing(choices * even) / choices;
    if (spacing * spacing / 12 < matters * even * token_noise(even, top_k_, tokens_)) return {};
    return fmt::format("{}by as much as they scatter{}", why, cure);
}

/// By counts of gates that rest.
/// @returns why they tell no K; empty where they do
std::string layer_margin::judge_resting(layer_diagnosis& out) const {
    if (unfit_) return fmt::format("{}, but {}", unfit_->got, unfit_->needed);
    if (!wrong_top_k_.empty()) return wrong_top_k_;
    if (counts_part())
        return "the log has a part of a step's choices alone, and scores may follow all of them";
    if (const auto seen = seen_loop()) return seen->words();
    if (!loops_) return no_loop(head_);
    if (!free_)
        return fmt::format(
            "counts tell it of rows one step apart, and before step {} they are {} apart", gap_end_,
            gap_.value_or(0));
    if (auto why = lost_to_rounding(); !why.empty()) return why;
    const double known = told_rule(head_).forget();
    const auto found = counted_gain_of(loop_, *free_, known);
    out.notes.insert(out.notes.end(), found.notes.begin(), found.notes.end());
    if (!found.slope) return found.why;
    judge_gain(controlled(alone_, head_, tokens_), *found.slope, "counts of gates that rest", head_,
               restored_, out);
    note_refuted(out);
    if (const auto on = loop_ ? hangs_on(*loop_, *free_, known, alone_.balance) : ""; !on.empty())
        out.reason += "; " + on;
    return {};
}

bool layer_margin::judge_loop(layer_diagnosis& out) const {
    const bool known = !unfit_ && wrong_top_k_.empty();
    if (known) judge_probes(out);
    if (out.feedback) return true;
    out.untold = judge_resting(out);
    if (out.feedback) return false;
    if (const auto why = untold_by_probes(); !why.empty() && known) out.untold += "; " + why;
    return false;
}

/// Of logged scores that are made of all choices, and not rounded.
bool layer_margin::scores_tell() const {
    return score_rule_ && !counts_part() && !rounded_.rounded();
}

/// A feedback that nothing but the logged scores says.
std::optional<seen_feedback> layer_margin::seen_loop() const {
    const bool other = is_learned(head_) || law_of(head_) != control_law::none;
    if (loops_ || unfit_ || other || head_.feedback || !scores_tell()) return std::nullopt;
    return feedback_seen(*score_rule_);
}

/// Near equal loads the slope is the router's own of scores that the step routes with, and twice
/// decay/feedback less that of scores behind their change; far from them it is decay/feedback.
void layer_margin::note_scores(layer_diagnosis& out) const {
    if (scores_tell())
        for (auto& one : words_of_scores(*score_rule_, head_, !feedback_moves_))
            out.notes.push_back(std::move(one));
    const auto slope = scores_ ? scores_->slope() : std::nullopt;
    if (!slope || !(slope->error < 0.1 * std::abs(slope->value))) return;
    out.notes.push_back(words_of_slope(*slope, told_rule(head_).per_load()));
}

/// A K that is told, not measured, and in danger by that.
void layer_margin::note_told(layer_diagnosis& out) const {
    const double K = told_rule(head_).K();
    if (out.feedback || unfit_ || !loops_ || !(K >= alone_.fold)) return;
    const auto held = controlled(alone_, head_, tokens_);
    out.notes.push_back(fmt::format(
        "feedback beta/decay is {:.4g} by what is told, and not measured: {}of gates that do not "
        "tell tokens apart a collapsed state exists from {:.4g} and equal loads are lost at "
        "{:.4g}{}, and later of others",
        K, law_of(head_) == control_law::none ? "" : "without the controller ", alone_.fold,
        alone_.balance,
        held.gain > 0 ? fmt::format(", with it at {:.4g}", held.onset()) : std::string()));
}

}  // namespace moebius
