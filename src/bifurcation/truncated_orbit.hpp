// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <array>
#include <complex>
#include <moebius/continuation/collocation.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <vector>

namespace moebius::detail {

/// An equilibrium at which an orbit rests.
struct saddle_point {
    Eigen::VectorXd x, f;    ///< where, and f there: zero up to rounding
    Eigen::MatrixXd fx, fp;  ///< derivatives; fp by all of the model's parameters
    std::vector<std::complex<double>> eigenvalues;  ///< by falling real part

    [[nodiscard]] std::size_t unstable() const;  ///< eigenvalues of positive real part
};
[[nodiscard]] saddle_point saddle_at(const problem& at, const Eigen::VectorXd& x);

/// Whether a leading eigenvalue is so near to the imaginary axis, against the one on the other
/// side, that the curve is about to end there and no longer orbit tells more.
/// @param unstable  eigenvalues that count as of positive real part
[[nodiscard]] bool near_saddle_node(const saddle_point& at, std::size_t unstable);

/// The largest distance of an orbit from a state.
[[nodiscard]] double size_around(const Eigen::VectorXd& x, const piecewise& values);
/// Its ends from the saddle, the last one turned back.
[[nodiscard]] std::array<Eigen::VectorXd, 2> ways_of(const saddle_point& saddle,
                                                     const piecewise& values);
/// How far they are from it, against that.
[[nodiscard]] Eigen::Vector2d ends_of(const saddle_point& saddle, const piecewise& values);

constexpr double farthest_end = 1e-5;  ///< from the saddle, against the orbit's size
constexpr double passes_by = 0.02;     ///< beyond it the orbit passes no saddle at all

/// An orbit and, of as many columns, something else along it.
struct carried_orbit {
    piecewise values;
    Eigen::MatrixXd change;
    double time;
};
/// The orbit cut where its ends are nearer to the saddle than they need be, and gone on where they
/// are too far, by half its time at most; what is carried stays constant there.
/// @param at        the parameters of the orbit
/// @param unstable  eigenvalues of the saddle that count as of positive real part
void truncate(carried_orbit& orbit, const problem& at, const saddle_point& saddle,
              std::size_t unstable);

/// A cycle that passes a saddle, from there on, and the saddle; nothing if it passes none at a
/// distance that is small against its size.
struct cut_cycle {
    piecewise values;  ///< of its first part, if it goes on by a rotation
    saddle_point saddle;
};
[[nodiscard]] std::optional<cut_cycle> cut_at_saddle(const problem& at, const piecewise& cycle,
                                                     const twist& beyond);

}  // namespace moebius::detail
