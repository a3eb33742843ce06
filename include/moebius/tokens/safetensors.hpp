// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/tokens/token_file.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// The ending of such a file's name; the format has no magic bytes.
inline constexpr std::string_view safetensors_ending = ".safetensors";

/// Reads one tensor of a safetensors file, F64, F32, F16 or BF16; others may stand beside it.
/// Memory: the header, and the tensor as doubles.
///
/// @param name  of the tensor, as the header writes it; empty: the only one
/// @throws io_error  with place and rule: for a pipe, a header that is none, of more than 100 MB or
///                   with a name twice, data that do not cover the file without a hole, another
///                   type of number, a name that is not there (those of gates are listed)
/// @source  huggingface.co/docs/safetensors, section Format
[[nodiscard]] number_array read_safetensors(const std::string& path, std::string_view name = {});

/// A tensor of such a file, by its header.
struct tensor_info {
    std::string name, type;  ///< type: "F32"
    std::vector<std::size_t> shape;
};
/// All of them, in the order of their names.
/// @throws io_error  as read_safetensors, for what the file is
[[nodiscard]] std::vector<tensor_info> tensors_of(const std::string& path);

/// Whether such a file has a tensor of that name.
/// @throws io_error  as read_safetensors, for what the file is
[[nodiscard]] bool has_tensor(const std::string& path, std::string_view name);

}  // namespace moebius
