// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/exact/two_expert.hpp>

#include "gap_law.hpp"
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

/// mu g(y) + eta - y, for small y without cancellation between mu g'(0) y and y.
double scaled_drift(const gap_law& g, const dimensionless& d, double y) {
    return std::abs(y) < 2 ? (d.mu * g.steepest() - 1) * y - d.mu * g.deficit(y) + d.eta
                           : d.mu * g.value(y) - y + d.eta;
}

/// -1 + mu g'(y).
double scaled_eigenvalue(const gap_law& g, double mu, double y) {
    return std::abs(y) < 1 ? (mu * g.steepest() - 1) - mu * g.loss_of_slope(y)
                           : mu * g.slope(y) - 1;
}

/// Roots y of the scaled drift in rising order, for eta >= 0.
std::vector<double> roots(const gap_law& g, const dimensionless& d) {
    const auto f = [&](double y) { return scaled_drift(g, d, y); };
    if (d.mu <= g.threshold()) {
        if (d.eta == 0) return {0};
        return {d.mu < 0 ? root_between(f, 0, d.eta) : root_between(f, d.eta, d.eta + d.mu)};
    }
    const double turn = g.turn(d.mu);  // f' = 0 at +-turn
    const double top = root_between(f, turn, d.eta + d.mu);
    if (d.eta == 0) return {-top, 0, top};
    const double distance = g.half_width(d.mu) - d.eta;
    if (distance < 0) return {top};
    if (distance == 0) return {-turn, top};
    return {root_between(f, d.eta - d.mu, -turn), root_between(f, -turn, 0), top};
}

equilibrium equilibrium_at(const two_expert& p, double mu, double y, bool double_root) {
    const gap_law g(p.noise);
    const double m = g.value(y);
    const double value = double_root ? 0 : p.decay * scaled_eigenvalue(g, mu, y);
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

two_expert with_scales(const dimensionless& d, double decay, double beta, noise_law noise) {
    const double drive = scales_of(decay, beta).drive;
    const two_expert p{drive * d.mu, decay, beta, drive * d.eta, noise};
    check(p);
    return p;
}

double drift(const two_expert& p, double x) {
    const dimensionless d = reduced(p);
    two_experts.finite("x", x);
    return scales_of(p.decay, p.beta).drive * scaled_drift(gap_law(p.noise), d, p.beta * x / 2);
}

double eigenvalue(const two_expert& p, double x) {
    const dimensionless d = reduced(p);
    two_experts.finite("x", x);
    return p.decay * scaled_eigenvalue(gap_law(p.noise), d.mu, p.beta * x / 2);
}

double potential(const two_expert& p, double x) {
    check(p);
    two_experts.finite("x", x);
    const double gained = gap_law(p.noise).integral(p.beta * x / 2);
    return p.decay * x * x / 2 - 2 * p.feedback / p.beta * gained - p.bias * x;
}

std::vector<equilibrium> equilibria(const two_expert& p) {
    const dimensionless d = reduced(p);
    std::vector<double> ys = roots(gap_law(p.noise), {d.mu, std::abs(d.eta)});
    const bool at_fold = ys.size() == 2;
    std::vector<equilibrium> found;
    for (std::size_t i = 0; i < ys.size(); ++i)
        found.push_back(equilibrium_at(p, d.mu, d.eta < 0 ? -ys[i] : ys[i], at_fold && i == 0));
    if (d.eta < 0) std::reverse(found.begin(), found.end());
    return found;
}

odd_polynomial expansion(const two_expert& p) {
    const auto [linear, cubic, quintic] = expansion(reduced(p), p.noise);
    const double b = p.beta / 2;  // y = b x, x' = (decay/b) dy/dT
    return {p.decay * linear, p.decay * cubic * b * b, p.decay * quintic * b * b * b * b};
}

odd_polynomial expansion(const dimensionless& d, noise_law noise) {
    two_experts.finite("mu", d.mu);
    const gap_law g(noise);
    const auto [cubic, quintic] = g.at_zero();
    return {d.mu * g.steepest() - 1, d.mu * cubic, d.mu * quintic};
}

two_expert pitchfork(double decay, double beta, noise_law noise) {
    return with_scales({gap_law(noise).threshold(), 0}, decay, beta, noise);
}

cusp_point cusp(double decay, double beta, noise_law noise) {
    const two_expert p = pitchfork(decay, beta, noise);
    return {{0, p.feedback, 0}, 0, gap_law(noise).steepest() * beta / 2, expansion(p).cubic};
}

dimensionless fold(double u, noise_law noise) {
    two_experts.finite("u", u);
    const gap_law g(noise);
    const dimensionless at{g.fold_mu(u), g.fold_eta(u)};
    two_experts.finite("mu of the fold", at.mu);
    return at;
}

fold_point fold(double u, double decay, double beta, noise_law noise) {
    const two_expert p = with_scales(fold(u, noise), decay, beta, noise);
    return {2 * u / beta, p.feedback, p.bias};
}

double fold_place(double mu, noise_law noise) {
    two_experts.finite("mu", mu);
    const gap_law g(noise);
    return mu >= g.threshold() ? g.turn(mu) : -1;
}

double half_width(double mu, noise_law noise) {
    const gap_law g(noise);
    if (!(mu >= g.threshold() && std::isfinite(mu)))
        throw invalid_argument(
            "half_width", fmt::format("mu is {}", mu),
            fmt::format("it must be finite and >= {}: below there is no fold", g.threshold()));
    return g.half_width(mu);
}

}  // namespace moebius::exact
