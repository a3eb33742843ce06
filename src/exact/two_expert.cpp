// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/exact/two_expert.hpp>
#include <numbers>

#include "langevin.hpp"
#include "root.hpp"

namespace moebius::exact {
namespace {

constexpr require two_experts("two-expert");

void check(const two_expert& p) {
    two_experts.finite("feedback", p.feedback)
        .positive_and_finite("decay", p.decay)
        .positive_and_finite("beta", p.beta)
        .finite("bias", p.bias);
}

/// y - tanh y without cancellation: y q/(1 + q) with q = y coth y - 1.
double minus_tanh(double y) {
    if (std::abs(y) > 2) return y - std::tanh(y);
    const double q = y * langevin(y);
    return y * (q / (1 + q));
}

/// sinh w - w without cancellation: for small w the series w^3/6 (1 + w^2/20 (1 + w^2/42 (...))).
double sinh_minus(double w) {
    if (std::abs(w) > 2) return std::sinh(w) - w;
    double sum = 1;
    for (int k = 30; k >= 4; k -= 2) sum = 1 + w * w / (k * (k + 1)) * sum;  // enough for |w| <= 2
    return w * w * w / 6 * sum;
}

/// mu tanh y + eta - y, for small y without cancellation between mu y and y.
double scaled_drift(const dimensionless& d, double y) {
    return std::abs(y) < 2 ? (d.mu - 1) * y - d.mu * minus_tanh(y) + d.eta
                           : d.mu * std::tanh(y) - y + d.eta;
}

/// -1 + mu sech^2 y.
double scaled_eigenvalue(double mu, double y) {
    const double t = std::tanh(y), c = std::cosh(y);
    return std::abs(y) < 1 ? (mu - 1) - mu * t * t : mu / c / c - 1;
}

/// Roots y of the scaled drift in rising order, for eta >= 0.
std::vector<double> roots(const dimensionless& d) {
    const auto f = [&d](double y) { return scaled_drift(d, y); };
    if (d.mu <= 1) {
        if (d.eta == 0) return {0};
        return {d.mu < 0 ? root_between(f, 0, d.eta) : root_between(f, d.eta, d.eta + d.mu)};
    }
    const double turn = std::asinh(std::sqrt(d.mu - 1));  // f' = 0 at +-turn
    const double top = root_between(f, turn, d.eta + d.mu);
    if (d.eta == 0) return {-top, 0, top};
    const double distance = half_width(d.mu) - d.eta;
    if (distance < 0) return {top};
    if (distance == 0) return {-turn, top};
    return {root_between(f, d.eta - d.mu, -turn), root_between(f, -turn, 0), top};
}

equilibrium equilibrium_at(const two_expert& p, double mu, double y, bool double_root) {
    const double m = std::tanh(y);
    const double value = double_root ? 0 : p.decay * scaled_eigenvalue(mu, y);
    return {2 * y / p.beta, value, {(1 + m) / 2, (1 - m) / 2}, value < 0};
}

}  // namespace

scales scales_of(double decay, double beta) {
    two_experts.positive_and_finite("decay", decay);
    two_experts.positive_and_finite("beta", beta);
    return {2 / beta, 1 / decay, 2 * decay / beta};
}

dimensionless reduced(const two_expert& p) {
    check(p);
    const double unit = p.beta / (2 * p.decay);
    const dimensionless d{p.feedback * unit, p.bias * unit};
    two_experts.finite("feedback beta / (2 decay)", d.mu);
    two_experts.finite("bias beta / (2 decay)", d.eta);
    return d;
}

two_expert with_scales(const dimensionless& d, double decay, double beta) {
    const double drive = scales_of(decay, beta).drive;
    const two_expert p{drive * d.mu, decay, beta, drive * d.eta};
    check(p);
    return p;
}

double drift(const two_expert& p, double x) {
    const dimensionless d = reduced(p);
    two_experts.finite("x", x);
    return scales_of(p.decay, p.beta).drive * scaled_drift(d, p.beta * x / 2);
}

double eigenvalue(const two_expert& p, double x) {
    const dimensionless d = reduced(p);
    two_experts.finite("x", x);
    return p.decay * scaled_eigenvalue(d.mu, p.beta * x / 2);
}

double potential(const two_expert& p, double x) {
    check(p);
    two_experts.finite("x", x);
    const double z = std::abs(p.beta * x / 2), s = std::sinh(std::min(z, 1.0));
    const double log_cosh =
        z < 1 ? std::log1p(s * s) / 2 : z + std::log1p(std::exp(-2 * z)) - std::numbers::ln2;
    return p.decay * x * x / 2 - 2 * p.feedback / p.beta * log_cosh - p.bias * x;
}

std::vector<equilibrium> equilibria(const two_expert& p) {
    const dimensionless d = reduced(p);
    std::vector<double> ys = roots({d.mu, std::abs(d.eta)});
    const bool at_fold = ys.size() == 2;
    std::vector<equilibrium> found;
    for (std::size_t i = 0; i < ys.size(); ++i)
        found.push_back(equilibrium_at(p, d.mu, d.eta < 0 ? -ys[i] : ys[i], at_fold && i == 0));
    if (d.eta < 0) std::reverse(found.begin(), found.end());
    return found;
}

odd_polynomial expansion(const two_expert& p) {
    const auto [linear, cubic, quintic] = expansion(reduced(p));
    const double b = p.beta / 2;  // y = b x, x' = (decay/b) dy/dT
    return {p.decay * linear, p.decay * cubic * b * b, p.decay * quintic * b * b * b * b};
}

odd_polynomial expansion(const dimensionless& d) {
    two_experts.finite("mu", d.mu);
    return {d.mu - 1, -d.mu / 3, 2 * d.mu / 15};
}

two_expert pitchfork(double decay, double beta) { return with_scales({1, 0}, decay, beta); }

cusp_point cusp(double decay, double beta) {
    const two_expert p = pitchfork(decay, beta);
    return {{0, p.feedback, 0}, 0, beta / 2, expansion(p).cubic};
}

dimensionless fold(double u) {
    two_experts.finite("u", u);
    const double c = std::cosh(u);
    two_experts.finite("cosh^2 u", c * c);
    return {c * c, -sinh_minus(2 * u) / 2};
}

fold_point fold(double u, double decay, double beta) {
    const two_expert p = with_scales(fold(u), decay, beta);
    return {2 * u / beta, p.feedback, p.bias};
}

double half_width(double mu) {
    if (!(mu >= 1 && std::isfinite(mu)))
        throw invalid_argument("half_width", fmt::format("mu is {}", mu),
                               "it must be finite and >= 1: below there is no fold");
    const double s = std::sqrt(mu - 1);  // sinh u at the fold
    return mu < 2 ? sinh_minus(2 * std::asinh(s)) / 2 : std::sqrt(mu) * s - std::asinh(s);
}

}  // namespace moebius::exact
