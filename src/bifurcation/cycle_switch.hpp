// SPDX-License-Identifier: MIT
// Branches of cycles that leave a point of another one.
#pragma once

#include <Eigen/Core>
#include <moebius/continuation/cycle_curve.hpp>
#include <optional>

namespace moebius::detail {

/// The two unit tangents of the branches that cross at u, where DF has two null vectors: the roots
/// of the algebraic bifurcation equation on them.
/// @return nothing if no two cross there
/// @source Keller, in Applications of Bifurcation Theory (1977) 359, section 5
struct crossing_tangents {
    Eigen::VectorXd first, second;
};
[[nodiscard]] std::optional<crossing_tangents> tangents_at_crossing(cycle_curve& curve,
                                                                    const Eigen::VectorXd& u);

/// A cycle gone through twice.
[[nodiscard]] orbit doubled(const orbit& cycle);

/// The unit tangent, at a cycle gone through twice, of the branch that differs in its halves.
/// @return nothing if the cycle has no multiplier -1
[[nodiscard]] std::optional<Eigen::VectorXd> doubling_tangent(cycle_curve& curve,
                                                              const Eigen::VectorXd& u);

}  // namespace moebius::detail
