// SPDX-License-Identifier: MIT
#include "plan_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <vector>

namespace moebius {

void plan_value::reject(std::string_view why) const {
    throw io_error(fmt::format("{}: {}", file, where.empty() ? "/" : where), why);
}

plan_value plan_value::at(const std::string& key) const {
    return {value.at(key), where + '/' + key, file};
}

plan_value plan_value::at(std::size_t i) const {
    return {value.at(i), fmt::format("{}/{}", where, i), file};
}

plan_value plan_value::needed(const char* key) const {
    if (!has(key)) reject(fmt::format("the key {} is missing", key));
    return at(key);
}

void plan_value::require_keys(std::initializer_list<std::string_view> known) const {
    if (!value.is_object()) reject("an object is needed here");
    for (const auto& [key, one] : value.items())
        if (std::find(known.begin(), known.end(), key) == known.end())
            throw io_error(
                fmt::format("{}: {}/{}", file, where, excerpt(key)),
                "there is no such key" + did_you_mean(key, std::vector<std::string_view>(known)));
}

std::string plan_value::text() const {
    if (!value.is_string() || value.get_ref<const std::string&>().empty())
        reject("a text that is not empty is needed");
    return value.get<std::string>();
}

double plan_value::number() const {
    if (!value.is_number() || !std::isfinite(value.get<double>()))
        reject("a finite number is needed");
    return value.get<double>() + 0.0;
}

std::uint64_t plan_value::count(std::uint64_t least, std::uint64_t most) const {
    std::optional<std::uint64_t> whole;
    if (value.is_number_unsigned()) {
        whole = value.get<std::uint64_t>();
    } else if (value.is_number_float()) {
        const auto number = value.get<double>();
        if (number >= 0 && number <= static_cast<double>(most) && number == std::floor(number))
            whole = static_cast<std::uint64_t>(number);
    }
    if (!whole || *whole < least || *whole > most)
        reject(fmt::format("a whole number from {} to {} is needed", least, most));
    return *whole;
}

void plan_value::require_name(const std::string& name) const {
    constexpr std::size_t most = 255;  // NC_MAX_NAME less one
    constexpr std::string_view beside = "_.+@-";
    const auto is_plain = [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               beside.find(c) != beside.npos;
    };
    if (name.empty() || name.size() > most || !std::all_of(name.begin(), name.end(), is_plain) ||
        (name[0] != '_' && beside.find(name[0]) != beside.npos))
        reject("a name has letters, digits and _.+@-, and begins with one of the first two or _");
    for (const std::string_view own : {"status", "failure", "point", "failed", "failed_point"})
        if (name == own) reject("the table has a column of that name for itself");
}

const plan_value& plan_value::list() const {
    if (!value.is_array() || value.empty()) reject("a list that is not empty is needed");
    return *this;
}

}  // namespace moebius
