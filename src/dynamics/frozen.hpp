// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <utility>
#include <vector>

namespace moebius::detail {

/// The field at frozen parameters: |f|, and the rate f . f_x f / f . f at which that grows.
struct frozen {
    double speed;
    double growth;
};
[[nodiscard]] frozen frozen_at(const problem& at, const std::vector<double>& x);

/// Tells whether a swept state stays where it is unstable.
class unstable_place {
public:
    /// @param ends  between which the parameter moves, in any order
    unstable_place(const problem& at, std::size_t parameter, std::pair<double, double> ends);

    /// Whether small deviations grow, and the state has none: it stands still, by how fast they
    /// grow, or moves along directions in which they decay, as equal loads whose mean drifts.
    [[nodiscard]] bool holds(const std::vector<double>& x, double value);

private:
    equilibrium_curve curve_;
    problem here_;
    std::size_t parameter_;
    Eigen::VectorXd f_;
};

}  // namespace moebius::detail
