// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "row_phase.hpp"

namespace moebius {

/// Loads that a record has, and what stands beside them.
struct array_set {
    const nlohmann::json *loads = nullptr, *scores = nullptr, *dither = nullptr, *moments = nullptr;
    std::string name;  ///< of the loads
};

/// What stands beside the loads of a row, or nothing.
struct probes {
    std::vector<double> scores, dither, moments;
};

/// Where a record stands, for sentences.
struct json_place {
    std::string_view file;
    std::size_t line = 0;

    [[nodiscard]] std::string text() const;
    /// Of one of its members.
    [[nodiscard]] std::string of(std::string_view name) const;
};

/// Whether it is a text that holds a number and nothing else: no reader takes it for one.
[[nodiscard]] bool holds_number(const nlohmann::json& value);

/// Or a text that holds a number, which json_number says.
[[nodiscard]] inline bool is_number_or_row(const nlohmann::json& value) {
    return value.is_number() || value.is_array() || holds_number(value);
}

/// The first of these members that is a number; a text that holds none is of something else.
/// @throws io_error  for a text that holds one
[[nodiscard]] std::optional<double> number_member(const nlohmann::json& record,
                                                  std::initializer_list<const char*> names,
                                                  const std::string& place);

/// @param what  the member, for sentences
/// @throws io_error  for what is no number
[[nodiscard]] double json_number(const nlohmann::json& value, std::string_view what,
                                 const json_place& at);

/// Of an array, not more than experts may be.
/// @throws io_error
[[nodiscard]] std::vector<double> json_numbers(const nlohmann::json& list, std::string_view what,
                                               const json_place& at);

/// The row of that name or place in an object or array of them, or the one row of all; null if
/// there is none.
[[nodiscard]] const nlohmann::json* row_of(const nlohmann::json* all, const std::string& name);

/// What a record says of its phase: evaluation where any member does.
[[nodiscard]] row_phase phase_of(const nlohmann::json& record);

/// Numbers of an object by experts, in their order: {"0": 5, "expert_3": 7}.
/// @throws io_error
[[nodiscard]] std::vector<std::pair<std::uint32_t, double>> by_expert(const nlohmann::json& object,
                                                                      std::string_view what,
                                                                      const json_place& at);

/// Row by row of an array of `size` arrays of as many finite numbers.
/// @throws io_error
[[nodiscard]] std::vector<double> json_square(const nlohmann::json& rows, std::size_t size,
                                              std::string_view what, const json_place& at);

}  // namespace moebius
