// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/option_table.hpp>
#include <stdexcept>

namespace moebius {
namespace {

template <typename... Cases>
struct overloaded : Cases... {
    using Cases::operator()...;
};
template <typename... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

const option_value* find(const result_heading& heading, std::string_view name) {
    for (const auto& [key, value] : heading.options)
        if (key == name) return &value;
    return nullptr;
}

/// The words of a list, the number or the word.
std::vector<std::string> texts_of(const option_value& value) {
    if (const auto* words = std::get_if<std::vector<std::string>>(&value)) return *words;
    if (const auto* word = std::get_if<std::string>(&value)) return {*word};
    return {fmt::format("{}", std::get<double>(value))};
}

/// Empties what a text would be added to.
void clear(const option_target& target) {
    std::visit(overloaded{[](std::vector<std::string>* list) { list->clear(); },
                          [](std::vector<double>* list) { list->clear(); }, [](auto*) {}},
               target);
}

/// Whether a value says more than that there is none.
bool is_set(const option& one) {
    return std::visit(
        overloaded{[](const double*) { return true; },
                   [](const unsigned* value) { return *value > 0; },
                   [](const std::uint64_t* value) { return *value > 0; },
                   [&](const bool* value) { return *value != one.traits.switches_off; },
                   [](const std::string* value) { return !value->empty(); },
                   [](const std::vector<std::string>* value) { return !value->empty(); },
                   [](const std::vector<double>* value) { return !value->empty(); },
                   [](const auto* value) { return value->has_value(); }},
        one.target);
}

option_value value_of(const option& one) {
    return std::visit(
        overloaded{
            [](const std::vector<std::string>* list) { return option_value{*list}; },
            [](const double* value) { return option_value{*value}; },
            [](const unsigned* value) { return option_value{static_cast<double>(*value)}; },
            [](const std::uint64_t* value) { return option_value{static_cast<double>(*value)}; },
            [](const std::optional<double>* value) { return option_value{value->value()}; },
            [](const std::optional<std::uint64_t>* value) {
                return option_value{static_cast<double>(value->value())};
            },
            [&](const auto*) { return option_value{one.text()}; }},
        one.target);
}

}  // namespace

std::string option::flag() const {
    if (traits.positional) return name;
    std::string out = "--" + (traits.flag.empty() ? name : traits.flag);
    std::replace(out.begin(), out.end(), '_', '-');
    return out;
}

std::string option::text() const {
    return std::visit(
        overloaded{[](const bool* value) { return std::string(*value ? "yes" : "no"); },
                   [](const std::string* value) { return *value; },
                   [](const std::vector<std::string>* list) {
                       return fmt::format("{}", fmt::join(*list, " "));
                   },
                   [](const std::vector<double>* list) {
                       return fmt::format("{}", fmt::join(*list, ","));
                   },
                   [](const std::optional<double>* value) {
                       return *value ? fmt::format("{}", **value) : std::string{};
                   },
                   [](const std::optional<std::uint64_t>* value) {
                       return *value ? fmt::format("{}", **value) : std::string{};
                   },
                   [](const auto* value) { return fmt::format("{}", *value); }},
        target);
}

void option::read(std::string_view word) const {
    const auto where = flag();
    const auto& choices = traits.choices;
    if (!choices.empty() && std::find(choices.begin(), choices.end(), word) == choices.end()) {
        const std::vector<std::string_view> names(choices.begin(), choices.end());
        throw invalid_argument(where, fmt::format("'{}' came", word),
                               fmt::format("one is needed{}", did_you_mean(word, names)));
    }
    if (traits.names_file && word.empty())
        throw invalid_argument(where, "'' came", "it must name a file");
    const bool words = std::holds_alternative<std::string*>(target) ||
                       std::holds_alternative<std::vector<std::string>*>(target);
    if (words && word.empty()) throw invalid_argument(where, "'' came", "it must not be empty");
    std::visit(
        overloaded{[&](double* value) { *value = parse_number(where, word); },
                   [&](std::optional<double>* value) { *value = parse_number(where, word); },
                   [&](unsigned* value) {
                       *value = static_cast<unsigned>(
                           parse_count(where, word, std::numeric_limits<unsigned>::max()));
                   },
                   [&](std::uint64_t* value) { *value = parse_count(where, word); },
                   [&](std::optional<std::uint64_t>* value) { *value = parse_count(where, word); },
                   [&](bool* value) { *value = word == "yes"; },
                   [&](std::string* value) { *value = word; },
                   [&](std::vector<std::string>* value) {
                       if (!traits.comma_list) return value->emplace_back(word), void();
                       for (const auto part : parts_of(word, ',')) value->emplace_back(part);
                   },
                   [&](std::vector<double>* value) {
                       for (const auto part : parts_of(word, ','))
                           value->push_back(parse_number(where, part));
                   }},
        target);
}

const option& option_table::at(std::string_view name) const {
    for (const auto& one : options_)
        if (one.name == name) return one;
    throw std::out_of_range(fmt::format("there is no option {} in the table", name));
}

void option_table::write_to(result_heading& heading) const {
    for (const auto& one : options_) {
        if (one.traits.kept == option_kept::never) continue;
        if (one.traits.kept == option_kept::if_set && !is_set(one)) continue;
        heading.options.emplace_back(one.name, value_of(one));
    }
}

void option_table::read_from(const result_heading& heading, const given_options& given,
                             std::string_view file) const {
    for (const auto& one : options_) {
        const auto* value = find(heading, one.name);
        if (!given.contains(one.name)) {
            if (value == nullptr) continue;
            clear(one.target);
            for (const auto& word : texts_of(*value)) one.read(word);
        } else if (value == nullptr || texts_of(value_of(one)) != texts_of(*value)) {
            const auto made =
                value ? fmt::format("with {}", fmt::join(texts_of(*value), " ")) : "without it";
            const bool is_flag = std::holds_alternative<bool*>(one.target);
            throw invalid_argument(one.flag(), fmt::format("{} came", is_flag ? "it" : one.text()),
                                   fmt::format("{} was made {}", file, made));
        }
    }
}

}  // namespace moebius
