// SPDX-License-Identifier: MIT
#include "score_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace moebius {
namespace {

using relation = score_rule::relation;

// parts of the changes' squares
constexpr double made = 0.5, unmade = 0.3;  ///< by a rule, or by none
constexpr double nearly_all = 0.95;         ///< so that its numbers can be held against settings
constexpr double own_made = 0.6, own_unmade = unmade;  ///< of one expert, beside its like

/// Experts whose scores do not follow their loads where those of all others do.
std::vector<std::size_t> astray(const relation& seen) {
    std::vector<std::size_t> out;
    for (const auto& [expert, part] : seen.experts) {
        if (part > own_unmade && part < own_made) return {};
        if (part <= own_unmade) out.push_back(expert);
    }
    if (out.size() == seen.experts.size()) out.clear();
    return out;
}

std::string words_of_astray(const std::vector<std::size_t>& experts) {
    constexpr std::size_t most = 12;
    const auto shown = std::vector(
        experts.begin(), experts.begin() + std::min<std::ptrdiff_t>(most, std::ssize(experts)));
    return fmt::format(
        "the logged scores of experts {}{} do not follow these experts' loads by the rule that "
        "those of the others do: where scores have another order of experts than loads it looks so",
        fmt::join(shown, ", "), experts.size() > most ? ", ..." : "");
}

std::string words_of_apart(const relation& apart) {
    const bool late = apart.after < 0;
    const int steps = late ? -apart.after : apart.after - 1;
    return fmt::format(
        "the logged scores change by the loads of {} step{} {}, and not by those of their own: "
        "scores and loads are not of the same steps",
        steps, steps == 1 ? "" : "s", late ? "before" : "later");
}

std::string words_of_none(const relation& own, const relation& apart) {
    return fmt::format(
        "the logged scores are not made of these loads by any rule that is known: the loads of no "
        "step near make more than {:.0f} % of the squares of their changes; scores of another "
        "order of experts, layer, run or step are so, and scores that something else moves",
        100 * std::max(own.of, apart.of));
}

/// A number that scores have, and what the settings make it.
struct held {
    double value, error, told;
    bool known;  ///< whether the value is told at all
    std::string_view what, by;
    [[nodiscard]] bool is_off() const {
        constexpr double sure = 5;  // standard errors
        return known && std::abs(value - told) > sure * error;
    }
    [[nodiscard]] std::string words() const {
        const double half = normal_90 * error;
        return fmt::format(
            "the logged scores {} {:.3g} ({:.3g} to {:.3g}), and by what is told ({}) {:.3g}: a "
            "setting is another than told, or the scores are not those of these loads{}",
            what, value, value - half, value + half, by, told,
            value * told < 0 ? ", as scores of the other sign are not" : "");
    }
};

/// Whether a gain that is told instead of the one that is seen would show in the changes.
/// @param scatter  squares of what the gain is of, over the changes'
bool matters(const held& one, double scatter) {
    constexpr double least = 0.15;  // of the root mean square change
    return one.is_off() && std::abs(one.value - one.told) * std::sqrt(scatter) > least;
}

std::optional<std::string> against_step(const relation& own, const log_head& head) {
    const bool integral = head.balancer == "integral", sign = head.balancer == "sign";
    const told_rule rule(head);
    if ((integral || sign) && !head.bias_rate) return std::nullopt;
    if (sign) {
        const held by_sign{own.gains[1],
                           own.errors[1],
                           -*head.bias_rate,
                           own.known[1],
                           "gain per sign of load - 1/E a step",
                           "-bias_rate"};
        if (matters(by_sign, own.scatter(1, 1))) return by_sign.words();
    }
    if (!(rule.rate > 0) || !head.feedback) return std::nullopt;
    const held by_load{own.gains[0],
                       own.errors[0],
                       rule.rate * rule.feedback - (integral ? *head.bias_rate : 0),
                       own.known[0],
                       "gain per unit of load a step",
                       integral ? "rate x feedback - bias_rate" : "rate x feedback"};
    if (matters(by_load, own.scatter(0, 0))) return by_load.words();
    return std::nullopt;
}

/// Of scores at rest, whatever the rate.
std::optional<std::string> against_rest(const relation& own, const log_head& head) {
    const bool controlled = head.balancer == "integral" || head.balancer == "sign";
    if (controlled || !head.feedback || *head.feedback == 0) return std::nullopt;
    const double forgets = -own.gains[2], relative = own.errors[2] / forgets;
    constexpr double sure = 0.05, least = 0.15;
    if (!(forgets > 0 && relative < sure)) return std::nullopt;
    const double value = own.gains[0] / forgets;
    const held at_rest{value,
                       std::hypot(own.errors[0] / forgets, relative * value),
                       told_rule(head).per_load(),
                       own.known[0] && own.known[2],
                       "gain per unit of load, at rest,",
                       "feedback / decay"};
    if (!at_rest.is_off() || std::abs(value - at_rest.told) < least * std::abs(at_rest.told))
        return std::nullopt;
    return at_rest.words();
}

/// Of scores that are the sum of a feedback's and a controller's each may take away what the other
/// adds, and what one forgets is not told by the sum.
bool is_sum(const log_head& head) {
    const bool controlled = head.balancer == "integral" || head.balancer == "sign";
    return controlled && told_rule(head).feedback != 0;
}

bool has_none(const relation& own) {
    return own.of < unmade && std::all_of(own.experts.begin(), own.experts.end(),
                                          [](const auto& one) { return one.second < unmade; });
}

}  // namespace

