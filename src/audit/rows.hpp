// SPDX-License-Identifier: MIT
// Rows of branches against the model, and the changes of stability between them.
#pragma once

#include <moebius/base/parallel.hpp>
#include <vector>

#include "tally.hpp"
#include "whole_space.hpp"

namespace moebius {

/// Whether number k of all points is one of at most so many, which are spread evenly.
[[nodiscard]] constexpr bool is_asked(std::size_t k, std::size_t all, std::size_t most) {
    return most >= all || (k + 1) * most / all > k * most / all;
}

/// The rows of a branch that are judged: special ones, and others evenly between; over two
/// parameters, where nothing else holds a curve between its points, a tenth of them at least.
[[nodiscard]] std::vector<std::size_t> judged_rows(const claim& of, const branch& curve,
                                                   const audit_options& options);

/// Residual, derivatives, loads and eigenvalues of the rows of a branch.
void judge_rows(const claim& of, const whole_space& in, const branch& curve,
                const audit_options& options, tally& to, progress& done);

/// n_unstable changes along a branch by what its special points explain, and nowhere else.
void judge_changes(const claim& of, const branch& curve, tally& to);

}  // namespace moebius
