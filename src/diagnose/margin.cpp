// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/diagnose/margin.hpp>
#include <numeric>

#include "loop_thresholds.hpp"

namespace moebius {
namespace {

constexpr double interval_90 = 1.6448536269514722;
/// -2 ln likelihood by which another forgetting must be better before gates are said to move:
/// chance 1 in 2,000 where the known one is right.
constexpr double moving = 12;
constexpr std::size_t enough_steps = 200;  // 20 blocks of the shortest length

control_law law_of(const log_head& head) {
    if (head.balancer == "integral") return control_law::integral;
    return head.balancer == "sign" ? control_law::sign : control_law::none;
}

/// Loops whose scores follow loads have a gain; without a rate it is fitted as well.
std::optional<loop_terms> terms_of(const log_head& head, const loop_thresholds& alone) {
    const bool feedback = head.balancer == "feedback" || head.feedback.value_or(0) != 0;
    if (!feedback) return std::nullopt;
    loop_terms out;
    out.forget = head.rate.value_or(0) * head.decay.value_or(1);
    out.control = law_of(head);
    if (out.control != control_law::none && head.bias_rate && head.beta && head.gate != "sigmoid")
        out.answer = *head.bias_rate * *head.beta / alone.balance;
    return out;
}

/// Loads as a collapsed router has them: few experts get nearly all, by exp(entropy), which is k
/// for a router of k choices that always takes the same, or half of them have less than a tenth of
/// an even share.
bool has_collapsed(const Eigen::VectorXd& loads, double top_k) {
    double entropy = 0;
    for (const double p : loads)
        if (p > 0) entropy -= p * std::log(p);
    const auto n = static_cast<double>(loads.size());
    const auto idle = static_cast<double>((loads.array() < 0.1 / n).count());
    return std::exp(entropy) < top_k + (n - top_k) / 4 || 2 * idle >= n;
}

/// The step in which a warning came to be there.
void note_first(const std::optional<warning>& seen, std::int64_t step,
                std::optional<std::int64_t>& at) {
    if (seen && !at) at = step;
}

std::string words_of(const block_growth& growth, std::size_t block) {
    return fmt::format(
        "from block to block of {} steps a deviation is multiplied by {:.3f} ({:.3f} "
        "to {:.3f})",
        block, growth.multiplier, growth.multiplier - interval_90 * growth.error,
        growth.multiplier + interval_90 * growth.error);
}

void judge_warning(const warning& now, layer_diagnosis& out) {
    if (now.kind == warning_kind::growing) {
        out.verdict = load_verdict::losing_balance;
        out.reason = words_of(now.growth, now.block) + ", away from equal loads";
    } else if (now.kind == warning_kind::swelling) {
        out.verdict = load_verdict::losing_balance;
        out.reason = fmt::format(
            "from {0} steps to the next {0} loads change {1:.1f} times as much as independent "
            "tokens "
            "make them, and rested in the first {2}",
            now.block * warning_limits::half, now.swelling,
            warning_limits::rest_block * block_window::blocks);
    } else {
        out.verdict =
            now.swing.lag < -0.2 ? load_verdict::oscillating : load_verdict::losing_balance;
        out.reason = fmt::format(
            "means of {} steps scatter {:.1f} times as much as independent "
            "tokens make them, and did not before",
            now.block, now.swing.gain);
    }
}

/// What counts alone say of a layer that raises no warning.
/// @param slow  the slow motion of the layer, where there are steps enough
void judge_rest(std::size_t steps, const std::optional<warning>& slow, layer_diagnosis& out) {
    if (steps < enough_steps || !slow) {
        out.reason = fmt::format("{} steps came; {} are needed", steps, enough_steps);
        return;
    }
    const bool rests = slow->growth.t < -3;  // a random walk does so in one window of 20
    out.verdict = rests ? load_verdict::safe : load_verdict::drifting;
    out.reason = rests ? "loads come back to their means: " : "loads move and do not run away: ";
    out.reason += words_of(slow->growth, slow->block);
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
    if (auto terms = terms_of(head, alone_)) {
        const bool known = terms->forget > 0 && terms->forget < 1;
        if (known) loop_.emplace(head.experts, *terms);
        free_.emplace(head.experts, *terms, known ? terms->forget : 0);
    }
    shares_.resize(head.experts);
}

void layer_margin::take(const load_record& record) {
    if (record.loads.size() != head_.experts)
        throw invalid_argument("diagnose", fmt::format("{} loads came", record.loads.size()),
                               fmt::format("a record has {}, one an expert", head_.experts));
    const Eigen::Map<const Eigen::ArrayXd> loads(record.loads.data(),
                                                 static_cast<Eigen::Index>(record.loads.size()));
    const double sum = loads.sum();
    if (!(sum > 0) || !std::isfinite(sum)) return;
    Eigen::Map<Eigen::ArrayXd>(shares_.data(), loads.size()) = loads * (1 / sum);
    if ((unit_ >= 0 && !are_counts(record.loads)) || sum > 1e15)
        unit_ = -1;  // shares: how many tokens there were is not in them
    for (std::size_t e = 0; unit_ >= 0 && unit_ != 1 && e < shares_.size(); ++e)
        unit_ = static_cast<double>(
            std::gcd(static_cast<std::int64_t>(unit_), static_cast<std::int64_t>(record.loads[e])));
    tokens_ = unit_ > 0 ? sum / unit_ / top_k_ : head_.tokens.value_or(0);
    watch_.take(shares_, tokens_, top_k_);
    note_first(watch_.first(), record.step, warned_at_);
    note_first(watch_.first_growth(), record.step, grew_at_);
    if (loop_) loop_->take(shares_);
    if (free_) free_->take(shares_);
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

/// Steps until one expert has half of its most, by the growth that is seen.
std::optional<double> steps_left(const warning& now, const Eigen::VectorXd& loads, double top_k) {
    const double most = 1 / top_k, top = loads.maxCoeff();
    const double even = 1 / static_cast<double>(loads.size());
    if (now.kind != warning_kind::growing || !(top > even) || top >= most / 2) return std::nullopt;
    return std::log((most / 2 - even) / (top - even)) / std::log(now.growth.multiplier) *
           static_cast<double>(now.block);
}

/// What counts alone tell.
margin growth_margin(const warning& now, const warning& slow) {
    const warning& shown = now.kind == warning_kind::growing ? now : slow;
    const double m = shown.growth.multiplier, error = interval_90 * shown.growth.error;
    return {1 - m, 1 - m - error, 1 - m + error,
            fmt::format("1, by the multiplier of deviations from block to block of {} steps",
                        shown.block)};
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
}

void layer_margin::judge_counts(layer_diagnosis& out) const {
    const auto now = watch_.now();
    const auto loads = watch_.blocks().recent();
    const bool measured = !out.margins.empty();
    const auto slow = measured ? std::nullopt : watch_.slowest();
    if (watch_.blocks().steps() >= enough_steps / 4 && has_collapsed(loads, top_k_)) {
        out.verdict = load_verdict::collapsed;
        out.reason = fmt::format("one expert has {:.3g} times its even share",
                                 loads.maxCoeff() * static_cast<double>(loads.size()));
    } else if (now.kind == warning_kind::growing || (now.kind != warning_kind::none && !measured)) {
        judge_warning(now, out);
        out.steps_left = steps_left(now, loads, top_k_);
    } else if (!measured) {
        judge_rest(watch_.blocks().steps(), slow, out);
    }
    if (!measured && slow) out.margins.push_back(growth_margin(now, *slow));
}

layer_diagnosis layer_margin::margins() const {
    layer_diagnosis out;
    judge_loop(out);
    if (!out.margins.empty()) return out;
    if (const auto slow = watch_.slowest())
        out.margins.push_back(growth_margin(watch_.now(), *slow));
    return out;
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
    note_scores(scores_, head_, out);
    judge_counts(out);
    const bool in_danger =
        out.verdict >= load_verdict::coexistence;  // the better come before the worse
    if (in_danger && !out.feedback) out.knob = no_knob(head_, restored_);
    return out;
}

}  // namespace moebius
