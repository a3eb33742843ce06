// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/base/worded_choice.hpp>

namespace moebius {
namespace {

std::pair<std::string, std::string> setting_from(std::string_view text, std::string_view where) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0)
        throw invalid_argument(where, fmt::format("'{}' came among its options", text),
                               "each must be key=value");
    return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

}  // namespace

std::string_view chosen_name(std::string_view text) { return parts_of(text, ',').front(); }

std::vector<std::string> chosen_options(std::string_view text) {
    const auto parts = parts_of(text, ',');
    return {parts.begin() + 1, parts.end()};
}

worded_settings chosen_settings(std::string_view text, std::string_view where) {
    worded_settings out;
    for (const auto& word : chosen_options(text)) {
        out.push_back(setting_from(word, where));
        const auto same = [&](const auto& other) { return other.first == out.back().first; };
        if (std::count_if(out.begin(), out.end(), same) > 1)
            throw invalid_argument(where, fmt::format("{} came twice", out.back().first),
                                   "once is enough");
    }
    return out;
}

}  // namespace moebius
