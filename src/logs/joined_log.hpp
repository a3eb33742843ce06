// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/logs/load_log.hpp>
#include <string>
#include <vector>

namespace moebius {

/// A source, and what sentences call it.
struct named_source {
    std::string file;
    std::unique_ptr<log_source> source;
};

/// Parts of a log, one after the other. Steps without numbers are counted on.
/// @param parts  one or more
/// @throws io_error  for parts of other layers or experts; while it is read for steps out of order
[[nodiscard]] std::unique_ptr<log_source> joined_log(std::vector<named_source> parts);

/// The logs of ranks side by side: their loads and moments are added up. Scores and dither are
/// those of the first.
/// @param ranks  one or more
/// @throws io_error  for ranks of other layers, experts or steps
[[nodiscard]] std::unique_ptr<log_source> summed_log(std::vector<named_source> ranks);

}  // namespace moebius