std::vector<std::string> words_of_scores(const score_rule& scores, const log_head& head,
                                         bool settles) {
    const auto own = scores.own();
    if (!own) return {};
    if (is_sum(head)) return {};
    if (const auto other = astray(*own); !other.empty()) return {words_of_astray(other)};
    const auto apart = own->of < made ? scores.apart() : relation{};
    if (apart.of > made) return {words_of_apart(apart)};
    if (has_none(*own) && apart.of < unmade) return {words_of_none(*own, apart)};
    if (own->of < nearly_all || !settles || unfit_rule(head)) return {};
    if (auto said = against_step(*own, head)) return {*said};
    if (auto said = against_rest(*own, head)) return {*said};
    return {};
}

std::string seen_feedback::words() const {
    return fmt::format(
        "the scores of the log gain {0:.3g} per unit of load a step and forget {1:.3g} of "
        "themselves: --rate {1:.3g} --decay 1 --feedback {2:.3g} would tell K, with --beta where "
        "that is not 1",
        gain, forget, gain / forget);
}

std::optional<seen_feedback> feedback_seen(const score_rule& scores) {
    constexpr double sure = 0.05;
    const auto own = scores.own();
    if (!own || own->of < nearly_all || !astray(*own).empty()) return std::nullopt;
    const double gain = own->gains[0], forget = -own->gains[2];
    const auto told = [&](double value, std::size_t i) {
        return own->known[i] && own->errors[static_cast<Eigen::Index>(i)] < sure * value;
    };
    if (!told(gain, 0) || !told(forget, 2) || forget >= 1) return std::nullopt;
    if (own->gains[1] * own->gains[1] * own->scatter(1, 1) > 1 - nearly_all) return std::nullopt;
    return seen_feedback{gain, forget};
}

std::string words_of_slope(const measured_slope& slope, double per_load) {
    constexpr double near = 0.15;
    const auto seen = fmt::format("loads change by {:.3g} per unit of score", slope.value);
    const double rest = 1 / per_load, off = std::abs(slope.value - rest);
    if (per_load > 0 && off < std::max(near * rest, normal_90 * slope.error))
        return fmt::format(
            "{}, and decay/feedback is {:.3g}: that is the controller read backwards, not the "
            "router",
            seen, rest);
    return fmt::format(
        "{}{}: of scores that follow loads this mixes the router's slope with the controller read "
        "backwards, by when in a step they are logged, and no K is taken from it",
        seen, per_load > 0 ? fmt::format(", and decay/feedback is {:.3g}", rest) : "");
}

}  // namespace moebius
