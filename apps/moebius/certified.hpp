// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/bifurcation/certify.hpp>
#include <moebius/io/option_table.hpp>
#include <moebius/io/result.hpp>

#include "session.hpp"

namespace moebius::cli {

void add_certify(option_table& table, bool& certify);

/// @throws invalid_argument naming the option, for a model of which nothing can be proven
void check_closed_form(const problem& at);

/// Proves the points of a diagram; an interrupt leaves the rest without, and the heading says so.
void certify_points(const problem& at, const certify_options& options, result_heading& heading,
                    diagram& found, const session& session);

}  // namespace moebius::cli
