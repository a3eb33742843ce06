// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/logs/idle_options.hpp>
#include <string_view>

namespace moebius {

std::string note_of_idle(const log_options& options, const log_head& head, const probes_had& had) {
    struct use {
        std::string_view flag;
        bool is_given, has_effect;
        std::string_view lacks;
    };
    constexpr std::string_view
        no_loop = "nothing says that scores follow loads, as --feedback other than 0 would",
        no_rule = "--balancer sign or integral has one", no_leak = "--balancer integral has one";
    const bool follows = follows_loads(head) || had.feedback,
               integral = head.balancer == "integral",
               controlled = integral || head.balancer == "sign";
    const use uses[] = {
        {"--rate", options.rate.has_value(), follows, no_loop},
        {"--decay", options.decay.has_value(), follows, no_loop},
        {"--beta", options.beta.has_value(), follows || had.dither || had.moments, no_loop},
        {"--gate", !options.gate.empty(), follows || had.dither || had.scores, no_loop},
        {"--bias-rate", options.bias_rate.has_value(), (follows && controlled) || had.scores,
         controlled ? no_loop : no_rule},
        {"--bias-leak", options.bias_leak.has_value(), follows && integral,
         integral ? no_loop : no_leak}};
    std::string out;
    for (const auto lacks : {no_loop, no_rule, no_leak}) {
        std::string flags;
        for (const auto& one : uses)
            if (one.is_given && !one.has_effect && one.lacks == lacks)
                flags += fmt::format("{}{}", flags.empty() ? "" : ", ", one.flag);
        if (!flags.empty())
            out += fmt::format("{}{} ({})", out.empty() ? "what changes nothing here: " : "; ",
                               flags, lacks);
    }
    return out;
}

}  // namespace moebius
