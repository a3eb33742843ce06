// SPDX-License-Identifier: MIT
// What names in logs mean, whether they head a column, a member of JSON or a tag of TensorBoard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace moebius {

enum class meaning {
    step,
    layer,
    expert,
    load,   ///< of an expert, or an array of them
    score,  ///< or a bias
    dither,
    moments,      ///< sums over tokens of p pᵀ
    feedback,     ///< kappa of the step
    position,     ///< of a token in its sequence
    sequence,     ///< that a token is of
    token,        ///< what else tells which of the choices a row is of
    micro_batch,  ///< of a step, whose counts are to be added up
    rank,         ///< whose counts these are
    top_k,        ///< choices of a token
    series,       ///< a loss
    summary,      ///< of loads: a mean, a maximum, an imbalance
    other
};

/// What a name that stands alone means.
[[nodiscard]] meaning meaning_of(std::string_view name);

/// A name that has an expert's number at its end, and mostly a layer's before it.
struct expert_name {
    std::string family;  ///< what stands before, less a rank: train/TokensTotal
    std::string layer;   ///< its number; empty if none is named
    std::uint32_t expert = 0;
    std::string rank{};  ///< whose counts these are: 3 of rank3/tokens; empty if none is named
};

/// A rank that a name has, and where: "rank3" of "rank3/tokens", "rank_3" of "tokens_rank_3".
struct rank_name {
    std::string number;
    std::size_t begin = 0, end = 0;  ///< of the word and its number, in the name
};

/// The first one, in any case, with nothing of a longer word before it and a mark of "_-.= " at
/// most before its number: none in "lowrank8", nor in "lora_rank8", which is of matrices.
[[nodiscard]] std::optional<rank_name> rank_in_name(std::string_view name);

/// "train/TokensTotal/layer3/expert5", "moe_expert_utilization/layer_3_expert_5",
/// "moe-expert/tokens_layer3_expert5", "layers.3.mlp.experts.5", "L3E5", "expert_5", "e5".
[[nodiscard]] std::optional<expert_name> expert_name_of(std::string_view name);

/// The same without the expert, for arrays: "tokens_per_expert/layer_3",
/// "layers.3.router/tokens_per_expert".
[[nodiscard]] std::optional<expert_name> layer_name_of(std::string_view name);

/// A cell without quotes and blanks around it.
[[nodiscard]] std::string_view bare_cell(std::string_view cell);

/// A column's name as it is compared: a bare cell without the name of the run that exports of W&B
/// put before " - ".
[[nodiscard]] std::string_view bare_name(std::string_view cell);

/// Whether W&B made the column: the least or largest value of a sample.
[[nodiscard]] bool is_envelope(std::string_view name);

}  // namespace moebius
