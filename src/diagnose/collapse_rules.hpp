// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <string>

namespace moebius {

/// What the winner has in the collapsed state of a loop whose settings are told.
struct collapsed_state {
    double K = 0;      ///< feedback beta/decay, by what is told
    double share = 0;  ///< of all choices; 0: there is none, or it is not known
};

/// Experts with less than idle_share of an even share.
[[nodiscard]] std::ptrdiff_t idle_of(const Eigen::VectorXd& loads);
[[nodiscard]] std::string idle_words(std::ptrdiff_t idle, std::ptrdiff_t experts);

/// Loads as a collapsed router has them: few experts get nearly all, by exp(entropy), which is k
/// for a router of k choices that always takes the same, or half of them have less than a tenth of
/// an even share, or one has what the loop's collapsed state gives it. The rule that says so; empty
/// where none does.
/// @param loads  (E) with sum 1
[[nodiscard]] std::string collapse_of(const Eigen::VectorXd& loads, double top_k,
                                      const collapsed_state& known = {});

/// Whether so many choices tell which experts have none: 50 an expert.
[[nodiscard]] inline bool tell_idle(double choices, std::size_t experts) {
    return choices >= 50 * static_cast<double>(experts);
}

/// One expert has least_lead.
[[nodiscard]] bool one_leads(const Eigen::VectorXd& loads, double top_k);

/// One expert has as much above an even share as the most that it can have is above it, by their
/// ratios, or leads.
[[nodiscard]] bool stands_apart(const Eigen::VectorXd& loads, double top_k);

}  // namespace moebius
