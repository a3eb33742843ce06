// SPDX-License-Identifier: MIT
#include "json_place.hpp"

#include <fmt/format.h>

namespace moebius {
namespace {

constexpr std::size_t shown = 40;  // bytes of a value in a sentence

/// The beginning of a value, in letters that every terminal shows; `out` may get a bit longer than
/// what is shown.
void append_excerpt(const json& value, std::string& out) {
    if (!value.is_structured()) {
        if (value.is_string()) {
            out += fmt::format("\"{}\"", printable(value.get_ref<const std::string&>(), shown));
            return;
        }
        out += value.dump();
        return;
    }
    out += value.is_array() ? '[' : '{';
    const char* before = "";
    for (const auto& [key, part] : value.items()) {
        if (out.size() > shown) return;
        out += before;
        if (value.is_object()) out += fmt::format("\"{}\":", printable(key, shown));
        append_excerpt(part, out);
        before = ",";
    }
    out += value.is_array() ? ']' : '}';
}

std::string excerpt(const json& value) {
    std::string out;
    append_excerpt(value, out);
    return out.size() > shown ? printable(out, shown - 3) : out;
}

}  // namespace

void place::fail(std::string_view rest) const {
    const auto here = pointer();
    throw io_error(origin_.file, (here.empty() ? "the document" : here) + std::string(rest));
}

void place::reject(std::string_view needed) const {
    fail(fmt::format(" is {}, but it must be {}", excerpt(value_), needed));
}

void place::lacks(std::string_view member) const {
    throw io_error(origin_.file, fmt::format("{}/{} is missing", pointer(), printable(member)));
}

place place::at(const std::string& key) const {
    if (!value_.is_object()) reject("an object");
    const auto found = value_.find(key);
    if (found == value_.end()) lacks(key);
    return at(found.key(), *found);
}

place place::at(std::size_t index) const {
    if (!value_.is_array() || index >= value_.size())
        reject(fmt::format("an array of {} values", index + 1));
    return {value_[index], *this, {}, index};
}

double place::number() const {
    if (value_.is_number()) return value_.get<double>();
    if (const auto word = not_finite()) return *word;
    reject("a number");
}

std::optional<double> place::not_finite() const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (value_.is_null() || value_ == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (value_ == "inf") return infinity;
    if (value_ == "-inf") return -infinity;
    return std::nullopt;
}

std::string place::text() const {
    if (!value_.is_string()) reject("a text");
    return value_.get<std::string>();
}

std::string place::pointer() const {
    if (from_ == nullptr) return {};
    return from_->pointer() + (from_->value_.is_array() ? fmt::format("/{}", index_)
                                                        : fmt::format("/{}", printable(key_)));
}

}  // namespace moebius
