// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/audit/audit.hpp>
#include <moebius/io/result.hpp>
#include <vector>

namespace moebius::cli {

/// What a result of closed forms claims, as rows and special points that an audit can judge: its
/// equilibria, folds, the branch point and the cusp. Coefficients of fifth order, Maxwell points
/// and what is dimensionless are no part of it.
/// @param apart  its problem, each expert by itself
/// @throws invalid_argument for a section that lacks a number
[[nodiscard]] std::vector<claim> exact_claims(const problem& apart, const result_document& of);

/// The sum of what came of several claims.
[[nodiscard]] audit_report joined(const std::vector<audit_report>& reports);

}  // namespace moebius::cli
