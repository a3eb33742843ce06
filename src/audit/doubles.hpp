// SPDX-License-Identifier: MIT
// What stands twice in a claim.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "tally.hpp"
#include "whole_space.hpp"

namespace moebius {

/// Where a branch passes a value of the first parameter that varies, by chords between its rows:
/// the state on its groups, and the row before it.
struct passing {
    std::size_t row;
    std::vector<double> state;
};
[[nodiscard]] std::vector<passing> passings(const whole_space& in, const branch& curve,
                                            double value);

/// The equilibrium next to a state of groups, by Newton's method on these; nothing if there is none
/// within `within` of it.
[[nodiscard]] std::optional<Eigen::VectorXd> solved_on_groups(const whole_space& in,
                                                              const grouping& groups, double value,
                                                              std::span<const double> state,
                                                              double within);

/// Whether a branch over one parameter passes a point, whose state is sorted.
[[nodiscard]] bool passes(const whole_space& in, const branch& other, const whole_point& point,
                          const audit_options& options);

/// Two points of one type in one place, branches in one place, branches whose groups agree.
void judge_doubles(const claim& of, const whole_space& in, const audit_options& options, tally& to,
                   const watch& watched);

}  // namespace moebius
