// SPDX-License-Identifier: MIT
#include "json_numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>

#include "column.hpp"
#include "log_builder.hpp"

namespace moebius {

using nlohmann::json;

std::string json_place::text() const { return fmt::format("{}, line {}", file, line); }

std::string json_place::of(std::string_view name) const {
    return fmt::format("{}, '{}'", text(), excerpt(name));
}

bool holds_number(const json& value) {
    if (!value.is_string()) return false;
    const auto& text = value.get_ref<const std::string&>();
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    return fault == std::errc{} && stop == end && std::isfinite(number);
}

std::optional<double> number_member(const json& record, std::initializer_list<const char*> names,
                                    const std::string& place) {
    for (const auto* name : names) {
        const auto found = record.find(name);
        if (found == record.end()) continue;
        if (found->is_number()) return found->get<double>();
        if (holds_number(*found))
            throw io_error(place, fmt::format("it says that {} is {}, a text, but it must be a "
                                              "number",
                                              name, found->dump()));
    }
    return std::nullopt;
}

double json_number(const json& value, std::string_view what, const json_place& at) {
    if (!value.is_number())
        throw io_error(
            at.of(what),
            fmt::format("'{}' came{}, but it must be a number",
                        excerpt(value.dump(-1, ' ', false, json::error_handler_t::replace)),
                        holds_number(value) ? ", a text that holds one" : ""));
    const auto out = value.get<double>();
    if (!is_number_of_log(out))
        throw io_error(at.of(what), fmt::format("{} came, but it {}", out, number_rule));
    return out;
}

std::vector<double> json_numbers(const json& list, std::string_view what, const json_place& at) {
    if (!list.is_array()) throw io_error(at.of(what), "an array of numbers is needed");
    if (list.size() > load_table::most_experts)
        throw io_error(at.of(what), fmt::format("it has {} numbers, but {} experts are the most",
                                                list.size(), load_table::most_experts));
    std::vector<double> out;
    out.reserve(list.size());
    for (const auto& one : list) out.push_back(json_number(one, what, at));
    return out;
}

std::vector<std::pair<std::uint32_t, double>> by_expert(const json& object, std::string_view what,
                                                        const json_place& at) {
    std::vector<std::pair<std::uint32_t, double>> out;
    for (const auto& [key, value] : object.items()) {
        const bool is_number =
            !key.empty() && key.find_first_not_of("0123456789") == std::string::npos;
        const auto named = expert_name_of(is_number ? "expert_" + key : key);
        if (!named)
            throw io_error(at.of(what), fmt::format("'{}' came, but the number of an expert is "
                                                    "needed: {{\"0\": 5, \"1\": 7}}",
                                                    excerpt(key)));
        const auto place = [&] { return at.of(what); };
        out.emplace_back(checked_expert(named->expert, place),
                         checked_load(json_number(value, what, at), place));
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<double> json_square(const json& rows, std::size_t size, std::string_view what,
                                const json_place& at) {
    std::vector<double> out;
    const bool fits = rows.is_array() && rows.size() == size;
    for (std::size_t r = 0; fits && r < size; ++r) {
        const auto row = json_numbers(rows[r], what, at);
        if (row.size() != size) break;
        out.insert(out.end(), row.begin(), row.end());
    }
    if (out.size() != size * size)
        throw io_error(
            at.of(what),
            fmt::format("{} arrays of {} numbers are needed, a row an expert", size, size));
    return out;
}

const json* row_of(const json* all, const std::string& name) {
    if (all == nullptr) return nullptr;
    if (all->is_object()) return all->contains(name) ? &(*all)[name] : nullptr;
    const auto place = static_cast<std::size_t>(std::strtoul(name.c_str(), nullptr, 10));
    if (!all->is_array() || place >= all->size()) return nullptr;
    return (*all)[place].is_array() ? &(*all)[place] : all;
}

row_phase phase_of(const json& record) {
    auto out = row_phase::unsaid;
    for (const auto& [name, value] : record.items()) {
        if (value.is_structured() || !names_phase(name)) continue;
        const auto said =
            phase_of(name, value.is_string() ? value.get<std::string>() : value.dump());
        if (said > out) out = said;
    }
    return out;
}

}  // namespace moebius
