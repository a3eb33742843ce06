// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/plan/plan.hpp>
#include <string>

namespace moebius {

/// Most seeds that are told by the first and their number.
inline constexpr std::uint64_t most_counted_seeds = 1U << 20;

/// A plan as JSON in its shortest form, from what it means: files that differ in the order of keys,
/// in what is a default or in how a number is written (5 and 5.0) have one text, and parse_plan
/// makes the same plan of it.
[[nodiscard]] std::string text_of(const sweep_plan& plan);

}  // namespace moebius
