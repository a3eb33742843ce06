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

namespace moebius {
namespace {

/// -2 ln likelihood by which another forgetting must be better before gates are said to move:
/// chance 1 in 2,000 where the known one is right.
constexpr double moving = 12;

control_law law_of(const log_head& head) {
    if (head.balancer == "integral") return control_law::integral;
    return head.balancer == "sign" ? control_law::sign : control_law::none;
}

bool follows_loads(const log_head& head) {
    return head.balancer == "feedback" || head.feedback.value_or(0) != 0;
}

/// Of a loop whose scores follow loads; without a rate it is fitted as well.
loop_terms terms_of(const log_head& head, const loop_thresholds& alone) {
    loop_terms out;
    out.forget = head.rate.value_or(0) * head.decay.value_or(1);
    out.control = law_of(head);
    if (out.control != control_law::none && head.bias_rate && head.beta && head.gate != "sigmoid")
        out.answer = *head.bias_rate * *head.beta / alone.balance;
    return out;
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

layer_margin::layer_margin(const log_head& head, double restored)
    : head_(head),
      top_k_(std::max(head.top_k.value_or(1), 1.0)),
      restored_(restored),
      watch_(head.experts) {
    if (!(restored > 0 && restored < 1))
        throw invalid_argument("diagnose", fmt::format("restore is {}", restored),
                               "a margin between 0 and 1 can be restored");
    if (!(top_k_ < static_cast<double>(head.experts))) top_k_ = 1;  // such a router has no dynamics
    alone_ = thresholds_of(head.experts, top_k_);
    loops_ = follows_loads(head);
    begin_fits();
    shares_.resize(head.experts);
}

void layer_margin::begin_fits() {
    if (!loops_) return;
    const auto terms = terms_of(head_, alone_);
    const bool known = terms.forget > 0 && terms.forget < 1;
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

void layer_margin::take(const load_record& record) {
    if (record.loads.size() != head_.experts)
        throw invalid_argument("diagnose", fmt::format("{} loads came", record.loads.size()),
                               fmt::format("a record has {}, one an expert", head_.experts));
    const double sum = lane_total_of(record.loads).sum;
    if (!(sum > 0) || !std::isfinite(sum)) return;
    if (sum < std::numeric_limits<double>::min())  // 1/sum would be infinite
        std::transform(record.loads.begin(), record.loads.end(), shares_.begin(),
                       [sum](double load) { return load / sum; });
    else
        scale_to(record.loads, 1 / sum, shares_);
    choices_.take(record.loads, sum);
    tokens_ = tokens_of_step();
    watch_.take(shares_, tokens_, top_k_);
    note_first(watch_.first(), record.step, warned_at_);
    note_first(watch_.first_growth(), record.step, grew_at_);
    fit_loop(record.step);
    if (!std::isnan(record.feedback)) head_.feedback = record.feedback;
    take_probes(record);
    if (moments_ || dither_) watch_gain(record.step);
}

/// Every tenth step: the first in which all of the gain's interval is beyond the loss of balance.
void layer_margin::watch_gain(std::int64_t step) {
    if (lost_at_ || ++probed_ % 10 != 0) return;
    layer_diagnosis now;
    judge_loop(now);
    if (now.limits && now.margins.back().high < 0) lost_at_ = step;
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
    if (holds(record.dither, n, "dither")) {
        if (!dither_) dither_.emplace(n);
        dither_->take(shares_, record.dither);
    }
    if (holds(record.moments, n * n, "moments")) {
        if (!moments_) moments_.emplace(n, head_.beta.value_or(1));
        moments_->take(record.moments, record.dither);
    }
    if (holds(record.scores, n, "scores")) {
        if (!scores_) scores_.emplace(n);
        scores_->take(shares_, record.scores);
    }
}

namespace {

/// The loop's gain from counts; nothing, and a note, where gates move.
std::optional<measured_slope> gain_of(const std::optional<loop_fit>& loop,
                                      const std::optional<free_loop_fit>& free, double known,
                                      layer_diagnosis& out) {
    const auto slope = [](const fitted_loop& fit) {
        return measured_slope{fit.gain, fit.error, fit.steps};
    };
    if (!free) return std::nullopt;
    if (!loop) {
        const auto fit = free->whole();
        if (!fit) return std::nullopt;
        out.notes.push_back(
            fmt::format("the step was fitted, too: a score forgets {:.3g} of itself a "
                        "step; gates that move are taken for a loop",
                        fit->forget));
        return slope(fit->loop);
    }
    const auto fit = loop->whole(), last = loop->recent();
    if (!fit || fit->steps < 10 / known) return std::nullopt;
    const auto moves = [&out](std::string why) {
        out.notes.push_back("cannot tell a distance from counts: " + std::move(why) +
                            ", so gates or settings move");
        return std::nullopt;
    };
    if (last && std::abs(fit->gain - last->gain) > 3.3 * last->error)  // 1 in 1,000
        return moves(
            fmt::format("the gain of the last {} steps, {:.3g}, is not that of all, {:.3g}",
                        last->steps, last->gain, fit->gain));
    const auto other = free->whole();
    if (other && fit->misfit - other->loop.misfit > moving)
        return moves(fmt::format("a fit gives {:.3g} forgotten a step where {:.3g} is known",
                                 other->forget, known));
    return slope(*fit);
}

void note_scores(const std::optional<score_slope>& scores, const log_head& head,
                 layer_diagnosis& out) {
    const auto slope = scores ? scores->slope() : std::nullopt;
    if (!slope || !(slope->error < 0.1 * std::abs(slope->value))) return;
    const double feedback = head.feedback.value_or(0);
    const double backwards = feedback > 0 ? head.decay.value_or(1) / feedback : 0;
    out.notes.push_back(fmt::format(
        "loads change by {:.3g} per unit of score{}: that is the controller read backwards, not "
        "the "
        "router",
        slope->value,
        backwards > 0 ? fmt::format(" (decay/feedback is {:.3g})", backwards) : std::string()));
}

}  // namespace

void layer_margin::judge_loop(layer_diagnosis& out) const {
    const auto limits = controlled(alone_, head_, tokens_);
    const double per_load = head_.feedback.value_or(0) / head_.decay.value_or(1);
    const auto told = [&](const std::optional<measured_slope>& slope, std::string_view by) {
        if (!slope || !out.margins.empty()) return;
        if (per_load > 0)
            return judge_gain(limits,
                              {per_load * slope->value, per_load * slope->error, slope->steps}, by,
                              head_, restored_, out);
        out.notes.push_back(
            fmt::format("{}: a load gains {:.4g} per unit of score, so that equal "
                        "loads are lost at feedback/decay = {:.4g}",
                        by, slope->value, 1 / slope->value));
    };
    const auto probed = [&](const auto& probe, std::string_view by) {
        told(probe ? probe->slope() : std::nullopt, by);
    };
    const double known = head_.rate.value_or(0) * head_.decay.value_or(1);
    layer_diagnosis unsaid;  // whether gates rest, which counts tell, is nothing to say here
    const bool rests = per_load > 0 && moments_ && loop_ && gain_of(loop_, free_, known, unsaid);
    told(rests ? moments_->at_rest() : std::nullopt, "moments of gates that rest");
    probed(moments_, "moments");  // of the leading direction
    if (out.margins.empty()) {
        probed(dither_, "dither");
        if (!out.margins.empty())
            out.notes.emplace_back(
                "a dither tells the mean gain over all directions of loads: where gates prefer "
                "tokens the largest, which moments tell, is more, and the margin less");
    }
    if (!out.margins.empty()) return;
    if (const auto gain = gain_of(loop_, free_, known, out))
        judge_gain(limits, *gain, "counts of gates that rest", head_, restored_, out);
    else if (gap_ && loops_ && out.notes.empty())
        out.notes.push_back(fmt::format(
            "cannot tell a distance from counts: known rates need every step, and before step {} "
            "rows are {} steps apart",
            gap_end_, *gap_));
}

std::string_view layer_margin::unit() const { return gap_ ? "rows" : "steps"; }

/// K is the gain where the loads are, and its thresholds are those of equal loads.
void layer_margin::drop_unequal(layer_diagnosis& out) const {
    if (out.margins.empty() || watch_.blocks().steps() < enough_steps / 4) return;
    const auto unequal = [&](const Eigen::VectorXd& loads) {
        return !collapse_of(loads, top_k_).empty() || one_leads(loads, top_k_);
    };
    const auto& blocks = watch_.blocks();
    if (!unequal(blocks.latest()) && !unequal(blocks.recent()) && !leads_in_turn(blocks, top_k_))
        return;
    out.margins.clear();
    out.feedback.reset();
    out.limits.reset();
    out.knob.clear();
    out.verdict = load_verdict::cannot_tell;
    out.reason.clear();
    out.notes.emplace_back(
        "cannot tell K and a margin: they are of equal loads, and the gain that is measured is "
        "that of unequal ones");
}

void layer_margin::judge_counts(layer_diagnosis& out) const {
    const auto now = watch_.now();
    const auto loads = watch_.blocks().recent();
    const bool measured = !out.margins.empty();
    const auto slow = measured ? std::nullopt : watch_.slowest();
    if (now.kind == warning_kind::growing || (now.kind != warning_kind::none && !measured)) {
        judge_warning(now, unit(), out);
        if (const auto left = rows_left(now, loads, top_k_)) out.steps_left = *left * steps_a_row();
    } else if (!measured) {
        judge_rest(watch_.blocks().steps(), slow, unit(), head_, out);
        if (loops_ && out.verdict == load_verdict::safe) {
            out.verdict = load_verdict::cannot_tell;
            out.reason +=
                "; scores follow loads, and so they do inside the coexistence window: K, "
                "which would tell, is not known";
        }
    }
    if (watch_.blocks().steps() >= enough_steps / 4) {
        judge_collapse(watch_.blocks().latest(), top_k_, out);
        if (out.verdict != load_verdict::collapsed) judge_collapse(loads, top_k_, out);
        judge_turns(watch_.blocks(), top_k_, unit(), out);
        judge_idle(loads, out);
    }
    const bool lost = out.verdict == load_verdict::collapsed;
    if (!measured && slow && !lost) out.margins.push_back(growth_margin(now, *slow, unit()));
}

double layer_margin::steps_a_row() const {
    const auto rows = static_cast<double>(watch_.blocks().steps());
    return rows > 1 ? static_cast<double>(last_step_.value_or(0) - first_step_) / (rows - 1) : 1;
}

layer_diagnosis layer_margin::margins() const {
    layer_diagnosis out;
    judge_loop(out);
    drop_unequal(out);
    if (!out.margins.empty()) return out;
    if (const auto slow = watch_.slowest())
        out.margins.push_back(growth_margin(watch_.now(), *slow, unit()));
    return out;
}

/// What the log says stands for shares; counts speak for themselves.
double layer_margin::tokens_of_step() const {
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
    judge_loop(out);
    out.warned_at = out.margins.empty() ? warned_at_ : grew_at_;
    if (lost_at_ && (!out.warned_at || *lost_at_ < *out.warned_at)) out.warned_at = lost_at_;
    drop_unequal(out);
    note_scores(scores_, head_, out);
    judge_counts(out);
    if (watch_.blocks().steps() > 0 && (out.margins.empty() || !out.feedback))
        note_choices(choices_, head_.tokens.has_value(), out);
    const bool in_danger =
        out.verdict >= load_verdict::coexistence;  // the better come before the worse
    if (in_danger && !out.feedback) out.knob = no_knob(head_, restored_);
    return out;
}

}  // namespace moebius
