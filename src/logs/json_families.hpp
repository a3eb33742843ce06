// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "column.hpp"
#include "load_names.hpp"

namespace moebius {

/// Members of a record whose names have a layer or an expert, by what stands beside these.
using json_members = std::vector<std::pair<expert_name, const nlohmann::json*>>;
using json_families = std::map<std::string, json_members>;

[[nodiscard]] bool has_numbers(const json_members& members);

/// The family of those contents that tells most, of those that have numbers; null if there is none.
[[nodiscard]] const json_families::value_type* best_family(const json_families& all,
                                                           family_kind::contents wanted);

/// The records that one has in an array or object of them: of layers, of experts, or whole ones
/// (`{"step": 3, "layers": [{"counts": ...}, ...]}`). Each has what stands beside that, of an array
/// of rows as many as there are its own row, and its place or name where it says no layer (expert).
[[nodiscard]] std::vector<nlohmann::json> records_within(const nlohmann::json& record);

}  // namespace moebius
