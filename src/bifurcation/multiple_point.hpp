// SPDX-License-Identifier: MIT
// Points at which several eigenvalues cross at once, as the symmetry of a model makes them do.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/continuation/tracer.hpp>
#include <vector>

namespace moebius {

/// Eigenvalues that cross the imaginary axis together: at `first` and behind it among those of f_x
/// by falling real part.
struct joint_crossing {
    curve_point at;
    std::size_t first = 0, count = 0;
    bool oscillates = false;  ///< pairs +-i omega, else zeros
};

/// Where between two neighbours on a branch eigenvalues cross together, to rounding: more than one
/// of them, or more than one pair.
[[nodiscard]] std::vector<joint_crossing> find_joint_crossings(equilibrium_curve& curve,
                                                               const curve_point& a,
                                                               const curve_point& b);

/// The point there: multiplicity, and in the normal form `omega` and `period` of pairs, or the
/// kernel's vectors (kernel_1_1 is the first state of the first one).
[[nodiscard]] special_point described(equilibrium_curve& curve, const joint_crossing& crossing);

/// Tangents, in scaled unknowns, of the branches that leave a joint zero beside the one it was met
/// on: the isolated solutions, up to a factor, of the reduced equation on the kernel,
///
///     mu M a + Q(a, a)/2 = 0,  or where Q = 0  mu M a + C(a, a, a)/6 = 0.
///
/// None where third order leaves a whole circle of them, as with many cells in a ring.
/// @source Golubitsky, Stewart & Schaeffer, Singularities and Groups in Bifurcation Theory II,
///         chapter XIII; Kuznetsov (3rd ed.), section 5.4 (projection)
[[nodiscard]] std::vector<Eigen::VectorXd> leaving_tangents(equilibrium_curve& curve,
                                                            const joint_crossing& crossing);

}  // namespace moebius
