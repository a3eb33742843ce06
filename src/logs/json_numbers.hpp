// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// Where a record stands, for sentences.
struct json_place {
    std::string_view file;
    std::size_t line = 0;

    [[nodiscard]] std::string text() const;
    /// Of one of its members.
    [[nodiscard]] std::string of(std::string_view name) const;
};

/// @param what  the member, for sentences
/// @throws io_error  for what is no number
[[nodiscard]] double number_of(const nlohmann::json& value, std::string_view what,
                               const json_place& at);

/// Of an array, not more than experts may be.
/// @throws io_error
[[nodiscard]] std::vector<double> numbers_of(const nlohmann::json& list, std::string_view what,
                                             const json_place& at);

/// Row by row of an array of `size` arrays of as many finite numbers.
/// @throws io_error
[[nodiscard]] std::vector<double> square_of(const nlohmann::json& rows, std::size_t size,
                                            std::string_view what, const json_place& at);

}  // namespace moebius
