// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json_document.hpp"

namespace moebius {

/// What all places of one file share.
struct json_origin {
    std::string file;
    std::size_t members_left = 0;  ///< that groups may still have, in all: the bytes of the file
};

/// A value in a file, and how one got there: what an error needs to say. Each refers to the place
/// that it was reached from, which must live as long.
class place {
public:
    place(const json& value, json_origin& origin) : value_(value), origin_(origin) {}

    /// "/branches/0/id is 1.5, but it must be a whole number"
    [[noreturn]] void reject(std::string_view needed) const;
    /// "/branches/0/kind is missing"
    [[noreturn]] void lacks(std::string_view member) const;
    /// The place, and the rest of the sentence with what parts it from the place.
    [[noreturn]] void fail(std::string_view rest) const;

    /// @throws io_error if this is no object, or has no such member
    [[nodiscard]] place at(const std::string& key) const;
    [[nodiscard]] place at(std::size_t index) const;
    [[nodiscard]] bool has(const std::string& key) const { return value_.contains(key); }

    [[nodiscard]] double number() const;
    /// What stands for a number that JSON does not know.
    [[nodiscard]] std::optional<double> not_finite() const;
    [[nodiscard]] std::string text() const;

    template <typename Integer>
    [[nodiscard]] Integer whole() const {
        using limits = std::numeric_limits<Integer>;
        if (!value_.is_number_integer()) reject("a whole number");
        const bool negative = !value_.is_number_unsigned() && value_.get<std::int64_t>() < 0;
        const bool fits = negative ? std::is_signed_v<Integer> &&
                                         std::in_range<Integer>(value_.get<std::int64_t>())
                                   : std::in_range<Integer>(value_.get<std::uint64_t>());
        if (!fits)
            reject(fmt::format("a whole number from {} to {}", limits::min(), limits::max()));
        return value_.get<Integer>();
    }

    /// A word that `convert` knows.
    template <typename Convert>
    [[nodiscard]] auto word(Convert convert) const {
        const auto given = text();
        try {
            return convert(given);
        } catch (const invalid_argument& unknown) {
            fail(fmt::format(": {}", printable(unknown.what(), 300)));
        }
    }

    /// f(key, place) for every member of an object.
    template <typename F>
    void members(F f) const {
        if (!value_.is_object()) reject("an object");
        for (const auto& [key, part] : value_.items()) f(key, at(key, part));
    }
    /// f of every element of an array, in a vector.
    template <typename F>
    [[nodiscard]] auto elements(F f) const {
        if (!value_.is_array()) reject("an array");
        std::vector<decltype(f(*this))> out;
        out.reserve(value_.size());
        for (std::size_t i = 0; i < value_.size(); ++i) out.push_back(f(at(i)));
        return out;
    }

    [[nodiscard]] const json& value() const noexcept { return value_; }
    [[nodiscard]] json_origin& origin() const noexcept { return origin_; }

private:
    /// One step of the way here; it is spelt out only for an error.
    place(const json& value, const place& from, std::string_view key, std::size_t index)
        : value_(value), origin_(from.origin_), from_(&from), key_(key), index_(index) {}

    [[nodiscard]] place at(std::string_view key, const json& part) const {
        return {part, *this, key, 0};
    }
    [[nodiscard]] std::string pointer() const;

    const json& value_;
    json_origin& origin_;
    const place* from_ = nullptr;
    std::string_view key_;
    std::size_t index_ = 0;
};

}  // namespace moebius
