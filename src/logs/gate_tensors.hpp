// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/tokens/safetensors.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// Where a gate's tensors are.
struct gate_tensors {
    struct place {
        std::string file, tensor;
        [[nodiscard]] bool is_there() const noexcept { return !tensor.empty(); }
        [[nodiscard]] std::string text() const;  ///< for sentences, and as --gate takes it
    };
    std::string layer;      ///< its number; of a name without one what names the gate
    place weights;          ///< (experts, features), as PyTorch keeps those of a linear layer
    place biases;           ///< (experts): those that choices are made with; or none
    bool is_guess = false;  ///< nothing in the name of the weights says that they are a gate's
};

/// The gates of a checkpoint by the names of their tensors, in the order of their layers:
/// "model.layers.3.mlp.gate.weight", "...block_sparse_moe.gate.weight", "...router.weight",
/// "...gate.e_score_correction_bias", "...router.expert_bias", "...router.bias"; a matrix that is
/// alone in its file is taken for one, but for an embedding, a head and the like.
/// @param files  the parts of one
/// @throws io_error  as tensors_of(), for files without a gate, and for one that comes twice
[[nodiscard]] std::vector<gate_tensors> gates_in(std::span<const std::string> files);

}  // namespace moebius
