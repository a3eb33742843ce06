// SPDX-License-Identifier: MIT
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/margin_law.hpp>

namespace moebius {

margin_law law_of_margins(std::span<const double> margins, noise_law noise) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("law_of_margins", got, needed);
    };
    if (margins.empty()) reject("no margins came", "at least one token is needed");
    margin_law law{{}, noise};
    law.nodes.reserve(margins.size());
    for (const double a : margins) {
        require("law_of_margins").finite("a margin", a);
        law.nodes.push_back({a, 1 / static_cast<double>(margins.size()), 0});
    }
    return law;
}

}  // namespace moebius
