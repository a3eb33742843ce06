// SPDX-License-Identifier: MIT
#include "return_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <moebius/base/view.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>
#include <numbers>
#include <utility>
#include <vector>

#include "eigenpair.hpp"
#include "map_tests.hpp"

namespace moebius::detail {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

constexpr std::size_t most_states = 32;  // beyond, a coefficient takes seconds
constexpr double most_sensitive = 1e6;   // |w| |q| of a multiplier: terms of h err by its square
constexpr double own_error = 1e-3;       // of the multiplier by the map, where its rounding shows
constexpr double agreed = 1e-2;          // of a coefficient's terms, by two maps
constexpr int most_maps = 4;             // besides the first
constexpr double most_magnified = 1e6;   // by a multiplier, so that half the digits are left
constexpr cycle_coefficient untold{std::numeric_limits<double>::quiet_NaN(),
                                   std::numeric_limits<double>::quiet_NaN()};

/// Whether a map's rounding leaves something of the terms beside a multiplier.
bool is_told(const MatrixXd& a, const eigenpair& at, complex mu) {
    const complex own = at.w.dot(VectorXcd(a * at.q));
    return at.w.norm() <= most_sensitive && std::abs(own - mu) <= own_error;
}

/// Whether two coefficients are one, as far as terms that cancel leave digits.
bool agree(const cycle_coefficient& l, const cycle_coefficient& r) {
    return std::abs(l.value - r.value) <= agreed * std::abs(r.value / r.share);
}

}  // namespace

return_map::return_map(const problem& at, const piecewise& cycle, double time, int more)
    : at_(at),
      beyond_(cycle.beyond),
      flow_(at, cycle, time, more),
      last_(cycle.values.rightCols(1)) {
    VectorXd f(last_.size());
    at_.model->rhs(view(last_), at_.parameters, view(f));
    section_ = f / f.squaredNorm();
    const MatrixXd y = flow_.derivative();
    derivative_ = beyond_.undone(y - f * (section_.transpose() * y));
}

MatrixXd return_map::along(const VectorXd& v, const VectorXd& w) const {
    MatrixXd y = MatrixXd::Zero(v.size(), 3);
    y.col(0) = v;
    y.col(1) = w;
    return beyond_.undone(landed(flow_.carried(y)));
}

double return_map::least() const {
    const double scale = at_.model->state_scale(at_.parameters);
    return least_of_forms / (scale * scale);
}

/// What reaches the section at the time T + t(s): with l y_k made zero order by order in
/// y + t f(y) + t^2/2 (f' f)(y) + t^3/6 (f'' f f + f' f' f)(y).
MatrixXd return_map::landed(const MatrixXd& y) const {
    const Index n = last_.size();
    VectorXd f(n);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(at_.parameters.size()));
    at_.model->linear(view(last_), at_.parameters, view(f), view(fx), view(fp));
    const multilinear forms(*at_.model, view(last_), at_.parameters, {});
    const VectorXd y1 = y.col(0), y2 = y.col(1);
    const VectorXd f1 = fx * y1, f2 = fx * y2 + forms.second(y1) / 2, twice = fx * f;
    const VectorXd twice1 = forms.second(f, y1) + fx * f1, thrice = forms.second(f) + fx * twice;
    const auto lands = [&](const VectorXd& at, double& t) -> VectorXd {
        t = -section_.dot(at);
        return at + t * f;
    };
    std::array<double, 3> t{};
    MatrixXd out(n, 3);
    out.col(0) = lands(y1, t[0]);
    out.col(1) = lands(y2 + t[0] * f1 + t[0] * t[0] / 2 * twice, t[1]);
    out.col(2) = lands(y.col(2) + t[1] * f1 + t[0] * f2 + t[0] * t[1] * twice +
                           t[0] * t[0] / 2 * twice1 + t[0] * t[0] * t[0] / 6 * thrice,
                       t[2]);
    return out;
}

