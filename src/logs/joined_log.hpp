// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/logs/log_file.hpp>
#include <string>
#include <vector>

#include "told_settings.hpp"

namespace moebius {

/// A source, what sentences call it, and the numbers beside its loads.
struct named_source {
    std::string file;
    std::unique_ptr<log_source> source;
    std::vector<named_series> series{};
};

/// Parts of a log, one after the other, in the order of their steps. Those whose steps have no
/// numbers are in the order in which they came, and are counted on.
/// @param parts  one or more
/// @param told   by all parts of all ranks
/// @param notes  get the order of several parts, which nothing but their files may say
/// @return the log, with the name of the first part
/// @throws io_error  for parts of other layers or experts; while it is read for steps out of order
[[nodiscard]] named_source joined_log(std::vector<named_source> parts, const told_settings& told,
                                      std::vector<std::string>& notes);

/// The logs of ranks side by side: their loads and moments are added up. Scores and dither are
/// those of the first.
/// @param ranks  one or more
/// @param told   as of joined_log
/// @param are_copies  set where all have the same loads, as each logs those of all: the first
/// counts
/// @throws io_error  for ranks of other layers, experts or steps, and for copies that end to be
/// some
[[nodiscard]] std::unique_ptr<log_source> summed_log(std::vector<named_source> ranks,
                                                     const told_settings& told, bool& are_copies);

}  // namespace moebius
