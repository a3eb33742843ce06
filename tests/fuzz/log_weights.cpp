// SPDX-License-Identifier: MIT
// Checkpoints in safetensors as logs of their gates.
#include "log.hpp"

namespace moebius::fuzz {

const std::size_t allocation_floor = std::size_t{64} << 20;  // the records ahead, and blocks

void read_one(std::string_view input) { read_log(input); }

}  // namespace moebius::fuzz
