// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <moebius/base/text.hpp>
#include <moebius/logs/load_log.hpp>

namespace moebius {

bool follows_loads(const log_head& head) {
    const told_rule rule(head);
    if (head.balancer == "feedback" || rule.feedback != 0) return true;
    return !head.feedback && rule.rate > 0 && !is_learned(head);
}

std::string layers_text(const log_head& head, std::span<const std::size_t> layers) {
    constexpr std::size_t most = 12;
    std::string out = layers.size() == 1 ? "layer " : "layers ";
    for (std::size_t i = 0; i < std::min(layers.size(), most); ++i) {
        if (i > 0) out += ", ";
        out += excerpt(head.layers[layers[i]], 30);
    }
    return layers.size() > most ? fmt::format("{} and {} more", out, layers.size() - most) : out;
}

namespace {

/// A rule by which scores would follow loads and that never moves them.
std::optional<refusal> unmoved(const log_head& head) {
    auto moved = head;
    moved.rate = 1;
    if (head.rate != 0.0 || !follows_loads(moved)) return std::nullopt;
    return refusal{"rate is 0", "it must be > 0: by 0 scores never follow loads"};
}

}  // namespace

std::optional<refusal> unfit_rule(const log_head& head) {
    using setting = std::pair<std::string_view, double>;
    const told_rule rule(head);
    for (const auto& [name, value] : {setting("decay", rule.decay), {"beta", rule.beta}})
        if (!(value > 0 && value <= largest_number))
            return refusal{fmt::format("{} is {:g}", name, value),
                           "it must be > 0 and 2^53 at most"};
    if (auto why = unmoved(head)) return why;
    for (const auto& [name, value] :
         {setting("rate", rule.rate), {"bias_rate", head.bias_rate.value_or(0)}})
        if (!(value >= 0 && value <= largest_number))
            return refusal{fmt::format("{} is {:g}", name, value),
                           "it must be >= 0 and 2^53 at most"};
    if (!(head.bias_leak >= 0 && head.bias_leak <= 1))
        return refusal{fmt::format("bias_leak is {:g}", head.bias_leak),
                       "it must be 0 to 1: it is the share of a bias that a step forgets"};
    if (!(std::abs(rule.feedback) <= largest_number))
        return refusal{fmt::format("feedback is {:g}", rule.feedback), "it must be 2^53 at most"};
    if (!(std::abs(rule.K()) <= largest_number))
        return refusal{fmt::format("feedback beta/decay is {:g}", rule.K()),
                       "it must be 2^53 at most"};
    if (head.experts > 1 && rule.top_k >= static_cast<double>(head.experts))
        return refusal{fmt::format("top_k is {:g} of {} experts", rule.top_k, head.experts),
                       "a token that goes to all of them chooses none, whatever their scores"};
    const double forgets = rule.forget();
    if (rule.rate > 0 && forgets < std::numeric_limits<double>::epsilon())
        return refusal{fmt::format("rate x decay is {:g}", forgets),
                       "it must be more than what rounding forgets of a score"};
    if (forgets < 1) return std::nullopt;
    return refusal{fmt::format("rate x decay is {:g}", forgets),
                   "it must be < 1: it is the share of a score that a step forgets"};
}

}  // namespace moebius
