// SPDX-License-Identifier: MIT
// Which of several names tells most of loads.
#pragma once

#include <string_view>

namespace moebius {

/// What a family of columns is of.
struct family_kind {
    enum class contents { loads, scores, others } of = contents::loads;
    bool says_loads = true;  ///< whether it has a word of loads, or none that means anything
    int rank = 0;            ///< the lowest is taken
};

/// Of loads those of training come before those of evaluation; then counts before shares, and both
/// before what no word says to be loads; then those of all ranks. Biases and scores are a kind of
/// their own; so are gradients, norms, losses, times and dropped tokens, which are no loads.
[[nodiscard]] family_kind kind_of(std::string_view family);

/// The same of names that stand alone: of a kind, an array or a number of each expert comes before
/// a total, and loads of logical experts before those of their copies. The lowest is taken.
[[nodiscard]] int rank_of_column(std::string_view name);

/// Whether beside loads of another name it is how many tokens there are in all: num_tokens.
[[nodiscard]] bool may_be_all_tokens(std::string_view name);

/// Whether families have the same words and other numbers, as layers have that no word names.
[[nodiscard]] bool differ_in_numbers(std::string_view one, std::string_view other);

/// Whether names are in the order of the numbers in them: layers.2.mlp before layers.10.mlp.
[[nodiscard]] bool come_in_order(std::string_view a, std::string_view b);

/// Whether a layer's name is that of what is made of layers: mean, total.
[[nodiscard]] bool is_summary_name(std::string_view layer);

/// What is to be said of counts whose name is that of a rank's own; empty for others.
[[nodiscard]] std::string note_of_local(std::string_view name);

/// Whether an array of that name tells which experts were chosen, not how often: topk_ids,
/// selected_experts.
[[nodiscard]] bool are_ids_by_name(std::string_view name);

/// Why such an array has no loads.
[[nodiscard]] std::string fault_of_ids(std::string_view name);

/// Whether loads of that name are of logical experts, not of their copies.
[[nodiscard]] bool counts_logical_experts(std::string_view name);

/// Whether loads or a column of experts of that name are of physical ones, the copies.
[[nodiscard]] bool counts_physical_experts(std::string_view name);

/// What is to be said of these where nothing says which are copies of one; empty for others.
[[nodiscard]] std::string note_of_copies(std::string_view name);

}  // namespace moebius
