// SPDX-License-Identifier: MIT
// What layer_margin knows of the loop: fits, probes, and K by them.
#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/diagnose/margin.hpp>

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
    if (out.control == control_law::none || !head.bias_rate || !head.beta || !is_softmax(head))
        return out;
    out.leak = head.bias_leak;
    out.slope = 1 / alone.balance;
    out.answer = *head.bias_rate * *head.beta * out.slope;
    out.per_load = head.rate.value_or(0) * head.feedback.value_or(0) * *head.beta;
    out.per_sum = *head.bias_rate * *head.beta;
    return out;
}

/// Whether a loop's mean loads are so unequal that its gain is not that of equal ones; with a note.
bool lies_apart(const fitted_loop& fit, layer_diagnosis& out) {
    constexpr double most = 0.2;
    if (!(fit.unequal > most)) return false;
    out.notes.push_back(
        fmt::format("cannot tell a distance from counts: mean loads are {:.0f} % from the even one "
                    "(root mean square), and the gain there is not that of equal loads",
                    100 * fit.unequal));
    return true;
}

/// What of a log is not as of gates that rest under a known rule; chance 1 in 1,000 of each.
std::string moves(const loop_fit& loop, const free_loop_fit& free, const fitted_loop& fit,
                  double known) {
    const auto last = loop.recent();
    if (last && std::abs(fit.gain - last->gain) > 3.3 * last->error)
        return fmt::format("the gain of the last {} steps, {:.3g}, is not that of all, {:.3g}",
                           last->steps, last->gain, fit.gain);
    const auto from = loop.first_part();
    const auto [late, early] = loop.late_and_early(from);
    if (late && early && std::min(late->steps, early->steps) > 25 / known &&
        std::abs(late->gain - early->gain) > 3.3 * std::hypot(late->error, early->error))
        return fmt::format("the gain of the last {} steps, {:.3g}, is not that before, {:.3g}",
                           late->steps, late->gain, early->gain);
    const auto other = free.whole(from);
    if (other && fit.misfit - other->loop.misfit > moving)
        return fmt::format("a fit gives {:.3g} forgotten a step where {:.3g} is known",
                           other->forget, known);
    return {};
}

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
        if (!fit || lies_apart(fit->loop, out)) return std::nullopt;
        out.notes.push_back(
            fmt::format("the step was fitted, too: a score forgets {:.3g} of itself a "
                        "step; gates that move are taken for a loop",
                        fit->forget));
        return slope(fit->loop);
    }
    const auto fit = loop->whole();
    if (!fit || fit->steps < 10 / known) return std::nullopt;
    if (const auto why = moves(*loop, *free, *fit, known); !why.empty()) {
        out.notes.push_back("cannot tell a distance from counts: " + why +
                            ", so gates or settings move");
        return std::nullopt;
    }
    if (lies_apart(*fit, out)) return std::nullopt;
    return slope(*fit);
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

/// A loop with a controller is fitted by the scores that its feedback makes.
void layer_margin::take_feedback(double now) {
    const bool moves = head_.feedback != now;
    head_.feedback = now;
    if (!moves || law_of(head_) == control_law::none) return;
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
    if (holds(record.dither, n, "dither")) {
        if (!dither_) dither_.emplace(n);
        dither_->take(shares_, record.dither);
    }
    if (holds(record.moments, n * n, "moments") && !unfit_) {
        if (!moments_) moments_.emplace(n, head_.beta.value_or(1));
        moments_->take(record.moments, record.dither);
    }
    if (holds(record.scores, n, "scores")) {
        if (!scores_) scores_.emplace(n);
        scores_->take(shares_, record.scores);
    }
}

/// Every tenth step: the first in which all of the gain's interval is beyond the loss of balance.
void layer_margin::watch_gain(std::int64_t step) {
    if (lost_at_ || ++probed_ % 10 != 0) return;
    layer_diagnosis now;
    judge_loop(now);
    if (now.limits && now.feedback->low > now.limits->onset()) lost_at_ = step;
}

/// Whether most records have fewer choices than the step: scores that follow all of them are not
/// made of these.
bool layer_margin::counts_part() const {
    return head_.of_one_rank || 2 * parts_ > watch_.blocks().steps();
}

void layer_margin::judge_probes(layer_diagnosis& out) const {
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
    const double known = head_.rate.value_or(0) * head_.decay.value_or(1);
    layer_diagnosis unsaid;  // whether gates rest, which counts tell, is nothing to say here
    if (moments_ && top_k_ == 1) {
        const bool rests = per_load > 0 && loop_ && gain_of(loop_, free_, known, unsaid);
        told(rests ? moments_->at_rest() : std::nullopt, "moments of gates that rest");
        told(moments_->slope(), "moments");  // of the leading direction
        if (dither_ && !out.margins.empty())
            out.notes.emplace_back(
                "K by moments is that under the dither, which takes some of it: without it K is "
                "more, and the margin less");
    }
    if (!out.margins.empty() || !dither_ || counts_part()) return;
    told(dither_->slope(), "dither");
    if (!out.margins.empty())
        out.notes.emplace_back(
            "a dither tells the mean gain over all directions of loads: where gates prefer "
            "tokens the largest, which moments tell, is more, and the margin less");
}

/// Why what the log has tells no K; empty where it has nothing that could.
std::string layer_margin::untold() const {
    if (unfit_) return fmt::format("{}, but {}", unfit_->got, unfit_->needed);
    if (counts_part())
        return "the log has a part of a step's choices alone, and scores may follow all of them";
    if (!moments_ && !dither_) return {};
    if (!head_.feedback) return "the feedback is not in the log";
    if (!(*head_.feedback > 0)) return fmt::format("the feedback is {:g}", *head_.feedback);
    if (dither_ || top_k_ == 1) return "a dither or moments came in too few steps";
    return fmt::format(
        "moments of softmax's shares are not the derivative of the loads of a router that chooses "
        "{:g} of them, and a dither would tell it",
        top_k_);
}

bool layer_margin::judge_loop(layer_diagnosis& out) const {
    const double known = head_.rate.value_or(0) * head_.decay.value_or(1);
    if (!unfit_) judge_probes(out);
    const bool probed = !out.margins.empty();
    if (!unfit_ && out.margins.empty() && !counts_part())
        if (const auto gain = gain_of(loop_, free_, known, out))
            judge_gain(controlled(alone_, head_, tokens_), *gain, "counts of gates that rest",
                       head_, restored_, out);
    if (!out.margins.empty() || !loops_) return probed;
    if (gap_ && out.notes.empty())
        out.notes.push_back(fmt::format(
            "cannot tell a distance from counts: known rates need every step, and before step {} "
            "rows are {} steps apart",
            gap_end_, *gap_));
    if (const auto why = untold(); !why.empty()) out.notes.push_back("cannot tell K: " + why);
    return probed;
}

/// Under a rule that makes scores of loads their slope is that rule.
void layer_margin::note_scores(layer_diagnosis& out) const {
    const auto slope = scores_ ? scores_->slope() : std::nullopt;
    if (!slope || !(slope->error < 0.1 * std::abs(slope->value))) return;
    const double feedback = head_.feedback.value_or(0);
    const double backwards = feedback > 0 ? head_.decay.value_or(1) / feedback : 0;
    out.notes.push_back(fmt::format(
        "loads change by {:.3g} per unit of score{}: that is the controller read backwards, not "
        "the router",
        slope->value,
        backwards > 0 ? fmt::format(" (decay/feedback is {:.3g})", backwards) : std::string()));
}

}  // namespace moebius
