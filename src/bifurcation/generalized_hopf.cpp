// SPDX-License-Identifier: MIT
#include <Eigen/LU>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/normal_forms.hpp>
#include <moebius/model/complex_forms.hpp>

#include "eigenpair.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::Matrix4d;
using Eigen::MatrixXd;
using Eigen::Vector4d;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

using detail::i_unit;
constexpr int most_jet_halvings =
    6;  // of the distance at which jets are taken, from the state scale

/// The derivatives of order 4 and 5 of a field along lines, from its jets of order 3 at three
/// points of the line: the polynomial of degree 11 that has all of them.
class high_derivatives {
public:
    high_derivatives(const field& model, const std::vector<double>& x, const std::vector<double>& p)
        : model_(model), x_(x), p_(p), reach_(model.state_scale(p)) {
        // Coefficients of u^4 ... u^10 and of u^5 ... u^11 from value and derivatives at u = 1.
        for (Index odd = 0; odd < 2; ++odd) {
            Matrix4d at_one;
            for (Index j = 0; j < 4; ++j) {
                double falling = 1;
                for (Index k = 0; k < 4; ++k) {
                    at_one(k, j) = falling;
                    falling *= static_cast<double>(4 + odd + 2 * j - k);
                }
            }
            first_row_[static_cast<std::size_t>(odd)] = at_one.inverse().row(0);
        }
    }

    /// d^order f(x + t d) / dt^order at t = 0, order 4 or 5. Shape (n)
    [[nodiscard]] VectorXd along(const VectorXd& d, Index order) const {
        VectorXd best, last;
        double smallest = std::numeric_limits<double>::infinity();
        double h = reach_ / d.norm();
        if (!std::isfinite(h)) return VectorXd::Zero(d.size());
        for (int halvings = 0; halvings <= most_jet_halvings; ++halvings, h /= 2) {
            const VectorXd now = interpolated(d, order, h);
            // The distance at which half of it says the same.
            if (halvings > 0 && (now - last).norm() < smallest) {
                smallest = (now - last).norm();
                best = last;
            }
            last = now;
        }
        return (order == 4 ? 24 : 120) * best;
    }

private:
    [[nodiscard]] VectorXd interpolated(const VectorXd& d, Index order, double h) const {
        const Index odd = order - 4;
        const MatrixXd here = jets(0, d), ahead = jets(h, d), behind = jets(-h, d);
        VectorXd result = VectorXd::Zero(d.size());
        double factorial = 1, power = 1;
        for (Index k = 0; k < 4; ++k) {
            // The k-th derivative of the even (odd) part at h, without what the jet at 0 explains.
            const double side = (k + odd) % 2 == 0 ? 1 : -1;
            VectorXd part = factorial * (ahead.col(k) + side * behind.col(k)) / 2 * power;
            double scale = std::pow(h, static_cast<double>(odd));
            for (Index j = odd; j < 4; j += 2, scale *= h * h) {
                double falling = 1;
                for (Index i = 0; i < k; ++i) falling *= static_cast<double>(j - i);
                part -= falling * scale * here.col(j);
            }
            result += first_row_[static_cast<std::size_t>(odd)][k] * part;
            factorial *= static_cast<double>(k + 1);
            power *= h;
        }
        return result / std::pow(h, static_cast<double>(order));
    }

    /// Taylor coefficients about x + t d along d. Shape (n, 4)
    [[nodiscard]] MatrixXd jets(double t, const VectorXd& d) const {
        const VectorXd at = Eigen::Map<const VectorXd>(x_.data(), d.size()) + t * d;
        const VectorXd still = VectorXd::Zero(static_cast<Index>(p_.size()));
        MatrixXd out(d.size(), 4);
        model_.along(view(at), view(p_), view(d), view(still), view(out));
        return out;
    }

    const field& model_;
    const std::vector<double>&x_, &p_;
    double reach_;
    std::array<Eigen::RowVector4d, 2> first_row_;
};

