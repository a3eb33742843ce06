// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <optional>
#include <vector>

namespace moebius {

/// A simple branch point and the two directions that cross in it.
struct crossing {
    special_point point;
    Eigen::VectorXd u;                      ///< in the curve's scaled unknowns
    std::vector<Eigen::VectorXd> tangents;  ///< two unit vectors in scaled unknowns
};

/// The branch point near u, by Newton's method on
///
///     f + t c = 0,  h = 0,  [f'^T b; c^T 0] [w; h] = [0; 1]
///
/// in (x, p, t), with f' = (f_x, f_p), b (n + 1, 2) and c near its null vectors at the start: h = 0
/// where f' loses rank. It is regular also where a small imperfection turns the crossing into a
/// near miss; there t does not vanish, and nothing is returned. The two tangents solve the
/// algebraic bifurcation equation. The system is dense: with more than 1024 states nothing is
/// returned.
///
/// The normal form along the null vector v of length 1 has `quadratic` (of w^2; zero for a
/// pitchfork), `cubic` (of w^3) and `transversality` (of w dp, the rate at which the eigenvalue
/// crosses along the primary branch). Criticality is that of a pitchfork by the sign of `cubic`, or
/// transcritical. Where the zero is a double one of a single eigenvector the point is a BT, with a
/// BT's normal form.
/// @source  Moore 1980, SIAM J. Numer. Anal. 17 (the unfolding by t); Govaerts, section 4.2;
/// Kuznetsov
///          (3rd ed.), section 7.4 (pitchfork) and 10.2.2 (algebraic bifurcation equation)
[[nodiscard]] std::optional<crossing> find_branch_point(const equilibrium_curve& curve,
                                                        const Eigen::VectorXd& u);

}  // namespace moebius
