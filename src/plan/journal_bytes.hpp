// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/plan/journal.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace moebius::journal_bytes {

/// Longest sentence of a failure.
inline constexpr std::size_t most_sentence = 400;

/// The bytes before the first record.
[[nodiscard]] std::string heading(const sweep_plan& plan, const journal_heading& of);

/// @param sentence  empty for values
[[nodiscard]] std::string record(std::uint64_t index, std::string_view payload, bool failed);

/// What of a file could be read.
struct extent {
    std::uint64_t sound = 0;  ///< bytes up to a torn end
    journal_heading heading;
};

/// Tells of every record; of a file whose heading is torn, sound is 0.
/// @throws io_error  as read_journal
[[nodiscard]] extent read(std::string_view bytes, const std::string& name, const sweep_plan& plan,
                          const journal_heading& wanted, const journal_visit& visit);

/// The heading as JSON text; nothing of a file that has none yet, or a part of it.
/// @throws io_error  if it is no journal
[[nodiscard]] std::optional<std::string> heading_text(std::string_view bytes,
                                                      const std::string& name);

}  // namespace moebius::journal_bytes
