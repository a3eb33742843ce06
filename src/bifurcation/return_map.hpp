// SPDX-License-Identifier: MIT
// Normal forms of cycles, from the map of a section across one.
#pragma once

#include <Eigen/Core>
#include <complex>
#include <moebius/continuation/collocation.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/model/field.hpp>

#include "cycle_flow.hpp"
#include "floquet.hpp"

namespace moebius::detail {

/// The map P of the section across the flow at the first point x of a cycle, over its first part if
/// it has a rotation, and taken on all states: the flow's own direction goes to zero.
/// @accuracy  some 1e-9 of what the multipliers magnify most
/// @cost      that of a cycle_flow; each call of `along` some thirty evaluations a step
class return_map {
public:
    /// @param cycle  its first part, with how it goes on
    /// @param time   that the part takes
    /// @param more   steps of the flow in each interval than it needs
    return_map(const problem& at, const piecewise& cycle, double time, int more = 0);

    /// P_x. Shape (n, n)
    [[nodiscard]] const Eigen::MatrixXd& derivative() const noexcept { return derivative_; }
    /// Coefficients of s, s^2 and s^3 of P(x + s v + s^2 w). Shapes: v, w (n), result (n, 3)
    [[nodiscard]] Eigen::MatrixXd along(const Eigen::VectorXd& v, const Eigen::VectorXd& w) const;

    /// A size below which cubic terms are those of a linear map, to be counted among them.
    [[nodiscard]] double least() const;

private:
    [[nodiscard]] Eigen::MatrixXd landed(const Eigen::MatrixXd& y) const;

    problem at_;
    twist beyond_;
    cycle_flow flow_;
    Eigen::VectorXd last_, section_;  // where the part ends; the row l / (l . f) there
    Eigen::MatrixXd derivative_;
};

/// A coefficient, and its share of the sum of its terms' sizes: from -1 to 1. No numbers where
/// rounding is all of it.
struct cycle_coefficient {
    double value = 0, share = 0;
};

/// Of a multiplier -1: w <- -w + b w^3 along the eigenvector of length 1.
/// @source  Kuznetsov (3rd ed.), section 5.4.2
[[nodiscard]] cycle_coefficient flip_coefficient(const return_map& of);
/// Of multipliers exp(+-i theta): w <- exp(i theta) w (1 + d |w|^2), Re d; as torus_coefficient of
/// a map.
[[nodiscard]] cycle_coefficient torus_coefficient(const return_map& of, double theta);

/// Whether a coefficient is worth its time, and its cycle's multipliers do not swamp it.
[[nodiscard]] bool has_coefficients(const problem& at, const floquet& multipliers);

/// What a PD or an NS of cycles has besides its period: `b`, or `theta` (of the map over one part)
/// and `a`, and criticality; of a GPD and a CH these numbers alone. None of a coefficient on which
/// two maps by different steps do not agree, as where a right-hand side is 0/0 next to one's nodes.
/// @param cycle  its first part, with how it goes on
/// @param time   that the part takes
void add_coefficient(special_point& point, const problem& at, const piecewise& cycle, double time,
                     double theta);

}  // namespace moebius::detail
