// SPDX-License-Identifier: MIT
#pragma once

namespace moebius::exact {

/// Balance under a sign rule, b_e <- b_e - u sign(n_e - 1/N), beyond the feedback at which the
/// router alone would lose it. In units of section 3 (K = feedback beta/decay, time in 1/decay) and
/// per deviation of a load the rule answers with gamma at most, and the less the larger the
/// deviation already is: balance is then stable against small deviations only.
/// Every function throws invalid_argument for a number that is NaN, or negative where it is a size.
/// @source docs/theory.md section 7, Sign rule

/// What is left of the rule's gain for loads that swing with amplitude a, in units of the sampling
/// noise of a load: F(a) = exp(-a^2/4) [I0(a^2/4) + I1(a^2/4)], which falls from 1 at a = 0 as
/// 2 sqrt(2/pi)/a.
///
/// It is the mean of exp(-a^2 (1 - cos t)/4) (1 + cos t) over t, which the trapezoidal rule gives.
/// @accuracy  1e-12 relative
[[nodiscard]] double sign_gain_left(double amplitude);

/// The deviation A* of a load, in units of its sampling noise, beyond which it runs away:
/// gamma F(A*) = K - threshold.
///
/// @param beyond  K - threshold, where threshold is that of the router alone (N for softmax)
/// @param gain    gamma, of small deviations: u sqrt(2/pi)/(step decay sigma) times beta/decay,
/// with
///                sigma^2 = (1/N)(1 - 1/N)/T
/// @returns infinity where beyond <= 0 (balance needs no rule), 0 where beyond >= gain (the Hopf
///          point is passed)
/// @accuracy  1e-10 relative
[[nodiscard]] double sign_basin(double beyond, double gain);

}  // namespace moebius::exact
