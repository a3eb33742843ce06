// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/model/field.hpp>
#include <span>
#include <string_view>

namespace moebius {

/// A model as a user finds it: by name, before any tokens are read.
struct model_info {
    std::string_view name;
    std::string_view equation;
    std::span<const parameter_info> parameters;
    bool needs_tokens;  ///< made by the caller from a margin law (model/token_response.hpp)
};

/// All shipped models.
[[nodiscard]] std::span<const model_info> known_models() noexcept;

/// The entry of that name.
/// @throws invalid_argument for an unknown name, offering the nearest
[[nodiscard]] const model_info& find_model(std::string_view name);

/// A shipped model that needs no tokens, with its default parameters.
/// @throws invalid_argument for an unknown name, or for a model that needs tokens
[[nodiscard]] problem make_problem(std::string_view name);

}  // namespace moebius
