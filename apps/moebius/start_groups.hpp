// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/model/field.hpp>
#include <span>
#include <string>

namespace moebius::cli {

/// Experts whose own parameters vary leave the groups that a start has: a bias is that of one
/// expert, with a start and without.
/// @param varied  names of parameters, of each expert by itself
/// @param at      on the start's groups; both are seen on finer ones then
void leave_groups(std::span<const std::string> varied, problem& at, special_point& start);

}  // namespace moebius::cli
