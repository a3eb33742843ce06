// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/logs/load_log.hpp>
#include <string>
#include <vector>

namespace moebius {

/// A log of physical experts as one of logical ones: their copies are added up. Scores, dither and
/// moments are left out, as there is one of each copy.
/// @param map    [layers, physical], row-major: of each physical expert the logical one
/// @param place  for sentences: the map's array
/// @throws io_error  as add_up_copies(), for loads while they are read
[[nodiscard]] std::unique_ptr<log_source> logical_log(std::unique_ptr<log_source> physical,
                                                      std::vector<double> map, std::string place);

/// Logs of a layer each, of the same steps, as one of all layers.
/// @param layers  one or more, with their names in their heads
/// @param place   for sentences: the file
/// @throws io_error  for layers of other experts or steps
[[nodiscard]] std::unique_ptr<log_source> layers_side_by_side(
    std::vector<std::unique_ptr<log_source>> layers, std::string place);

}  // namespace moebius
