// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <moebius/train/training.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// What a checkpoint must belong to, as a number: FNV-1a of a text that says all.
/// @param before  the fingerprint of what comes before the text
[[nodiscard]] std::uint64_t fingerprint(std::string_view text,
                                        std::uint64_t before = 0xcbf29ce484222325) noexcept;

/// A checkpoint is read, and replaced as a whole: its name is that of a regular file or of none.
/// @throws io_error  for another one
void require_checkpoint_place(const std::string& name);

/// Writes the states of an ensemble, whole or not at all: an NPY file of float64, a row a run of
/// fingerprint (high and low 32 bits), step, diverged_at (-1: not), the lengths of parameters,
/// moments, scores, control, records and tests, then these numbers; short rows end in zeros. Behind
/// the array, where readers of NPY do not look, stand eight bytes: the fingerprint of all before
/// them. The file is on its disk then.
/// @throws io_error  as write_file
void save_checkpoint(const std::filesystem::path& path, std::uint64_t fingerprint,
                     const std::vector<training_state>& states);

/// Reads what save_checkpoint wrote, bit for bit; nothing if there is no such file.
/// @throws io_error  for what is no checkpoint, one of another fingerprint, or one of whose bytes
///                   any is not as it was written
[[nodiscard]] std::optional<std::vector<training_state>> load_checkpoint(
    const std::filesystem::path& path, std::uint64_t fingerprint);

}  // namespace moebius
