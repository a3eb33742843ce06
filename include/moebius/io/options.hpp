// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/audit/audit.hpp>
#include <moebius/compare/measured_response.hpp>
#include <moebius/compare/oscillation.hpp>
#include <moebius/compare/prediction.hpp>
#include <moebius/compare/router_comparison.hpp>
#include <moebius/compare/trained_loads.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/io/option_table.hpp>
#include <moebius/simulate/replicas.hpp>

namespace moebius {

// The library's option structs by name: what a command line and a result file call their fields, in
// the order in which a result holds them. What they have by default is said in the structs.

void add_to(option_table& table, continuation_options& options);
void add_to(option_table& table, audit_options& options);
void add_to(option_table& table, simulate_options& options);
void add_to(option_table& table, validate_options& options);
void add_to(option_table& table, oscillation_options& options);

/// All but beta and decay, which a result counts among its parameters.
void add_to(option_table& table, comparison_options& options);

/// Of a loop whose gates are frozen.
void add_to(option_table& table, trained_options& options);

/// Of an open loop at fixed score differences.
void add_to(option_table& table, response_options& options);

}  // namespace moebius
