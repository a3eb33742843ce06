// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <moebius/exact/scalar_response.hpp>
#include <moebius/router/noise.hpp>
#include <vector>

namespace moebius::exact {

/// Parameters of x' = -decay x + feedback g(beta x / 2) + bias (models::two_expert), where the mean
/// load gap is g(y) = tanh y, or erf y for gaussian noise.
///
/// In y = beta x / 2 and T = decay t it reads dy/dT = -y + mu g(y) + eta. Every function here
/// throws invalid_argument for a number that is not finite, decay <= 0, beta <= 0, or no noise.
/// @source docs/theory.md section 2
struct two_expert {
    double feedback;
    double decay;
    double beta;
    double bias;
    noise_law noise = noise_law::gumbel;
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
[[nodiscard]] two_expert with_scales(const dimensionless& d, double decay, double beta,
                                     noise_law noise = noise_law::gumbel);

/// x' at x.
[[nodiscard]] double drift(const two_expert& p, double x);

/// d(x')/dx at x: the eigenvalue if x is an equilibrium.
[[nodiscard]] double eigenvalue(const two_expert& p, double x);

/// V with x' = -V'(x), V(0) = 0: decay x^2/2 - (2 feedback/beta) G(beta x/2) - bias x, where
/// G(y) = ln cosh y, or y erf y - (1 - exp(-y^2))/sqrt(pi).
[[nodiscard]] double potential(const two_expert& p, double x);

struct equilibrium {
    double x;
    double eigenvalue;
    std::array<double, 2> loads;  ///< shares (1 +- g(beta x/2))/2
    bool stable;                  ///< eigenvalue < 0; not at a fold, pitchfork or cusp
};

/// All equilibria in the order of x: three if mu is beyond the pitchfork and |eta| <
/// half_width(mu), one otherwise; on the fold set itself two, the double one with eigenvalue 0.
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

/// The same in y and T: mu - 1, -mu/3, 2 mu/15; for gaussian noise, with s = 2/sqrt(pi), mu s - 1,
/// -mu s/3, mu s/10.
[[nodiscard]] odd_polynomial expansion(const dimensionless& d, noise_law noise = noise_law::gumbel);

/// Where the balanced state is lost, mu = 1 (sqrt(pi)/2) and eta = 0, as the parameters of the
/// model there: a pitchfork along feedback, always supercritical (the cubic of its expansion is
/// negative).
[[nodiscard]] two_expert pitchfork(double decay, double beta, noise_law noise = noise_law::gumbel);

/// The same point as the cusp of the fold set; in y, dy/dT = eta + (mu - 1) y - y^3/3.
[[nodiscard]] cusp_point cusp(double decay, double beta, noise_law noise = noise_law::gumbel);

/// The fold set by its parameter u = beta x / 2: mu = cosh^2 u, eta = u - sinh(2u)/2; for gaussian
/// noise mu = exp(u^2) sqrt(pi)/2, eta = u - mu erf u.
///
/// @accuracy  relative in each coordinate, also at the cusp u = 0
[[nodiscard]] dimensionless fold(double u, noise_law noise = noise_law::gumbel);
[[nodiscard]] fold_point fold(double u, double decay, double beta,
                              noise_law noise = noise_law::gumbel);

/// The u >= 0 at which the fold set has this mu; negative where it has none.
[[nodiscard]] double fold_place(double mu, noise_law noise = noise_law::gumbel);

/// eta_c(mu), below whose |eta| there are three equilibria: sqrt(mu (mu - 1)) - arcosh sqrt(mu), or
/// for gaussian noise mu erf u - u with u^2 = ln(2 mu/sqrt(pi)).
///
/// @throws invalid_argument  if mu is not finite and from the pitchfork's on: below there is no
/// fold
/// @accuracy                 relative, also near mu = 1, where it is (2/3) (mu - 1)^(3/2); for
///                           gaussian noise to the rounding of mu there
[[nodiscard]] double half_width(double mu, noise_law noise = noise_law::gumbel);

}  // namespace moebius::exact
