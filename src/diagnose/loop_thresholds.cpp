// SPDX-License-Identifier: MIT
#include "loop_thresholds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/compare/oscillation.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/exact/sign_rule.hpp>
#include <moebius/exact/subset_fold.hpp>

namespace moebius {
namespace {

constexpr double normal_90 = 1.6448536269514722;  // of a 90 % interval
constexpr double wanted = 0.25;                   // the margin that a knob is told for

void add_margin(layer_diagnosis& to, double gain, double error, double limit, std::string_view of) {
    auto& out = to.margins.emplace_back();
    out.value = 1 - gain / limit;
    out.low = 1 - (gain + normal_90 * error) / limit;
    out.high = 1 - (gain - normal_90 * error) / limit;
    out.of = of;
}

/// "feedback 6.1 -> 2.4", or the factor where the feedback is not in the log.
std::string lowered_feedback(const log_head& head, double factor) {
    if (head.feedback && *head.feedback > 0)
        return fmt::format("feedback from {:.3g} to {:.3g}", *head.feedback,
                           *head.feedback * factor);
    return fmt::format("feedback (or beta) by a factor of {:.2g}", factor);
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

loop_thresholds thresholds_of(const log_head& head, double top_k, double tokens) {
    const auto k = static_cast<std::size_t>(std::max(1.0, std::round(top_k)));
    const auto n = static_cast<double>(head.experts);
    loop_thresholds out{exact::subset_fold(head.experts, k).K,
                        exact::balanced(head.experts, 0, k).threshold};
    const double decay = head.decay.value_or(1), beta = head.beta.value_or(1);
    const double rate = head.rate.value_or(0);
    if (!head.bias_rate || !(rate > 0)) return out;
    if (head.balancer == "integral") out.gain = *head.bias_rate / rate * beta / decay;
    out.sign = head.balancer == "sign";
    if (out.sign && tokens > 0) {
        // variance of the share that an expert has of tokens k choices
        const double scatter = std::sqrt((1 / n) * (1 / static_cast<double>(k) - 1 / n) / tokens);
        out.gain =
            effective_gain({control_law::sign, *head.bias_rate, 0}, scatter, rate) * beta / decay;
    }
    return out;
}

void judge_gain(const loop_thresholds& at, const measured_slope& gain, std::string_view by,
                const log_head& head, layer_diagnosis& out) {
    const double K = gain.value * at.balance, error = gain.error * at.balance;
    const double low = K - normal_90 * error, high = K + normal_90 * error;
    out.feedback = {K, low, high, "feedback beta/decay"};
    add_margin(out, K, error, at.fold,
               "the fold: share of the feedback at which a collapsed state appears");
    add_margin(out, K, error, at.onset(),
               at.gain > 0
                   ? "the Hopf point: share of the feedback at which the controller oscillates"
                   : "loss of balance: share of the feedback at which equal loads are lost");
    out.verdict = region_of(at, K, low, high);
    out.reason = reason_of(at, out.verdict, K, low, high, by);
    if (out.margins[0].value < wanted && K > 0)
        out.knob = fmt::format("{} restores a margin of {:.0f} % from the fold",
                               lowered_feedback(head, (1 - wanted) * at.fold / K), 100 * wanted);
    const double needed = K / (1 - wanted) - at.balance;  // of the controller, gamma beta/decay
    if (at.gain > 0 && out.margins[1].value < wanted && needed > at.gain)
        out.knob +=
            fmt::format("; bias rate from {:.3g} to {:.3g} one of {:.0f} % from the Hopf point",
                        *head.bias_rate, *head.bias_rate * needed / at.gain, 100 * wanted);
}

}  // namespace moebius
