// SPDX-License-Identifier: MIT
#include "router_trace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "log_builder.hpp"
#include "token_choices.hpp"

namespace moebius {

using nlohmann::json;

void router_trace::read_shape(const json& shape, const json_place& at) {
    if (!shape.is_array() || shape.size() != 2)
        throw io_error(at.text(), "'logit_shape' must be [tokens, experts]");
    experts_ = 1 + checked_expert(json_number(shape.back(), "logit_shape", at) - 1,
                                  [&] { return at.of("logit_shape"); });
}

/// What the record says of its choices must be so: else some are not there.
void router_trace::check_choices(const json& record, const json& tokens, const json_place& at) {
    if (const auto said = record.find("num_tokens"); said != record.end())
        if (const double count = json_number(*said, "num_tokens", at);
            count != static_cast<double>(tokens.size()))
            throw io_error(at.text(),
                           fmt::format("'top_indices' has {} tokens, but 'num_tokens' is {}",
                                       tokens.size(), count));
    if (const auto said = record.find("topk"); said != record.end())
        for (const double k = json_number(*said, "topk", at); const auto& chosen : tokens)
            if (chosen.is_array() && static_cast<double>(chosen.size()) != k)
                throw io_error(at.text(), fmt::format("a token's experts are {}, but 'topk' is {}",
                                                      chosen.size(), k));
}

std::vector<double> router_trace::counts(const json& record, const json_place& at) {
    const auto& tokens = record["top_indices"];
    if (!tokens.is_array())
        throw io_error(at.text(), "'top_indices' must be an array of each token's experts");
    if (const auto shape = record.find("logit_shape"); shape != record.end())
        read_shape(*shape, at);
    std::vector<double> out(experts_);
    token_choices of_token;
    std::size_t token = 0;
    const auto choose = [&](const json& expert) {
        const auto e =
            checked_expert(json_number(expert, "top_indices", at), [&] { return at.text(); });
        if (experts_ > 0 && e >= experts_)
            throw io_error(at.text(), fmt::format("expert {} was chosen, but 'logit_shape' has {}",
                                                  e, experts_));
        if (!of_token.choose(e))
            throw io_error(
                fmt::format("{}, token {} of 'top_indices', expert {}", at.text(), token, e),
                token_choices::rule);
        if (e >= out.size()) out.resize(e + 1);
        ++out[e];
    };
    check_choices(record, tokens, at);
    for (; token < tokens.size(); ++token, of_token.begin_token())
        if (const auto& chosen = tokens[token]; chosen.is_array())
            std::for_each(chosen.begin(), chosen.end(), choose);
        else
            choose(chosen);
    return out;
}

}  // namespace moebius
