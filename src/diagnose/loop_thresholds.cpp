// SPDX-License-Identifier: MIT
#include "loop_thresholds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/compare/oscillation.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/exact/sign_rule.hpp>
#include <moebius/exact/subset_fold.hpp>
#include <optional>

namespace moebius {
namespace {

constexpr double normal_90 = 1.6448536269514722;  // of a 90 % interval

void add_margin(layer_diagnosis& to, double gain, double error, double limit, std::string_view of) {
    auto& out = to.margins.emplace_back();
    out.value = 1 - gain / limit;
    out.low = 1 - (gain + normal_90 * error) / limit;
    out.high = 1 - (gain - normal_90 * error) / limit;
    out.of = of;
}

/// "feedback from 6.1 to 2.4", or the factor where the feedback is not in the log.
std::string lowered_feedback(const log_head& head, double factor) {
    if (head.feedback && *head.feedback > 0)
        return fmt::format("feedback from {:.3g} to {:.3g}", *head.feedback,
                           *head.feedback * factor);
    return fmt::format("feedback (or beta) by a factor of {:.2g}", factor);
}

/// The fewest choices whose fold is that far from K; none of half the experts or fewer may be.
std::optional<std::size_t> raised_top_k(const loop_thresholds& at, std::size_t experts,
                                        double needed) {
    for (std::size_t k = at.top_k + 1; 2 * k <= experts; ++k)
        if (exact::subset_fold(experts, k).K >= needed) return k;
    return std::nullopt;
}

/// What restores a margin, each by itself, by the thresholds as functions of it.
std::string knob_of(const loop_thresholds& at, double K, const log_head& head, double restored,
                    const std::vector<margin>& margins) {
    std::string out;
    if (margins[0].value < restored && K > 0) {
        out = fmt::format("{} restores a margin of {:.0f} % from the fold",
                          lowered_feedback(head, (1 - restored) * at.fold / K), 100 * restored);
        if (const auto k = raised_top_k(at, head.experts, K / (1 - restored)))
            out += fmt::format("; or top-k from {} to {}", at.top_k, *k);
    }
    const double needed = K / (1 - restored) - at.balance;  // of the controller, gamma beta/decay
    if (at.gain > 0 && margins[1].value < restored && needed > at.gain)
        out += fmt::format("{}bias rate from {:.3g} to {:.3g} one of {:.0f} % from the Hopf point",
                           out.empty() ? "" : "; ", *head.bias_rate,
                           *head.bias_rate * needed / at.gain, 100 * restored);
    return out;
}

/// Which of the regions of docs/theory.md section 5 the loop is in.
load_verdict region_of(const loop_thresholds& at, double K, double low, double high) {
    if (low < at.fold && high > at.fold && high - low > at.fold / 2)
        return load_verdict::cannot_tell;
    if (low > at.onset())
        return at.gain > 0 ? load_verdict::oscillating : load_verdict::losing_balance;
    if (K > at.balance && at.gain == 0) return load_verdict::losing_balance;
    return high > at.fold && K > at.fold * 0.999 ? load_verdict::coexistence : load_verdict::safe;
}

std::string reason_of(const loop_thresholds& at, load_verdict verdict, double K, double low,
                      double high, std::string_view by) {
    auto out = fmt::format(
        "K = {:.4g} ({:.4g} to {:.4g}) by {}; a collapsed state exists from {:.4g}, "
        "equal loads are lost at {:.4g}",
        K, low, high, by, at.fold, at.balance);
    if (at.gain > 0)
        out += fmt::format(" without the controller and at {:.4g} with it", at.onset());
    if (at.sign && K > at.balance && K < at.onset())
        out += fmt::format(
            "; the sign rule holds them against deviations below {:.2g} standard "
            "deviations of a step's load only",
            exact::sign_basin(K - at.balance, at.gain));
    if (verdict == load_verdict::cannot_tell)
        out += "; the interval is too wide to say on which side";
    if (verdict == load_verdict::safe && high > at.fold)
        out += "; the interval reaches into the window where both exist";
    return out;
}

}  // namespace

loop_thresholds thresholds_of(std::size_t experts, double top_k) {
    const auto k = static_cast<std::size_t>(std::max(1.0, std::round(top_k)));
    loop_thresholds out{exact::subset_fold(experts, k).K, exact::balanced(experts, 0, k).threshold};
    out.top_k = k;
    return out;
}

loop_thresholds controlled(loop_thresholds out, const log_head& head, double tokens) {
    const auto n = static_cast<double>(head.experts), k = static_cast<double>(out.top_k);
    const double decay = head.decay.value_or(1), beta = head.beta.value_or(1);
    const double rate = head.rate.value_or(0);
    if (!head.bias_rate || !(rate > 0)) return out;
    if (head.balancer == "integral") out.gain = *head.bias_rate / rate * beta / decay;
    out.sign = head.balancer == "sign";
    if (out.sign && tokens > 0) {
        // variance of the share that an expert has of tokens k choices
        const double scatter = std::sqrt((1 / n) * (1 / k - 1 / n) / tokens);
        out.gain =
            effective_gain({control_law::sign, *head.bias_rate, 0}, scatter, rate) * beta / decay;
    }
    return out;
}

void judge_gain(const loop_thresholds& at, const measured_slope& gain, std::string_view by,
                const log_head& head, double restored, layer_diagnosis& out) {
    const double K = gain.value * at.balance, error = gain.error * at.balance;
    const double low = K - normal_90 * error, high = K + normal_90 * error;
    out.feedback = {K, low, high, "feedback beta/decay"};
    out.limits = at;
    add_margin(out, K, error, at.fold,
               "the fold: share of the feedback at which a collapsed state appears");
    add_margin(out, K, error, at.onset(),
               at.gain > 0
                   ? "the Hopf point: share of the feedback at which the controller oscillates"
                   : "loss of balance: share of the feedback at which equal loads are lost");
    out.verdict = region_of(at, K, low, high);
    out.reason = reason_of(at, out.verdict, K, low, high, by);
    out.knob = knob_of(at, K, head, restored, out.margins);
}

std::string no_knob(const log_head& head, double restored) {
    const auto cannot =
        fmt::format("cannot tell which knob restores a margin of {:.0f} %: ", 100 * restored);
    if (head.balancer == "aux")
        return cannot +
               "an aux loss acts through what gates learn, and how fast they do is not in a log";
    return cannot + "K is not known; moments or a dither in the log would tell it";
}

}  // namespace moebius
