// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/model/field.hpp>

#include "text_model.hpp"

namespace moebius::detail {

/// The field of a text; a cell_field, with every cell by itself, if its equations are those of
/// interchangeable cells (cells_of).
[[nodiscard]] std::shared_ptr<const field> field_of_text(text_model model);

}  // namespace moebius::detail
