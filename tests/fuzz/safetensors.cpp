// SPDX-License-Identifier: MIT
// Checkpoints: a line for the name of a tensor, then the file.
#include <moebius/tokens/safetensors.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

// An entry of the header takes more than its text: the reader's list of tensors.
const std::size_t allocation_floor = std::size_t{1} << 20;

void read_one(std::string_view input) {
    const auto name = take_line(input);
    const memory_file file(input);
    const auto array = read_safetensors(file.path(), name);
    std::size_t count = 1;
    for (const auto length : array.shape) count *= length;
    require(array.values.size() == count, "an array of another size than its shape");
}

}  // namespace moebius::fuzz
