// SPDX-License-Identifier: MIT
// What decides on the stability of an equilibrium of interchangeable cells.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/model/field.hpp>
#include <vector>

namespace moebius {

/// One block of the Jacobian of all N cells in symmetry-adapted coordinates: that of the groups, or
/// the one on what differs within a group, which counts once for each member but one.
/// @source  Golubitsky & Stewart, The Symmetry Perspective, section 2.5 (isotypic decomposition)
struct jacobian_block {
    Eigen::MatrixXd matrix;
    std::size_t times = 1;
};

/// The blocks within the groups of two and more, by group; `times` is 0 for a group of one.
[[nodiscard]] std::vector<jacobian_block> blocks_within(const field& model,
                                                        std::span<const double> x,
                                                        std::span<const double> p);

/// Takes what differs within the groups into account: the largest real part becomes the first of
/// `leading` if it is larger, and unstable eigenvalues are counted with their multiplicity.
void count_in(const jacobian_block& block, stability& of);

}  // namespace moebius
