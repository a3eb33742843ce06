// SPDX-License-Identifier: MIT
#include "loop_thresholds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/constants.hpp>
#include <moebius/compare/oscillation.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/exact/sign_rule.hpp>
#include <moebius/exact/stepped_loop.hpp>
#include <moebius/exact/subset_fold.hpp>
#include <moebius/logs/token_noise.hpp>
#include <vector>

namespace moebius {
namespace {

/// Why two knobs have no place in the thresholds.
constexpr std::string_view learned_knobs =
    "an aux weight and a z-loss act through what gates learn, and how fast they do is not in a log";

/// Of the map, in K: where it flips, and by how much its controller raises the loss of balance.
void put_steps(loop_thresholds& to) {
    const auto stable = exact::stable_between(to.loop);
    to.gain = (stable.loss - 1) * to.balance;
    to.swings = stable.swings;
    to.flip = stable.flip * to.balance;
}

/// K and the ends of its 90 % interval.
struct known_feedback {
    double value, low, high;
};

void add_margin(layer_diagnosis& to, const known_feedback& K, double limit, std::string_view of) {
    to.margins.push_back(
        {1 - K.value / limit, 1 - K.high / limit, 1 - K.low / limit, std::string(of)});
}

/// "2.4 (2.2 to 2.7)": what a knob must be for K, and for the ends of K's interval.
template <typename Knob>
std::string with_interval(const known_feedback& K, const Knob& knob) {
    const double at_low = knob(std::max(K.low, 0.0)), at_high = knob(K.high);
    const auto ends = std::minmax(at_low, at_high);
    return fmt::format("{:.3g} ({})", knob(K.value),
                       std::isfinite(ends.second)
                           ? fmt::format("{:.3g} to {:.3g}", ends.first, ends.second)
                           : fmt::format("{:.3g} or more", ends.first));
}

/// "feedback from 6.1 to 2.4 (2.2 to 2.7)", or the factor where the feedback is not in the log.
std::string lowered_feedback(const log_head& head, const known_feedback& K, double wanted) {
    const double now = told_rule(head).feedback;
    if (now > 0)
        return fmt::format("feedback from {:.3g} to {}", now,
                           with_interval(K, [&](double at) { return now * wanted / at; }));
    return fmt::format("feedback (or beta) by a factor of {}",
                       with_interval(K, [&](double at) { return wanted / at; }));
}

/// K_s(N, k). It is asked for the same k in every step of a log, and takes longer than the rest of
/// a verdict: those of one number of experts are kept.
double fold_of(std::size_t experts, std::size_t k) {
    thread_local std::size_t of = 0;
    thread_local std::vector<double> known;
    if (of != experts) known.clear();
    of = experts;
    known.resize(std::max(known.size(), k + 1), not_a_number);
    if (std::isnan(known[k])) known[k] = exact::subset_fold(experts, k).K;
    return known[k];
}

/// The fewest choices whose fold is that far from K; infinite where none of half the experts or
/// fewer is.
double raised_top_k(const loop_thresholds& at, std::size_t experts, double needed) {
    for (std::size_t k = at.top_k; 2 * k <= experts; ++k)
        if (fold_of(experts, k) >= needed) return static_cast<double>(k);
    return std::numeric_limits<double>::infinity();
}

/// What restores a margin, each by itself, by the thresholds as functions of it.
std::string knob_of(const loop_thresholds& at, const known_feedback& K, const log_head& head,
                    double restored, const std::vector<margin>& margins) {
    std::string out;
    if (margins[0].value < restored && K.value > 0) {
        out = fmt::format("{} restores a margin of {:.0f} % from the fold",
                          lowered_feedback(head, K, (1 - restored) * at.fold), 100 * restored);
        const auto choices = [&](double needed) {
            return raised_top_k(at, head.experts, needed / (1 - restored));
        };
        if (std::isfinite(choices(K.value)))
            out += fmt::format("; or top-k from {} to {}", at.top_k, with_interval(K, choices));
    }
    if (!(at.gain > 0)) return out;
    // bias rates at the ends of a stable loop, which K is the margin from
    const auto rate = [&](double answer) { return *head.bias_rate * answer / at.loop.answer; };
    const auto lost = [&](double feedback) {
        const double gain = feedback / (1 - restored) / at.balance;
        return rate(std::max(exact::answers_between(at.loop, gain).loss, 0.0));
    };
    const auto flips = [&](double feedback) {
        const double gain = feedback / (1 + restored) / at.balance;
        return rate(exact::answers_between(at.loop, gain).flip);
    };
    const auto told = [&](const auto& knob, std::string_view of) {
        out += fmt::format("{}bias rate from {:.3g} to {} one of {:.0f} % from {}",
                           out.empty() ? "" : "; ", *head.bias_rate, with_interval(K, knob),
                           100 * restored, of);
    };
    if (margins[1].value < restored && lost(K.value) > *head.bias_rate &&
        lost(K.high) < flips(std::max(K.low, 0.0)))
        told(lost, at.swings ? "the Hopf point" : "the loss of balance");
    if (at.flip > 0 && !at.sign && K.value / at.flip - 1 < restored) told(flips, "loads that flip");
    return out;
}

/// Which of the regions of docs/theory.md section 5 the loop is in.
load_verdict region_of(const loop_thresholds& at, double K, double low, double high) {
    if (low < at.flip)
        return high < at.flip && !at.sign ? load_verdict::oscillating : load_verdict::cannot_tell;
    if (low < at.fold && high > at.fold && high - low > at.fold / 2)
        return load_verdict::cannot_tell;
    if (low > at.onset() && at.unknown.empty())
        return at.swings ? load_verdict::oscillating : load_verdict::losing_balance;
    if (K > at.balance && at.gain == 0 && at.unknown.empty()) return load_verdict::losing_balance;
    if (low < at.fold && high > at.fold) return load_verdict::cannot_tell;
    return low < at.fold ? load_verdict::safe : load_verdict::coexistence;
}

std::string reason_of(const loop_thresholds& at, load_verdict verdict, double K, double low,
                      double high, std::string_view by, const log_head& head) {
    auto out = fmt::format(
        "K = {:.4g} ({:.4g} to {:.4g}) by {}; {}a collapsed state exists from {:.4g}, "
        "equal loads are lost at {:.4g}",
        K, low, high, by, at.gain > 0 || !at.unknown.empty() ? "without the controller " : "",
        at.fold, at.balance);
    if (at.gain > 0) out += fmt::format(", with it they are lost at {:.4g}", at.onset());
    if (at.flip > 0)
        out += fmt::format(", and below {:.4g} they change sides in each step{}", at.flip,
                           at.sign ? ", as one of the sign rule moves loads by more than their "
                                     "noise: how it holds them then is not known"
                                   : ", as the controller takes back more than twice a deviation");
    if (!is_softmax(head))
        out += fmt::format(
            "; K and thresholds are those that softmax would have with that gain of "
            "the loop: the gate is {}",
            head.gate);
    if (at.top_k > 1)
        out += fmt::format(
            "; thresholds are those of exact-k, k = {0}: a router that takes the {0} best of noisy "
            "scores has others",
            at.top_k);
    if (at.gain > 0 && verdict == load_verdict::coexistence)
        out +=
            "; experts that collapse in turn may stand beside them before, from a K on that is not "
            "computed and is the higher the faster the controller";
    if (at.sign && K > at.balance && K < at.onset())
        out += fmt::format(
            "; the sign rule holds them against deviations below {:.2g} standard "
            "deviations of a step's load only",
            exact::sign_basin(K - at.balance, at.gain));
    if (verdict == load_verdict::cannot_tell && !(at.sign && high < at.flip))
        out += "; the interval is too wide to say on which side";
    return out;
}

/// Settings that are not told and count as 1, each with the option that would tell it.
std::string taken_for_one(const log_head& head) {
    std::string out;
    for (const auto& [name, value] : {std::pair("decay (--decay)", head.decay),
                                      {"beta (--beta)", head.beta},
                                      {"top-k (--top-k)", head.top_k}})
        if (!value) out += (out.empty() ? "" : ", ") + std::string(name);
    return out;
}

/// What is not known of the loop, or taken for granted.
void note_limits(const loop_thresholds& at, const log_head& head, double high,
                 layer_diagnosis& out) {
    if (!at.unknown.empty())
        out.notes.push_back(fmt::format(
            "cannot tell from which K on the {} rule no longer holds equal loads: {} is not known",
            head.balancer, at.unknown));
    if (const auto taken = taken_for_one(head); !taken.empty())
        out.notes.push_back(fmt::format("K takes {} for 1, as the log does not tell", taken));
    if (high < at.flip)
        out.notes.emplace_back(
            "cannot tell K as well as its interval says: of loads that change sides in each step "
            "the mean scores are not known, and it may be 1 % off");
}

}  // namespace

loop_thresholds thresholds_of(std::size_t experts, double top_k) {
    const auto k = static_cast<std::size_t>(std::max(1.0, std::round(top_k)));
    loop_thresholds out{fold_of(experts, k), exact::balanced(experts, 0, k).threshold};
    out.top_k = k;
    return out;
}

loop_thresholds controlled(loop_thresholds out, const log_head& head, double tokens) {
    const auto n = static_cast<double>(head.experts), k = static_cast<double>(out.top_k);
    const told_rule rule(head);
    out.sign = head.balancer == "sign";
    if (!out.sign && head.balancer != "integral") return out;
    if (!head.bias_rate || !(rule.rate > 0) || (out.sign && !(tokens > 0)))
        out.unknown = !head.bias_rate    ? "a step of its bias (--bias-rate)"
                      : !(rule.rate > 0) ? "the rate of scores (--rate)"
                                         : "how many tokens a step has (--tokens)";
    if (!out.unknown.empty()) return out;
    out.loop.forget = rule.forget();
    double bias = 0;  // a step, per unit of load
    if (head.balancer == "integral") {
        bias = *head.bias_rate;
        out.loop.leak = head.bias_leak;
    }
    if (out.sign) {
        const double scatter = std::sqrt(token_noise(1 / n, k, tokens) / n);
        bias =
            rule.rate * effective_gain({control_law::sign, *head.bias_rate, 0}, scatter, rule.rate);
    }
    out.loop.answer = bias * rule.beta / out.balance;
    if (out.loop.answer > 0) put_steps(out);
    return out;
}

margin feedback_of(const loop_thresholds& at, const measured_slope& gain) {
    return {gain.value * at.balance, gain.low() * at.balance, gain.high() * at.balance,
            "feedback beta/decay"};
}

void judge_gain(const loop_thresholds& at, const measured_slope& gain, std::string_view by,
                const log_head& head, double restored, layer_diagnosis& out) {
    out.feedback = feedback_of(at, gain);
    const double K = out.feedback->value, low = out.feedback->low, high = out.feedback->high;
    out.limits = at;
    const std::string_view alone = " without the controller",
                           known = at.unknown.empty() ? "" : alone;
    add_margin(out, {K, low, high}, at.fold,
               fmt::format("the fold: share of the feedback at which a collapsed state appears{}",
                           at.gain > 0 ? alone : known));
    add_margin(
        out, {K, low, high}, at.onset(),
        at.swings
            ? "the Hopf point: share of the feedback at which the controller oscillates"
            : fmt::format("loss of balance: share of the feedback at which equal loads are lost{}",
                          known));
    if (at.flip > 0 && !at.sign) {
        auto& last = out.margins.emplace_back();
        last.value = K / at.flip - 1;
        last.low = low / at.flip - 1;
        last.high = high / at.flip - 1;
        last.of = "the flip: share of the feedback below which loads change sides in each step";
    }
    out.verdict = region_of(at, K, low, high);
    out.reason = reason_of(at, out.verdict, K, low, high, by, head);
    out.knob = knob_of(at, {K, low, high}, head, restored, out.margins);
    std::stable_sort(out.margins.begin(), out.margins.end(),
                     [](const margin& a, const margin& b) { return a.value < b.value; });
    note_limits(at, head, high, out);
    if (!out.knob.empty())
        out.notes.push_back(fmt::format(
            "cannot tell the aux weight or z-loss that restores a margin: {}", learned_knobs));
}

std::string no_knob(const log_head& head, double restored, const std::string& why) {
    return fmt::format(
        "cannot tell which knob restores a margin of {:.0f} %: {}; {}", 100 * restored,
        is_learned(head) ? "scores do not follow loads, and there is no feedback to lower"
                         : "K is not known: " + why,
        learned_knobs);
}

}  // namespace moebius
