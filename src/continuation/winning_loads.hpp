// SPDX-License-Identifier: MIT
// Loads from which searches start: of experts that win.
#pragma once

#include <moebius/model/field.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace moebius {

using group_choice = std::optional<std::pair<std::size_t, std::size_t>>;

/// Equal loads, then those of some groups that hold everything, while the choices are few. Shape of
/// each: (experts), of one member of the group.
/// @param all    whether every choice is there
/// @param apart  one of these groups wins and the other does not, if they are given
[[nodiscard]] std::vector<std::vector<double>> winning_loads(const field& model, bool& all,
                                                             const group_choice& apart = {});

/// Where an expert can have 1/k at most: some groups with all that they can have, and others that
/// share the rest. Empty where one expert can have everything.
/// @param all  set to false where the choices are too many, and there is none
[[nodiscard]] std::vector<std::vector<double>> full_loads(const field& model, bool& all);

}  // namespace moebius
