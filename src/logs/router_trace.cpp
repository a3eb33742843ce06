// SPDX-License-Identifier: MIT
#include "router_trace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "log_builder.hpp"

namespace moebius {

using nlohmann::json;

void router_trace::read_shape(const json& shape, const json_place& at) {
    if (!shape.is_array() || shape.size() != 2)
        throw io_error(at.text(), "'logit_shape' must be [tokens, experts]");
    experts_ = 1 + checked_expert(json_number(shape.back(), "logit_shape", at) - 1,
                                  [&] { return at.of("logit_shape"); });
}

std::vector<double> router_trace::counts(const json& record, const json_place& at) {
    const auto& tokens = record["top_indices"];
    if (!tokens.is_array())
        throw io_error(at.text(), "'top_indices' must be an array of each token's experts");
    if (const auto shape = record.find("logit_shape"); shape != record.end())
        read_shape(*shape, at);
    std::vector<double> out(experts_);
    const auto choose = [&](const json& expert) {
        const auto e =
            checked_expert(json_number(expert, "top_indices", at), [&] { return at.text(); });
        if (experts_ > 0 && e >= experts_)
            throw io_error(at.text(), fmt::format("expert {} was chosen, but 'logit_shape' has {}",
                                                  e, experts_));
        if (e >= out.size()) out.resize(e + 1);
        ++out[e];
    };
    for (const auto& chosen : tokens)
        if (chosen.is_array())
            std::for_each(chosen.begin(), chosen.end(), choose);
        else
            choose(chosen);
    return out;
}

}  // namespace moebius