cycle_coefficient flip_coefficient(const return_map& of) {
    const MatrixXd& a = of.derivative();
    const Index n = a.rows();
    const eigenpair at(a, -1.0);
    if (!is_told(a, at, -1)) return untold;
    const VectorXd q = at.q.real(), w = at.w.real(), none = VectorXd::Zero(n);
    // h = (1 - A)^-1 B(q, q), and the curve x + s q + s^2 h/2
    const MatrixXd bare = of.along(q, none);
    const VectorXd h = partial_lu<double>(MatrixXd::Identity(n, n) - a).solve(2 * bare.col(1));
    const double third = w.dot(bare.col(2)), whole = w.dot(of.along(q, h / 2).col(2));
    return {whole, whole / (std::abs(third) + std::abs(whole - third) + of.least())};
}

cycle_coefficient torus_coefficient(const return_map& of, double theta) {
    const MatrixXd& a = of.derivative();
    const VectorXd none = VectorXd::Zero(a.rows());
    const complex mu = std::polar(1.0, theta);
    const eigenpair at(a, mu), beside(at.q.conjugate(), at.w.conjugate());
    if (!is_told(a, at, mu)) return untold;
    const auto way = [&](double phase) -> VectorXd {
        return 2 * (std::polar(1.0, phase) * at.q).real();
    };
    // B(v, v)/2 = Re(z^2 B(q, q)) + B(q, conj q) for v = 2 Re(z q)
    using std::numbers::pi;
    const VectorXd one = of.along(way(0), none).col(1), two = of.along(way(pi / 2), none).col(1),
                   between = of.along(way(pi / 4), none).col(1);
    const VectorXd mixed = (one + two) / 2;
    const VectorXcd squared =
        ((one - two) / 2).cast<complex>() - i_unit * (between - mixed).cast<complex>();
    const complex b = at.w.dot(VectorXcd(squared.conjugate())) / 2.0;
    const VectorXd h11 = solve_shifted(a, 1.0, mixed.cast<complex>()).real();
    const VectorXcd h20 =
        solve_beside(a, mu * mu, beside, squared - beside.w.dot(squared) * beside.q);
    complex c = 0;
    double terms = std::norm(b) + of.least();
    for (int k = 0; k < 4; ++k) {  // the part of exp(i phase) in the cubic term
        const double phase = k * pi / 4;
        const VectorXd w = (std::polar(1.0, 2 * phase) * h20).real() + h11;
        const complex cubic = at.w.dot(VectorXcd(of.along(way(phase), w).col(2).cast<complex>()));
        c += std::polar(1.0, -phase) * cubic / 4.0;
        terms += std::abs(cubic) / 4;
    }
    const double value = (std::conj(mu) * c).real() - std::norm(b);
    return {value, value / terms};
}

bool has_coefficients(const problem& at, const floquet& multipliers) {
    const auto& all = multipliers.others;
    return at.model->dimension() <= most_states && !all.empty() &&
           std::all_of(all.begin(), all.end(),
                       [](complex mu) { return std::abs(mu) < most_magnified; });
}

void add_coefficient(special_point& point, const problem& at, const piecewise& cycle, double time,
                     double theta) {
    const bool flips = point.type == point_type::PD || point.type == point_type::GPD;
    const auto by = [&](int more) {
        const return_map map(at, cycle, time, more);
        return flips ? flip_coefficient(map) : torus_coefficient(map, theta);
    };
    auto seen = by(0);
    for (int more = 1; more <= most_maps; ++more) {
        const auto before = std::exchange(seen, by(more));
        if (!agree(before, seen)) continue;
        if (!flips) point.normal_form.emplace_back("theta", theta);
        point.normal_form.emplace_back(flips ? "b" : "a", seen.value);
        if (before.value * seen.value <= 0) return;
        if (point.type == point_type::PD) point.criticality = word_of(seen.value > 0);
        if (point.type == point_type::NS && !is_strong(theta))
            point.criticality = word_of(seen.value < 0);
        return;
    }
}

}  // namespace moebius::detail
