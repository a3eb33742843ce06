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
/// numbers as integers. JSON knows neither infinities nor NaN: null stands for NaN, which is no
/// number, and the words "inf" and "-inf" for infinities. Each column is one line.
[[nodiscard]] std::string to_json(const result_document& result);
[[nodiscard]] std::string to_json(const diagram_document& result);

/// A result of any schema.
using any_result = std::variant<diagram_document, result_document>;

/// Reads what to_json wrote; doubles come back bit for bit. "nan" is read as null, as files of
/// earlier versions have it.
///
/// What comes back is sound: columns are equally long, what a schema needs is there and finite
/// where it must be (docs/schema/result.schema.json), and every branch, row, sweep and router that
/// is named is in the file. Time and memory are proportional to the file.
///
/// @throws io_error  naming the file and the place in it (a JSON pointer such as /branches/0/id)
///                   for what is no JSON, is nested deeper than 16 levels or larger than 1 GiB, has
///                   another layout or another schema's number
[[nodiscard]] any_result read_result(const std::filesystem::path& path);

/// Reads a diagram or a locus.
/// @throws io_error as read_result, and for a result of another schema
[[nodiscard]] diagram_document read_diagram(const std::filesystem::path& path);

}  // namespace moebius
