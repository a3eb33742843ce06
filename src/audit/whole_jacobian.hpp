// SPDX-License-Identifier: MIT
// f and its derivatives at one point with each cell by itself, dense, and what decides there.
#pragma once

#include <Eigen/Core>
#include <complex>
#include <vector>

#include "whole_space.hpp"

namespace moebius {

struct whole_slopes {
    explicit whole_slopes(const whole_point& here);

    Eigen::VectorXd f;
    Eigen::MatrixXd fx;
    Eigen::MatrixXd fp;  ///< by all parameters
    double size;         ///< of fx and its terms: the unit of rates

    /// Whether fx is its transpose, but for rounding.
    [[nodiscard]] bool is_symmetric() const;

    /// The largest |f|, in units in which a relative change of the state by 1 is one.
    [[nodiscard]] double residual(const Eigen::VectorXd& x, double unit) const;

    /// How far fx is from differences of f along a fixed direction, against its size; no number
    /// where f is none beside the point.
    [[nodiscard]] double off_differences(const whole_point& here, double unit) const;
};

struct whole_jacobian : whole_slopes {
    explicit whole_jacobian(const whole_point& here);

    std::vector<std::complex<double>> eigenvalues;
};

/// How many of the numbers have a real part above a bound.
[[nodiscard]] std::size_t count_above(const std::vector<std::complex<double>>& values,
                                      double bound);

/// How many of the numbers lie within a distance of a place.
[[nodiscard]] std::size_t count_near(const std::vector<std::complex<double>>& values,
                                     std::complex<double> place, double within);

/// Vectors of length 1 with fx q = z q and w^H fx = z w^H, by inverse iteration from a vector
/// without a pattern: one of many where z is a multiple eigenvalue.
struct eigenvectors {
    Eigen::VectorXcd q, w;
};
[[nodiscard]] eigenvectors eigenvectors_at(const whole_jacobian& at, std::complex<double> z);

}  // namespace moebius
