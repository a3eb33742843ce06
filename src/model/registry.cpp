// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/model/registry.hpp>
#include <moebius/model/token_response.hpp>
#include <moebius/model/two_expert.hpp>

namespace moebius {
namespace {

template <ode_model M>
constexpr model_info entry(bool needs_tokens) {
    return {M::name, M::equation, M::parameters, needs_tokens};
}

constexpr std::array<model_info, 2> known{entry<models::two_expert>(false),
                                          entry<models::token_response>(true)};

}  // namespace

std::span<const model_info> known_models() noexcept { return known; }

const model_info& find_model(std::string_view name) {
    std::array<std::string_view, known.size()> names;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (known[i].name == name) return known[i];
        names[i] = known[i].name;
    }
    throw invalid_argument("model", fmt::format("'{}' is unknown", name),
                           fmt::format("a shipped model is needed{}", did_you_mean(name, names)));
}

problem make_problem(std::string_view name) {
    if (find_model(name).needs_tokens)
        throw invalid_argument("make_problem", fmt::format("'{}' came without tokens", name),
                               "that model is made from a margin law");
    return problem_of<models::two_expert>();
}

}  // namespace moebius
