// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// Which axis of a matrix of weights is which.
enum class gate_layout {
    by_shape,             ///< whichever fits the features, if not both do
    features_by_experts,  ///< (d, E)
    experts_by_features,  ///< (E, d), as PyTorch keeps the weight of a linear layer
};

/// Where a gate's weights are: PATH.npy, PATH.npz, PATH.npz:NAME, PATH.safetensors or
/// PATH.safetensors:NAME, alone or with ,layout=features-by-experts or ,layout=experts-by-features
/// behind it.
struct gate_file {
    std::string path;
    gate_layout layout = gate_layout::by_shape;
};

/// Nothing for a text that names no such file.
/// @throws invalid_argument  for another layout
[[nodiscard]] std::optional<gate_file> gate_file_of(std::string_view gate);

/// Weights in a file's own arrangement.
struct gate_weights {
    std::size_t experts = 0;      ///< E; 0: a vector (d) was read
    std::vector<double> weights;  ///< (d, E), row-major, or (d)
    std::vector<double> biases;   ///< (E), or none
};

/// A square matrix of a safetensors file is experts by features, as PyTorch saves it, and what is
/// saved beside NAME.weight as NAME.bias is the gate's biases.
/// @param features  d
/// @param labels    the last column of the tokens was taken for their class, which a sentence about
///                  another number of features says
/// @throws invalid_argument  if the shape does not fit, or both layouts do and none is named
/// @throws io_error          if it cannot be read
[[nodiscard]] gate_weights read_gate(const gate_file& from, std::size_t features, bool labels);

}  // namespace moebius
