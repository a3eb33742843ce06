// SPDX-License-Identifier: MIT
// The mean load gap of two experts as a function of y = beta x / 2.
#pragma once

#include <cmath>
#include <moebius/router/noise.hpp>

namespace moebius::exact {

/// g(y) = tanh y for gumbel and logistic noise, erf y for gaussian.
class gap_law {
public:
    /// @throws invalid_argument  for no noise, whose gap is a step
    explicit gap_law(noise_law noise);

    [[nodiscard]] double value(double y) const { return gaussian_ ? std::erf(y) : std::tanh(y); }
    [[nodiscard]] double slope(double y) const;
    [[nodiscard]] double steepest() const;               ///< g'(0)
    [[nodiscard]] double deficit(double y) const;        ///< g'(0) y - g(y), without cancellation
    [[nodiscard]] double loss_of_slope(double y) const;  ///< g'(0) - g'(y), without cancellation
    [[nodiscard]] double integral(double y) const;       ///< of g from 0

    struct odd_terms {
        double cubic, quintic;  ///< g = g'(0) y + cubic y^3 + quintic y^5 + ...
    };
    [[nodiscard]] odd_terms at_zero() const;

    /// The least mu at which -y + mu g(y) has more than one zero: 1/g'(0).
    [[nodiscard]] double threshold() const;
    [[nodiscard]] double fold_mu(double y) const;   ///< 1/g'(y)
    [[nodiscard]] double fold_eta(double y) const;  ///< y - g(y)/g'(y), relative in each digit
    [[nodiscard]] double turn(double mu) const;  ///< y >= 0 with fold_mu(y) = mu, from threshold on
    [[nodiscard]] double half_width(double mu) const;  ///< |fold_eta(turn(mu))|

private:
    bool gaussian_;
};

}  // namespace moebius::exact
