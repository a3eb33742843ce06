// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/model/field.hpp>
#include <string_view>

namespace moebius {

/// @param operation  which the sentence names
/// @throws invalid_argument if a point has not the model's numbers of states and parameters, or one
///         of them is not finite
void check_start(const field& model, const special_point& start, std::string_view operation);

}  // namespace moebius
