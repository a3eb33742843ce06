// SPDX-License-Identifier: MIT
#include "result_value.hpp"

#include <fmt/format.h>

#include <moebius/base/text.hpp>
#include <utility>
#include <vector>

namespace moebius::cli {
namespace {

using result_json = nlohmann::json;

found_value number_of(const result_json& at, const std::string& pointer) {
    if (at.is_number()) return {at.get<double>()};
    if (at.is_boolean()) return {at.get<bool>() ? 1.0 : 0.0};
    if (at.is_null()) return {};
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (at == "inf") return {infinity};
    if (at == "-inf") return {-infinity};
    found_value out;
    out.missing = fmt::format("{} is no number but {}", pointer,
                              at.is_string() ? excerpt(at.get<std::string>()) : at.type_name());
    return out;
}

/// As RFC 6901 has it.
std::string unescaped(std::string_view token) {
    std::string key(token);
    for (const auto& [code, letter] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}})
        for (auto place = key.find(code); place != key.npos; place = key.find(code, place + 1))
            key.replace(place, 2, letter);
    return key;
}

/// The member or entry of that name; null if there is none.
const result_json* entry_of(const result_json& at, const std::string& key) {
    if (at.is_object()) return at.contains(key) ? &at[key] : nullptr;
    constexpr std::size_t most_digits = 9;
    if (!at.is_array() || key.empty() || key.size() > most_digits ||
        key.find_first_not_of("0123456789") != key.npos)
        return nullptr;
    const auto i = std::stoul(key);
    return i < at.size() ? &at[i] : nullptr;
}

found_value missing_entry(const result_json& at, const std::string& way, const std::string& key) {
    std::vector<std::string> keys;
    if (at.is_object())
        for (const auto& [name, one] : at.items()) keys.push_back(name);
    const std::vector<std::string_view> known(keys.begin(), keys.end());
    found_value out;
    out.missing = fmt::format(
        "{} has no {}{}", way.empty() ? "the result" : way, excerpt(key),
        at.is_array() ? fmt::format("; it has {} entries", at.size()) : did_you_mean(key, known));
    out.misspelt = !nearest_name(key, known).empty();
    return out;
}

}  // namespace

found_value find_value(const result_json& result, const std::string& pointer) {
    const result_json* at = &result;
    std::string way;
    for (const auto token : parts_of(std::string_view(pointer).substr(1), '/')) {
        const auto key = unescaped(token);
        if (key == "#" && at->is_structured()) return {static_cast<double>(at->size())};
        const auto* next = entry_of(*at, key);
        if (next == nullptr) return missing_entry(*at, way, key);
        at = next;
        way += '/' + key;
    }
    return number_of(*at, pointer);
}

}  // namespace moebius::cli
