// SPDX-License-Identifier: MIT
#include "router_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/compare/known_response.hpp>

#include "command.hpp"
#include "session.hpp"
#include "words.hpp"

namespace moebius::cli {
void add_to(option_table& table, router_choice& router) {
    table.add("router", router.text, "NAME or NAME,key=value,...; see 'moebius routers'",
              {.kept = option_kept::never});
}

void inherit(router_choice& router, const result_heading& heading, std::string_view file) {
    auto made = heading.router;
    for (const auto& [key, value] : heading.options)
        if (const auto* words = std::get_if<std::vector<std::string>>(&value);
            key == "router_set" && words != nullptr)
            made += fmt::format(",{}", fmt::join(*words, ","));
    if (router && router.text != made)
        throw invalid_argument(
            "--router", fmt::format("{} came", router.text),
            fmt::format("{} is about {}", file, made.empty() ? heading.model : made));
    router.text = made;
}

void describe_router(const router_choice& router, result_heading& heading) {
    heading.router = router.name();
    if (const auto own = router.options(); !own.empty())
        heading.options.emplace_back("router_set", own);
}

void check_noise(const session& session, const std::vector<std::string>& routers) {
    const auto noisy = [](const std::string& text) {
        return find_router(router_choice{text}.name()).adds_noise;
    };
    if (!routers.empty() && std::none_of(routers.begin(), routers.end(), noisy))
        refuse_unused(session, routers.front(), {"noise"});
}

std::size_t checked_experts(std::size_t experts) {
    constexpr std::size_t most = 65536;
    if (experts <= most) return experts;
    throw invalid_argument("--experts", fmt::format("{} came", experts),
                           fmt::format("a router takes up to {}", most));
}

std::shared_ptr<const token_source> source_for(const router_choice& router, token_options tokens,
                                               std::size_t experts) {
    (void)router.settings();
    tokens.gate.clustering = router.clustering();
    if (!tokens.gate.clustering.empty() && !tokens.has_features())
        throw invalid_argument("--router",
                               tokens.tokens.empty()
                                   ? fmt::format("{} came without --tokens", router.name())
                                   : fmt::format("{} came for '{}'", router.name(), tokens.tokens),
                               "it weighs the features of tokens in a file");
    if (!tokens.tokens.empty()) return tokens.source();
    return no_tokens(checked_experts(experts));
}

std::shared_ptr<const load_response> mean_load_of(const router& router,
                                                  const std::shared_ptr<const token_source>& source,
                                                  double beta, const watch& watched,
                                                  result_heading& heading) {
    if (auto loads = known_response(router, *source)) return loads;
    if (source->experts() != 2)
        throw invalid_argument(
            "--router", fmt::format("{} of {} experts came", router.name(), source->experts()),
            "the mean load of this router is known for two alone");
    const auto options = response_at(beta);
    const auto measured = measure_response(source, router, options, watched);
    const double error = *std::max_element(measured.error.begin(), measured.error.end());
    heading.options.emplace_back("response", "measured");
    heading.options.emplace_back("response_error", error);
    heading.options.emplace_back("response_points", static_cast<double>(options.points));
    heading.options.emplace_back("response_tokens",
                                 static_cast<double>(options.tokens * options.batches));
    heading.options.emplace_back("response_seed", static_cast<double>(options.seed));
    tell(fmt::format(
        "the response of {} was measured, to {:.1g} of a load: folds, branch points and "
        "cusps closer to each other than that are its noise",
        router.name(), error / 2));
    return measured.loads;
}

}  // namespace moebius::cli
