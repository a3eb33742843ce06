// SPDX-License-Identifier: MIT
#include "gap_law.hpp"

#include <algorithm>
#include <moebius/base/error.hpp>
#include <numbers>

#include "langevin.hpp"

namespace moebius::exact {
namespace {

constexpr double erf_slope = 2 * std::numbers::inv_sqrtpi;  // at 0

/// y - tanh y: y q/(1 + q) with q = y coth y - 1.
double minus_tanh(double y) {
    if (std::abs(y) > 2) return y - std::tanh(y);
    const double q = y * langevin(y);
    return y * (q / (1 + q));
}

/// 2 y/sqrt(pi) - erf y: for small y the series y^3/3 - y^5/10 + ... + (-1)^(k + 1) y^(2k + 1)/
/// (k! (2k + 1)).
double minus_erf(double y) {
    if (std::abs(y) > 1) return erf_slope * y - std::erf(y);
    double sum = 0;
    for (int k = 20; k >= 1; --k)  // enough for |y| <= 1
        sum = y * y / k * (1.0 / (2 * k + 1) - sum);
    return erf_slope * y * sum;
}

/// sinh w - w: for small w the series w^3/6 (1 + w^2/20 (1 + w^2/42 (...))).
double sinh_minus(double w) {
    if (std::abs(w) > 2) return std::sinh(w) - w;
    double sum = 1;
    for (int k = 30; k >= 4; k -= 2) sum = 1 + w * w / (k * (k + 1)) * sum;  // enough for |w| <= 2
    return w * w * w / 6 * sum;
}

/// sqrt(pi)/2 exp(y^2) erf y - y: for small y the sum over k >= 1 of y (2 y^2)^k/(2k + 1)!!.
double scaled_erf_minus(double y) {
    if (std::abs(y) > 2) return std::exp(y * y) * std::erf(y) / erf_slope - y;
    double sum = 1;
    for (int k = 60; k >= 2; --k) sum = 1 + 2 * y * y / (2 * k + 1) * sum;  // enough for |y| <= 2
    return y * (2 * y * y / 3) * sum;
}

}  // namespace

gap_law::gap_law(noise_law noise) : gaussian_(noise == noise_law::gaussian) {
    if (noise == noise_law::none)
        throw invalid_argument("two-expert", "no noise came",
                               "closed forms are known for gumbel, logistic and gaussian noise");
}

double gap_law::slope(double y) const {
    const double c = std::cosh(y);
    return gaussian_ ? erf_slope * std::exp(-y * y) : 1 / c / c;
}

double gap_law::steepest() const { return gaussian_ ? erf_slope : 1; }

double gap_law::deficit(double y) const { return gaussian_ ? minus_erf(y) : minus_tanh(y); }

double gap_law::loss_of_slope(double y) const {
    const double t = std::tanh(y);
    return gaussian_ ? -erf_slope * std::expm1(-y * y) : t * t;
}

/// ln cosh y, or y erf y - (1 - exp(-y^2))/sqrt(pi).
double gap_law::integral(double y) const {
    if (gaussian_) return y * std::erf(y) + std::expm1(-y * y) * std::numbers::inv_sqrtpi;
    const double z = std::abs(y), s = std::sinh(std::min(z, 1.0));
    return z < 1 ? std::log1p(s * s) / 2 : z + std::log1p(std::exp(-2 * z)) - std::numbers::ln2;
}

gap_law::odd_terms gap_law::at_zero() const {
    if (gaussian_) return {-erf_slope / 3, erf_slope / 10};
    return {-1.0 / 3, 2.0 / 15};
}

double gap_law::threshold() const { return gaussian_ ? 1 / erf_slope : 1; }

double gap_law::fold_mu(double y) const {
    const double c = std::cosh(y);
    return gaussian_ ? std::exp(y * y) / erf_slope : c * c;
}

double gap_law::fold_eta(double y) const {
    return gaussian_ ? -scaled_erf_minus(y) : -sinh_minus(2 * y) / 2;
}

double gap_law::turn(double mu) const {
    return gaussian_ ? std::sqrt(std::max(0.0, std::log1p(mu * erf_slope - 1)))
                     : std::asinh(std::sqrt(mu - 1));
}

double gap_law::half_width(double mu) const {
    if (gaussian_) {
        const double u = turn(mu);
        return u < 1 ? scaled_erf_minus(u) : mu * std::erf(u) - u;
    }
    const double s = std::sqrt(mu - 1);  // sinh u at the fold
    return mu < 2 ? sinh_minus(2 * std::asinh(s)) / 2 : std::sqrt(mu) * s - std::asinh(s);
}

}  // namespace moebius::exact
