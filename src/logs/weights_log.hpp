// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/logs/log_file.hpp>
#include <span>
#include <string>

namespace moebius {

/// The gates of a checkpoint as a log of one step without a load: its scores are the biases that
/// choices are made with, and what its weights are stands in the notes.
/// @param files  safetensors, the parts of one checkpoint
/// @throws io_error  as gates_in(), for gates of different numbers of experts, and for numbers that
///                   are not finite
[[nodiscard]] opened_log open_weights(std::span<const std::string> files);

}  // namespace moebius
