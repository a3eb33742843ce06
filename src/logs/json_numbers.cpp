// SPDX-License-Identifier: MIT
#include "json_numbers.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>

#include "load_table.hpp"

namespace moebius {

using nlohmann::json;

std::string json_place::text() const { return fmt::format("{}, line {}", file, line); }

std::string json_place::of(std::string_view name) const {
    return fmt::format("{}, '{}'", text(), excerpt(name));
}

double number_of(const json& value, std::string_view what, const json_place& at) {
    if (!value.is_number())
        throw io_error(
            at.of(what),
            fmt::format("'{}' came, but it must be a number",
                        excerpt(value.dump(-1, ' ', false, json::error_handler_t::replace))));
    return value.get<double>();
}

std::vector<double> numbers_of(const json& list, std::string_view what, const json_place& at) {
    if (!list.is_array()) throw io_error(at.of(what), "an array of numbers is needed");
    if (list.size() > load_table::most_experts)
        throw io_error(at.of(what), fmt::format("it has {} numbers, but {} experts are the most",
                                                list.size(), load_table::most_experts));
    std::vector<double> out;
    out.reserve(list.size());
    for (const auto& one : list) out.push_back(number_of(one, what, at));
    return out;
}

std::vector<double> square_of(const json& rows, std::size_t size, std::string_view what,
                              const json_place& at) {
    std::vector<double> out;
    const bool fits = rows.is_array() && rows.size() == size;
    for (std::size_t r = 0; fits && r < size; ++r) {
        const auto row = numbers_of(rows[r], what, at);
        if (row.size() != size) break;
        out.insert(out.end(), row.begin(), row.end());
    }
    if (out.size() != size * size)
        throw io_error(
            at.of(what),
            fmt::format("{} arrays of {} numbers are needed, a row an expert", size, size));
    return out;
}

}  // namespace moebius
