// SPDX-License-Identifier: MIT
// Samples of held loops, and the local fit that a measured branch is read from.
#pragma once

#include <Eigen/Core>
#include <moebius/continuation/measured_branch.hpp>
#include <vector>

namespace moebius {

/// One held loop: the logit u of its first load over the others', scores of this lead and mean.
struct held_sample {
    double lead, mean, u, variance;
};

/// About a place (lead x, mean score c)
///   u = u_0 + u_x d + u_xx d^2/2 + u_xxx d^3/6 + u_4 d^4/24 + (u_c + u_xc d + u_xxc d^2/2) v
///       + u_cc v^2/2,
///   d lead - x, v mean - c.
/// The fourth order is there for u_0's sake: of a cubic the gaps of eight experts were up to 1.27
/// of their errors off, and without u_xxc those of dynamic-k with two experts 1.9
/// (data/results/measured-branches.txt).
struct held_fit {
    // clang-format off
    enum coefficient {
        value, by_lead, by_lead_twice, thrice, fourth, by_mean, by_both, by_mean_twice,
        bend_by_mean, count
    };
    // clang-format on
    using vector = Eigen::Matrix<double, count, 1>;
    using matrix = Eigen::Matrix<double, count, count>;

    double lead = 0, mean = 0;
    vector derivatives;
    matrix covariance;

    /// Least squares of the samples within the width. Each is weighted by the mean variance of
    /// those near it: its own goes with its load, and would pull the fit to one side where batches
    /// differ in few large steps.
    /// @param known  the first so many derivatives are fitted, the others 0
    /// @throws invalid_argument  if there are fewer samples than that
    held_fit(const std::vector<held_sample>& samples, double at, double width, coefficient known);

    /// Of a number whose gradient over the derivatives this is.
    [[nodiscard]] double error(const vector& gradient) const;
};

}  // namespace moebius
