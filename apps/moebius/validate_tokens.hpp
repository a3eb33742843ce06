// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/compare/token_validation.hpp>
#include <moebius/io/result.hpp>
#include <string>

namespace moebius::cli {

[[nodiscard]] result_document tokens_document(const token_validation& v, result_heading heading);

/// For a reader: the states of each level, where random starts went, and what they come to.
[[nodiscard]] std::string tokens_report(const token_validation& v);

}  // namespace moebius::cli
