// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <moebius/base/text.hpp>
#include <moebius/logs/load_log.hpp>

namespace moebius {

bool follows_loads(const log_head& head) {
    if (head.balancer == "feedback" || head.feedback.value_or(0) != 0) return true;
    return !head.feedback && head.rate.value_or(0) > 0 && !is_learned(head);
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

std::optional<refusal> unfit_rule(const log_head& head) {
    using setting = std::pair<std::string_view, double>;
    const double rate = head.rate.value_or(0), decay = head.decay.value_or(1);
    const double feedback = head.feedback.value_or(0);
    for (const auto& [name, value] : {setting("decay", decay), {"beta", head.beta.value_or(1)}})
        if (!(value > 0 && value <= largest_number))
            return refusal{fmt::format("{} is {:g}", name, value),
                           "it must be > 0 and 2^53 at most"};
    for (const auto& [name, value] :
         {setting("rate", rate), {"bias_rate", head.bias_rate.value_or(0)}})
        if (!(value >= 0 && value <= largest_number))
            return refusal{fmt::format("{} is {:g}", name, value),
                           "it must be >= 0 and 2^53 at most"};
    if (!(head.bias_leak >= 0 && head.bias_leak <= 1))
        return refusal{fmt::format("bias_leak is {:g}", head.bias_leak),
                       "it must be 0 to 1: it is the share of a bias that a step forgets"};
    if (!(std::abs(feedback) <= largest_number))
        return refusal{fmt::format("feedback is {:g}", feedback), "it must be 2^53 at most"};
    if (head.experts > 1 && head.top_k.value_or(1) >= static_cast<double>(head.experts))
        return refusal{fmt::format("top_k is {:g} of {} experts", *head.top_k, head.experts),
                       "a token that goes to all of them chooses none, whatever their scores"};
    const double forgets = rate * decay;
    if (rate > 0 && forgets < std::numeric_limits<double>::epsilon())
        return refusal{fmt::format("rate x decay is {:g}", forgets),
                       "it must be 0, or more than what rounding forgets of a score"};
    if (forgets < 1) return std::nullopt;
    return refusal{fmt::format("rate x decay is {:g}", forgets),
                   "it must be < 1: it is the share of a score that a step forgets"};
}

}  // namespace moebius
