// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace moebius {

/// What read_result accepts and to_json writes, as JSON Schema (draft 2020-12), made from the same
/// rules; docs/schema/result.schema.json is this text.
///
/// What the language cannot say stands in its descriptions: that columns are equally long, that
/// labels and ids differ, and that the branches, rows and indices that are named are in the file.
[[nodiscard]] std::string result_schema();

}  // namespace moebius