/// f^(m)(a_1, ..., a_m), linear in each of the m = 4 or 5 complex directions.
/// @source polarization: 2^(m-1) m! f^(m)(a_1, ..., a_m) is a signed sum of f^(m)(d, ..., d) over
///         d = a_1 +- a_2 ... +- a_m
template <std::size_t m>
VectorXcd high_form(const high_derivatives& of, const std::array<const VectorXcd*, m>& a) {
    const Index n = a[0]->size();
    double lengths = 1, factorial = 1;
    std::array<std::array<VectorXd, 2>, m> parts;  // real and imaginary, of unit vectors
    for (std::size_t k = 0; k < m; ++k) {
        const double length = a[k]->norm();
        lengths *= length;
        factorial *= static_cast<double>(k + 1);
        parts[k] = {a[k]->real() / length, a[k]->imag() / length};
    }
    VectorXcd sum = VectorXcd::Zero(n);
    if (lengths == 0) return sum;
    for (unsigned imaginary = 0; imaginary < 1U << m; ++imaginary)
        for (unsigned minus = 0; minus < 1U << m; minus += 2) {  // never the first
            VectorXd d = VectorXd::Zero(n);
            complex factor = 1;
            for (std::size_t k = 0; k < m; ++k) {
                const std::size_t part = imaginary >> k & 1U;
                const double side = (minus >> k & 1U) != 0 ? -1 : 1;
                d += side * parts[k][part];
                factor *= part == 0 ? side : side * i_unit;
            }
            sum += factor * of.along(d, static_cast<Index>(m));
        }
    return sum * (lengths / (factorial * static_cast<double>(1U << (m - 1))));
}

}  // namespace

double second_lyapunov_coefficient(const field& model, const std::vector<double>& x,
                                   const std::vector<double>& p, double omega) {
    const MatrixXd a = detail::jacobian_at(model, x, p);
    const complex iw = i_unit * omega;
    const detail::eigenpair at(a, iw);
    const multilinear forms(model, x, p, {});
    const high_derivatives high(model, x, p);
    using V = VectorXcd;
    const auto B = [&](const V& l, const V& r) { return second_form(forms, l, r); };
    const auto C = [&](const V& l, const V& m, const V& r) { return third_form(forms, l, m, r); };
    const auto D = [&](const V& k, const V& l, const V& m, const V& r) {
        return high_form<4>(high, {&k, &l, &m, &r});
    };
    const auto solve = [&](complex z, const V& right) {
        return detail::solve_shifted(a, z, right);
    };

    const V &q = at.q, c = q.conjugate();
    const V h20 = solve(2.0 * iw, B(q, q)), h11 = solve(0.0, B(q, c));
    const V h02 = h20.conjugate();
    const V h30 = solve(3.0 * iw, C(q, q, q) + 3.0 * B(q, h20));
    const V cubic = C(q, q, c) + B(c, h20) + 2.0 * B(q, h11);
    const complex c1 = at.w.dot(cubic) / 2.0;
    const V h21 = detail::solve_beside(a, iw, at, cubic - 2.0 * c1 * q);
    const V h12 = h21.conjugate();
    const V h31 =
        solve(2.0 * iw, D(q, q, q, c) + 3.0 * C(q, q, h11) + 3.0 * C(q, c, h20) +
                            3.0 * B(h20, h11) + B(c, h30) + 3.0 * B(q, h21) - 6.0 * c1 * h20);
    const V h22 = solve(0.0, D(q, q, c, c) + 4.0 * C(q, c, h11) + C(c, c, h20) + C(q, q, h02) +
                                 2.0 * B(h11, h11) + 2.0 * B(q, h12) + 2.0 * B(c, h21) +
                                 B(h02, h20) - 4.0 * (c1 + std::conj(c1)) * h11);
    const V quintic = high_form<5>(high, {&q, &q, &q, &c, &c}) + D(q, q, q, h02) +
                      3.0 * D(q, c, c, h20) + 6.0 * D(q, q, c, h11) + C(c, c, h30) +
                      3.0 * C(q, q, h12) + 6.0 * C(q, c, h21) + 3.0 * C(q, h02, h20) +
                      6.0 * C(q, h11, h11) + 6.0 * C(c, h20, h11) + 2.0 * B(c, h31) +
                      3.0 * B(q, h22) + B(h02, h30) + 3.0 * B(h12, h20) + 6.0 * B(h11, h21);
    return at.w.dot(quintic).real() / (12 * omega);
}

}  // namespace moebius
