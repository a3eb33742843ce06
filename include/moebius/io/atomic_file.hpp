// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace moebius {

/// Whether a file is only handed to the system, or is on its disk when write_file returns.
enum class durability { cached, synced };

/// Writes a whole file or none of it: into a new file in the same folder, which is then renamed.
///
/// A link is followed, and a file that is replaced keeps its mode. What is no ordinary file (a pipe
/// that somebody reads, /dev/null) is written to as it is.
/// @throws io_error naming the path and the reason; nothing new is left in the folder then
void write_file(const std::filesystem::path& path, std::string_view bytes,
                durability wanted = durability::cached);

/// Fails now rather than after a long run: the folder exists and takes files.
/// @throws io_error as write_file would
void require_writable(const std::filesystem::path& path);

/// Writes all bytes to the standard output.
/// @throws io_error if they do not all get there
void write_standard_output(std::string_view bytes);

/// All bytes of a file.
/// @throws io_error naming the path and the reason
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace moebius
