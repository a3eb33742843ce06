// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <moebius/io/result.hpp>
#include <string>
#include <variant>

namespace moebius {

/// The result as JSON text, ending in a line feed: the same result gives the same bytes.
///
/// Doubles are written in the shortest form that reads back to the same bits, and a column of whole
/// numbers as integers. JSON knows neither infinities nor NaN: they are the words "inf", "-inf" and
/// "nan". Each column is one line.
[[nodiscard]] std::string to_json(const result_document& result);
[[nodiscard]] std::string to_json(const diagram_document& result);

/// A result of any schema.
using any_result = std::variant<diagram_document, result_document>;

/// Reads what to_json wrote; doubles come back bit for bit.
///
/// @throws io_error  naming the file and the place in it (a JSON pointer such as /branches/0/id)
///                   for what is no JSON, has another layout or another schema's number
[[nodiscard]] any_result read_result(const std::filesystem::path& path);

/// Reads a diagram or a locus.
/// @throws io_error as read_result, and for a result of another schema
[[nodiscard]] diagram_document read_diagram(const std::filesystem::path& path);

}  // namespace moebius
