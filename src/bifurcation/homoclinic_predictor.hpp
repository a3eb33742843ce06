// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/continuation/collocation.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <span>
#include <vector>

namespace moebius::detail {

/// A small homoclinic orbit next to a Bogdanov-Takens point.
struct predicted_orbit {
    piecewise values;
    double time = 0;
    std::vector<double> parameters;  ///< all of the model's
    Eigen::VectorXd saddle;
    Eigen::VectorXd way;  ///< from the point into the curve. Shape (free)
};

/// Where the homoclinic curve leaves a Bogdanov-Takens point: on the centre manifold
///
///     w0' = w1,  w1' = b1 + b2 w1 + a w0^2 + b w0 w1
///     w0 = e^2/a (2 - 6 sech^2(e t)),  b1 = -4 e^4/a,  b2 = 10/7 b/a e^2
///
/// and x, p by w and (b1, b2) to first order, p by b2 to second: errors are e^2 of the orbit's
/// size.
/// @param free  the two parameters
/// @param size  that the orbit is to have, as a distance of states
/// @return      nothing where a or b is zero, or the parameters do not unfold the point
/// @source  Al-Hdaibat, Govaerts, Kuznetsov & Meijer, SIAM J. Appl. Dyn. Syst. 15 (2016) 952;
///          Beyn, in Bifurcation and Chaos (1994) 353
[[nodiscard]] std::optional<predicted_orbit> orbit_beside(const problem& at,
                                                          std::span<const double> state,
                                                          const std::vector<std::size_t>& free,
                                                          double size);

}  // namespace moebius::detail
