// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <moebius/model/field.hpp>
#include <moebius/router/load_response.hpp>
#include <moebius/router/margin_law.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// A model as a user finds it: by name, before any tokens are read.
struct model_info {
    std::string_view name;
    std::string_view equation;
    std::span<const parameter_info> parameters;
    bool needs_tokens;  ///< their margins or logits are part of the model
    bool many_experts;  ///< takes expert_options; each expert has a bias_e, too
};

/// What a model of many experts is made with.
struct expert_options {
    std::size_t experts = 8;  ///< N; that of the tokens if the model needs them
    std::size_t top_k = 2;    ///< experts that a token goes to; exact-k only
    bool controlled = false;  ///< with the integral load-balancing controller; any model
};

/// All shipped models.
[[nodiscard]] std::span<const model_info> known_models();

/// The entry of that name.
/// @throws invalid_argument for an unknown name, offering the nearest
[[nodiscard]] const model_info& find_model(std::string_view name);

/// A shipped model that needs no tokens, with its default parameters.
/// @throws invalid_argument for an unknown name, a model that needs tokens, or a bad option
[[nodiscard]] problem make_problem(std::string_view name, const expert_options& options = {});

/// The model token-response.
/// @throws invalid_argument as models::token_response
[[nodiscard]] problem make_token_response(margin_law law, bool controlled = false);

/// The model token-softmax.
/// @param logits  (tokens, experts), row-major
/// @throws invalid_argument as token_softmax_loads
[[nodiscard]] problem make_token_softmax(std::vector<double> logits, const expert_options& options);

/// N experts with adaptive scores and any load response, with default parameters.
[[nodiscard]] problem make_expert_problem(std::shared_ptr<const load_response> loads,
                                          bool controlled = false);

}  // namespace moebius
