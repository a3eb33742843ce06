// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace moebius {

/// A value of a sweep file with its place, for sentences. What is not as it is asked for throws
/// io_error.
struct plan_value {
    const nlohmann::json& value;
    std::string where, file;

    [[noreturn]] void reject(std::string_view why) const;

    [[nodiscard]] plan_value at(const std::string& key) const;
    [[nodiscard]] plan_value at(std::size_t i) const;
    [[nodiscard]] bool has(const char* key) const { return value.contains(key); }
    [[nodiscard]] plan_value needed(const char* key) const;

    /// An object with no other keys than these.
    void require_keys(std::initializer_list<std::string_view> known) const;

    /// A text that is not empty.
    [[nodiscard]] std::string text() const;

    /// A finite number; no zero has a sign.
    [[nodiscard]] double number() const;

    /// @param most  <= 2^53; 5.0 and 1e3 are whole numbers, too
    [[nodiscard]] std::uint64_t count(std::uint64_t least, std::uint64_t most) const;

    /// A name of a column: every format has it as it is, and NetCDF's lists are parted by spaces.
    void require_name(const std::string& name) const;

    /// A list that is not empty.
    [[nodiscard]] const plan_value& list() const;
};

}  // namespace moebius
