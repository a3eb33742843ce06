// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <vector>

#include "entry.hpp"

namespace moebius {

setting_reader::setting_reader(const router_info& info, const router_settings& settings)
    : info_(info), settings_(settings) {
    std::vector<std::string_view> names;
    for (const auto& option : info.options) names.push_back(option.name);
    for (const auto& [name, value] : settings)
        if (std::find(names.begin(), names.end(), name) == names.end())
            throw invalid_argument(info.name, fmt::format("'{}' came", name),
                                   names.empty()
                                       ? "it has no options"
                                       : fmt::format("its options are {}", fmt::join(names, ", ")));
}

std::string_view setting_reader::text(std::string_view name) const {
    for (const auto& [key, value] : settings_)
        if (key == name) return value;
    for (const auto& option : info_.options)
        if (option.name == name) return option.value;
    throw invalid_argument(info_.name, fmt::format("'{}' came", name), "it has no such option");
}

double setting_reader::number(std::string_view name) const {
    return parse_number(fmt::format("{}: {}", info_.name, name), text(name));
}

std::size_t setting_reader::count(std::string_view name) const {
    const double value = number(name);
    if (!(value >= 0 && value <= 1e9 && value == std::floor(value)))
        throw invalid_argument(info_.name, fmt::format("{} is {}", name, text(name)),
                               "it must be a whole number >= 0");
    return static_cast<std::size_t>(value);
}

std::size_t setting_reader::choice(std::string_view name,
                                   std::initializer_list<std::string_view> words) const {
    const auto word = text(name);
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end())
        throw invalid_argument(info_.name, fmt::format("{} is '{}'", name, word),
                               fmt::format("it must be {}", fmt::join(words, " or ")));
    return static_cast<std::size_t>(found - words.begin());
}

}  // namespace moebius
