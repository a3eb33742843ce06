// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/exact/n_expert.hpp>

#include "langevin.hpp"
#include "root.hpp"

namespace moebius::exact {
namespace {

constexpr std::string_view where = "n-expert";

constexpr require model(where);

/// 1 <= part < experts.
void check_part(std::string_view name, std::size_t part, std::size_t experts) {
    model.at_least("experts", experts, 2);
    if (part < 1 || part >= experts)
        throw invalid_argument(where, fmt::format("{} is {} of {} experts", name, part, experts),
                               fmt::format("it must lie in 1 to {}", experts - 1));
}

/// A split seen from the group with the larger load: n experts, m of them ahead by r >= 0.
struct ahead {
    double n, m, r;
};

ahead seen(const split& s, double r) {
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);
    return r < 0 ? ahead{n, n - m, -r} : ahead{n, m, r};
}

ahead checked(const split& s, double r) {
    check_part("winners", s.winners, s.experts);
    model.finite("r", r);
    return seen(s, r);
}

/// r/(e^r - 1).
double bernoulli(double r) { return r == 0 ? 1 : r * std::exp(-r) / -std::expm1(-r); }

/// K(r) = m r + n r/(e^r - 1), both terms positive.
double branch_K(const ahead& g) { return g.m * g.r + g.n * bernoulli(g.r); }

/// K(r) - K; for small r from r/(e^r - 1) = y coth y - y with y = r/2.
double branch_excess(const ahead& g, double K) {
    if (g.r > 2) return branch_K(g) - K;
    const double y = g.r / 2;
    return (g.m - g.n / 2) * g.r + g.n * y * langevin(y) - (K - g.n);
}

/// dK/dr; the small-r form has m - n/2 exact, the other one is right to rounding of m.
double slope(const ahead& g) {
    if (g.r < 1) {
        const double y = g.r / 2, l = langevin(y);
        return (g.m - g.n / 2) + g.n / 2 * (y * (1 - l * l) - l);
    }
    const double e = std::exp(-g.r), rest = -std::expm1(-g.r);
    return g.m - g.n * e * (g.r - rest) / (rest * rest);
}

/// Loads of the group ahead and of the other one.
std::array<double, 2> loads_of(const ahead& g) {
    const double e = std::exp(-g.r), sum = g.m + (g.n - g.m) * e;
    return {1 / sum, e / sum};
}

/// r/(1 - e^-r) - 1 and r/(e^r - 1) - 1: K a - 1 and K c - 1 on the branch.
std::array<double, 2> inner_eigenvalues(double r) {
    const double y = r / 2, l = langevin(y);
    return {y + y * l, r < 2 ? y * l - y : bernoulli(r) - 1};
}

/// K N a c - 1 = -(a - c) dK/dr on the branch.
double between_of(const ahead& g) {
    const double gap = -std::expm1(-g.r) * loads_of(g)[0];
    return -gap * slope(g);
}

std::size_t count_unstable(const split& s, const split_state& at) {
    return (at.among_winners > 0 ? s.winners - 1 : 0) +
           (at.among_others > 0 ? s.experts - s.winners - 1 : 0) + (at.between > 0 ? 1U : 0U);
}

/// The state at an equilibrium y of the two-expert equation.
split_state state_at(const split& s, const coupling& d, const equilibrium& at) {
    const double others_per_winner =
        static_cast<double>(s.experts - s.winners) / static_cast<double>(s.winners);
    const double r = 2 * at.x + std::log(others_per_winner);
    auto loads = loads_of(seen(s, r));
    if (r < 0) std::swap(loads[0], loads[1]);
    split_state found{d.K, d.h, r, loads, d.K * loads[0] - 1, d.K * loads[1] - 1, at.eigenvalue, 0};
    found.n_unstable = count_unstable(s, found);
    return found;
}

/// 4m(N - m)/N: the K of the cusp.
double cusp_K(const split& s) {
    check_part("winners", s.winners, s.experts);
    const ahead g = seen(s, 0);
    return 4 * g.m * (g.n - g.m) / g.n;
}

}  // namespace

scales n_expert_scales(double decay, double beta) {
    model.positive_and_finite("decay", decay);
    model.positive_and_finite("beta", beta);
    return {1 / beta, 1 / decay, decay / beta};
}

coupling coupling_of(const n_expert& p) {
    const double drive = n_expert_scales(p.decay, p.beta).drive;
    model.finite("feedback", p.feedback);
    model.finite("bias", p.bias);
    const coupling d{p.feedback / drive, p.bias / drive};
    model.finite("feedback beta / decay", d.K);
    model.finite("bias beta / decay", d.h);
    return d;
}

