// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <moebius/exact/scalar_response.hpp>
#include <vector>

namespace moebius::exact {

/// Parameters of x' = -decay x + feedback tanh(beta x / 2) + bias (models::two_expert).
///
/// In y = beta x / 2 and T = decay t it reads dy/dT = -y + mu tanh y + eta. Every function here
/// throws invalid_argument for a number that is not finite, decay <= 0 or beta <= 0.
/// @source docs/theory.md section 2
struct two_expert {
    double feedback;
    double decay;
    double beta;
    double bias;
};

/// What one dimensionless unit is in the model's own: x = state y, t = time T, feedback = drive mu,
/// bias = drive eta.
struct scales {
    double state;  ///< 2 / beta
    double time;   ///< 1 / decay
    double drive;  ///< 2 decay / beta
};
[[nodiscard]] scales scales_of(double decay, double beta);

struct dimensionless {
    double mu;   ///< feedback beta / (2 decay)
    double eta;  ///< bias beta / (2 decay)
};
[[nodiscard]] dimensionless reduced(const two_expert& p);
[[nodiscard]] two_expert with_scales(const dimensionless& d, double decay, double beta);

/// x' at x.
[[nodiscard]] double drift(const two_expert& p, double x);

/// d(x')/dx at x: the eigenvalue if x is an equilibrium.
[[nodiscard]] double eigenvalue(const two_expert& p, double x);

/// V with x' = -V'(x), V(0) = 0: decay x^2/2 - (2 feedback/beta) ln cosh(beta x/2) - bias x.
[[nodiscard]] double potential(const two_expert& p, double x);

struct equilibrium {
    double x;
    double eigenvalue;
    std::array<double, 2> loads;  ///< shares (1 +- tanh(beta x/2))/2
    bool stable;                  ///< eigenvalue < 0; not at a fold, pitchfork or cusp
};

/// All equilibria in the order of x: three if mu > 1 and |eta| < half_width(mu), one if mu <= 1 or
/// |eta| is larger; on the fold set itself two, the double one with eigenvalue 0.
///
/// @accuracy  a root of a drift perturbed by rounding; relative in x also near x = 0
[[nodiscard]] std::vector<equilibrium> equilibria(const two_expert& p);

/// a_1 x + a_3 x^3 + a_5 x^5.
struct odd_polynomial {
    double linear;
    double cubic;
    double quintic;
};

/// The drift around x = 0 without bias, to fifth order: linear coefficient feedback beta/2 - decay,
/// cubic -feedback beta^3/24, quintic feedback beta^5/240.
[[nodiscard]] odd_polynomial expansion(const two_expert& p);

/// The same in y and T: mu - 1, -mu/3, 2 mu/15.
[[nodiscard]] odd_polynomial expansion(const dimensionless& d);

/// Where the balanced state is lost, mu = 1 and eta = 0, as the parameters of the model there: a
/// pitchfork along feedback, always supercritical (the cubic of its expansion is negative).
[[nodiscard]] two_expert pitchfork(double decay, double beta);

/// The same point as the cusp of the fold set; in y, dy/dT = eta + (mu - 1) y - y^3/3.
[[nodiscard]] cusp_point cusp(double decay, double beta);

/// The fold set by its parameter u = beta x / 2: mu = cosh^2 u, eta = u - sinh(2u)/2.
///
/// @accuracy  relative in each coordinate, also at the cusp u = 0
[[nodiscard]] dimensionless fold(double u);
[[nodiscard]] fold_point fold(double u, double decay, double beta);

/// eta_c(mu) = sqrt(mu (mu - 1)) - arcosh sqrt(mu): there are three equilibria for |eta| below.
///
/// @throws invalid_argument  if mu is not finite and >= 1: below there is no fold
/// @accuracy                 relative, also near mu = 1, where it is (2/3) (mu - 1)^(3/2)
[[nodiscard]] double half_width(double mu);

}  // namespace moebius::exact
