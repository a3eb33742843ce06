// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <complex>

namespace moebius::exact {

/// Scores and an integral controller that move once a batch, near equal loads and along one
/// direction of them. With the loads n = p'(z + b) of the scores before,
///
///   z <- (1 - forget) z + forget gain/p' n,    b <- (1 - leak) b - answer/p' n,
///
/// where forget = step decay, gain = K over the K at which the router alone loses equal loads,
/// answer = p' times the controller's gain a batch, and leak is the share of b that a batch
/// forgets. Section 5 of the theory is the limit of forget -> 0 at answer/forget = gamma/N. Every
/// function throws invalid_argument for forget not in (0, 1), for leak not in [0, 1] and for an
/// answer that is negative or not finite.
/// @source docs/theory.md section 5, In steps
struct stepped_loop {
    double forget;
    double answer = 0;
    double leak = 0;
};

/// The two multipliers of a deviation from step to step, the larger in size first.
[[nodiscard]] std::array<std::complex<double>, 2> multipliers(const stepped_loop& loop,
                                                              double gain);

/// The gains between which equal loads are stable.
struct stable_gains {
    double flip;  ///< below it they change sides in each step (a multiplier < -1); may be negative
    double loss;  ///< from here on they swing (a complex pair of size 1), or grow
    bool swings;  ///< which; they grow without answer, and where a leak forgets it first
};

/// Of z and b's matrix with the trace 2 - forget + forget gain - leak - answer and the determinant
/// (1 - forget)(1 - leak - answer) + forget gain (1 - leak): flip where 1 + trace + determinant =
/// 0, loss where the determinant or, with a leak, trace - determinant is 1, whichever is first.
/// None are stable where flip >= loss.
[[nodiscard]] stable_gains stable_between(const stepped_loop& loop);

/// The answers between which equal loads are stable at a gain, by the same conditions.
struct stable_answers {
    double loss;  ///< below it they are lost; may be negative
    double flip;  ///< above it they change sides in each step
};

[[nodiscard]] stable_answers answers_between(const stepped_loop& loop, double gain);

}  // namespace moebius::exact