n_expert n_expert_of(const coupling& d, double decay, double beta) {
    const double drive = n_expert_scales(decay, beta).drive;
    const n_expert p{drive * d.K, decay, beta, drive * d.h};
    model.finite("feedback", p.feedback);
    model.finite("bias", p.bias);
    return p;
}

balanced_state balanced(std::size_t experts, double K, std::size_t top_k) {
    check_part("top_k", top_k, experts);
    model.finite("K", K);
    const auto n = static_cast<double>(experts), k = static_cast<double>(top_k);
    const double threshold = n * ((n - 1) / (n - k));
    const double eigenvalue = (K - threshold) / threshold;
    return {threshold, eigenvalue, experts - 1, eigenvalue > 0 ? experts - 1 : 0};
}

split_state branch_state(const split& s, double r) {
    const ahead g = checked(s, r);
    split_state at{branch_K(g), 0, r, loads_of(g), 0, 0, between_of(g), 0};
    model.finite("K", at.K);
    auto inner = inner_eigenvalues(g.r);
    if (r < 0) {
        std::swap(at.loads[0], at.loads[1]);
        std::swap(inner[0], inner[1]);
    }
    at.among_winners = inner[0];
    at.among_others = inner[1];
    at.n_unstable = count_unstable(s, at);
    return at;
}

double branch_slope(const split& s, double r) {
    const double forward = slope(checked(s, r));
    return r < 0 ? -forward : forward;
}

split_state branch_fold(const split& s) {
    const ahead all = checked(s, 0);
    const double m = std::min(all.m, all.n - all.m);
    const auto turning = [&](double r) { return slope({all.n, m, r}); };
    // -d/dr r/(e^r - 1) < m/n at the right end for every m <= n/2
    const double r = 2 * m == all.n ? 0 : root_between(turning, 0, 2 * std::log(all.n / m) + 2);
    split_state at = branch_state(s, m < all.m ? -r : r);
    at.between = 0;
    at.n_unstable = count_unstable(s, at);
    return at;
}

std::vector<split_state> branch_states(const split& s, double K) {
    const split_state fold = branch_fold(s);
    model.finite("K", K);
    if (K < fold.K) return {};
    if (K == fold.K) return {fold};
    const ahead all = seen(s, 0);
    const auto excess = [&](double r) { return branch_excess(seen(s, r), K); };
    std::array<double, 2> r{};  // K(r) > m r and K(r) > -(n - m) r close the brackets
    if (K != all.n || fold.r < 0) r[0] = root_between(excess, -K / (all.n - all.m), fold.r);
    if (K != all.n || fold.r > 0) r[1] = root_between(excess, fold.r, K / all.m);
    return {branch_state(s, r[0]), branch_state(s, r[1])};
}

dimensionless as_two_experts(const split& s, const coupling& d) {
    model.finite("h", d.h);
    return {d.K / cusp_K(s), (d.h - maxwell_bias(s, d.K)) / 2};
}

std::vector<split_state> split_states(const split& s, const coupling& d) {
    const double decay = 1, beta = 2;  // the units in which x of two_expert is y
    std::vector<split_state> found;
    for (const auto& at : equilibria(with_scales(as_two_experts(s, d), decay, beta)))
        found.push_back(state_at(s, d, at));
    return found;
}

coupling fold(const split& s, double x) {
    model.finite("x", x);
    const double least = cusp_K(s), u = x / 2, c = std::cosh(u);
    if (!std::isfinite(least * c * c))
        throw invalid_argument(where, fmt::format("x is {}", x), "the fold's K must be finite");
    const dimensionless d = fold(u);
    const double K = least * d.mu;
    return {K, maxwell_bias(s, K) + 2 * d.eta};
}

coupling cusp(const split& s) { return fold(s, 0); }

std::array<double, 2> fold_biases(const split& s, double K) {
    const double half = half_width(s, K), middle = maxwell_bias(s, K);
    return {middle - half, middle + half};
}

double half_width(const split& s, double K) {
    const double least = cusp_K(s);
    if (!(K >= least && std::isfinite(K)))
        throw invalid_argument(
            where, fmt::format("K is {}", K),
            fmt::format("it must be finite and >= {}: below there is no fold", least));
    return 2 * half_width(K / least);
}

double maxwell_bias(const split& s, double K) {
    model.finite("K", K);
    const double scaled = 2 * K / cusp_K(s);  // K N/(2m(N - m))
    const ahead g = seen(s, 0);
    return std::log((g.n - g.m) / g.m) - scaled * ((g.n - 2 * g.m) / g.n);
}

double maxwell_point(const split& s) {
    const ahead g = checked(s, 0);
    const double d = (g.n - 2 * g.m) / g.m;  // (N - m)/m - 1
    return 2 * (g.n - g.m) * (d == 0 ? 1 : std::log1p(d) / d);
}

}  // namespace moebius::exact
