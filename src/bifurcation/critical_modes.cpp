// SPDX-License-Identifier: MIT
#include "critical_modes.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectrum.hpp>
#include <utility>

#include "eigenpair.hpp"
#include "mode_parts.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;
using detail::add_to;
using detail::inner;
using detail::values;

/// The series of f along s v.
std::vector<enclosed> along(const critical_space& space, values x, values p, values v) {
    std::vector<enclosed> line(space.size()), out(space.size());
    add_to(line, 1, v);
    space.along(x, p, line, out);
    return out;
}

std::vector<enclosed> constants(std::span<const double> of) { return {of.begin(), of.end()}; }

VectorXd with_part_along(const VectorXd& v, const VectorXd& taken_off) {
    return v - taken_off.dot(v) * taken_off;
}

/// Real and imaginary part of (f_x - (re + i im)) (a + i b), then of c^H (a + i b) - 1.
void complex_equations(const critical_space& space, values x, values p, values own,
                       const enclosed& re, const enclosed& im, const VectorXcd& c,
                       std::span<enclosed> out) {
    const std::size_t m = space.size();
    const values a = own.first(m), b = own.subspan(m, m);
    const auto fa = along(space, x, p, a), fb = along(space, x, p, b);
    for (std::size_t i = 0; i < m; ++i) {
        out[i] = fa[i].coefficient(1) - re * a[i] + im * b[i];
        out[m + i] = fb[i].coefficient(1) - re * b[i] - im * a[i];
    }
    out[2 * m] = inner(c.real(), a) + inner(c.imag(), b) - 1.0;
    out[2 * m + 1] = inner(c.real(), b) - inner(c.imag(), a);
}

/// The eigenvalue with a positive imaginary part for which `off` is least.
template <typename Off>
complex nearest_pair(const MatrixXd& fx, const Off& off) {
    complex nearest = 0;
    double least = infinite;
    for (const complex value : eigenvalues(fx)) {
        if (!(value.imag() > 0) || !(off(value) < least)) continue;
        least = off(value);
        nearest = value;
    }
    return nearest;
}

/// |1 + step value| - 1, over the step.
double off_circle(complex value, double step) {
    return std::abs(std::abs(1.0 + step * value) - 1) / step;
}

VectorXd parts_of(const VectorXcd& q, std::initializer_list<double> rates) {
    VectorXd out(2 * q.size() + static_cast<Index>(rates.size()));
    out << q.real(), q.imag(),
        Eigen::Map<const VectorXd>(rates.begin(), static_cast<Index>(rates.size()));
    return out;
}

}  // namespace

critical_mode real_mode(const critical_space& space, const mode_place& at, const enclosed& value) {
    MatrixXd shifted = space.jacobian(at.x, at.p);
    shifted.diagonal().array() -= value.value().middle();
    const VectorXd c = null_vectors(shifted).right;
    return {c, space.size() + 1, [space, c, value](values x, values p, values v, auto out) {
                const auto series = along(space, x, p, v);
                for (std::size_t i = 0; i < v.size(); ++i)
                    out[i] = series[i].coefficient(1) - value * v[i];
                out[v.size()] = inner(c, v) - 1.0;
            }};
}

critical_mode cusp_mode(const critical_space& space, const mode_place& at) {
    const MatrixXd fx = space.jacobian(at.x, at.p);
    const std::size_t m = space.size();
    const VectorXd c = null_vectors(fx).right;
    const auto x = constants(at.x), p = constants(at.p);
    const auto bend = along(space, x, p, std::vector<enclosed>(c.begin(), c.end()));
    VectorXd right(c.size());
    for (std::size_t i = 0; i < m; ++i) right[static_cast<Index>(i)] = -bend[i].value(2).middle();
    VectorXd guess(2 * c.size());
    guess << c, with_part_along(least_squares(fx, right, 1e-6), c);
    return {guess, 2 * m + 2, [space, c, m](values at_x, values at_p, values own, auto out) {
                const values v = own.first(m), z = own.subspan(m);
                std::vector<enclosed> line(m), series(m);
                add_to(line, 1, v);
                add_to(line, 2, z);
                space.along(at_x, at_p, line, series);
                for (std::size_t i = 0; i < m; ++i) {
                    out[i] = series[i].coefficient(1);
                    out[m + i] = series[i].coefficient(2);
                }
                out[2 * m] = inner(c, v) - 1.0;
                out[2 * m + 1] = inner(c, z);
            }};
}

critical_mode chain_mode(const critical_space& space, const mode_place& at) {
    const MatrixXd fx = space.jacobian(at.x, at.p);
    const std::size_t m = space.size();
    const VectorXd c = null_vectors(fx).right;
    VectorXd guess(2 * c.size());
    guess << c, with_part_along(least_squares(fx, c, 1e-6), c);
    return {guess, 2 * m + 2, [space, c, m](values x, values p, values own, auto out) {
                const values v = own.first(m), g = own.subspan(m);
                const auto by_v = along(space, x, p, v), by_g = along(space, x, p, g);
                for (std::size_t i = 0; i < m; ++i) {
                    out[i] = by_v[i].coefficient(1);
                    out[m + i] = by_g[i].coefficient(1) - v[i];
                }
                out[2 * m] = inner(c, v) - 1.0;
                out[2 * m + 1] = inner(c, g);
            }};
}

critical_mode pair_mode(const critical_space& space, const mode_place& at) {
    const auto near = nearest_pair(space.jacobian(at.x, at.p),
                                   [](complex value) { return std::abs(value.real()); });
    return pair_mode(space, at, near.imag());
}

critical_mode pair_mode(const critical_space& space, const mode_place& at, double omega) {
    const MatrixXd fx = space.jacobian(at.x, at.p);
    const VectorXcd c = detail::singular_pair(fx, complex(0, omega)).right;
    const auto unknowns = 2 * space.size() + 1;
    return {parts_of(c, {omega}), unknowns + 1,
            [space, c](values x, values p, values own, auto out) {
                complex_equations(space, x, p, own, 0.0, own.back(), c, out);
            },
            unknowns};
}

critical_mode circle_mode(const critical_space& space, const mode_place& at, double step) {
    const MatrixXd fx = space.jacobian(at.x, at.p);
    const complex value = nearest_pair(fx, [step](complex each) { return off_circle(each, step); });
    const complex turn = (1.0 + step * value) / std::abs(1.0 + step * value);
    const VectorXcd c = detail::singular_pair(fx, (turn - 1.0) / step).right;
    return {parts_of(c, {turn.real(), turn.imag()}), 2 * space.size() + 3,
            [space, c, step](values x, values p, values own, auto out) {
                const enclosed &cosine = own[own.size() - 2], &sine = own.back();
                complex_equations(space, x, p, own, (cosine - 1.0) / step, sine / step, c, out);
                out.back() = cosine * cosine + sine * sine - 1.0;
            },
            2 * space.size() + 2};
}

mode_distance distance_to_modes(const critical_space& space, const mode_place& at, double step) {
    const MatrixXd fx = space.jacobian(at.x, at.p);
    mode_distance off{infinite, infinite, infinite, infinite, infinite};
    std::vector<double> sizes;
    for (const complex value : eigenvalues(fx)) {
        sizes.push_back(std::abs(value));
        if (value.imag() > 0) off.pair = std::min(off.pair, std::abs(value.real()));
        if (step == 0) continue;
        off.flip = std::min(off.flip, std::abs(value + 2 / step));
        if (value.imag() > 0) off.circle = std::min(off.circle, off_circle(value, step));
    }
    std::sort(sizes.begin(), sizes.end());
    off.zero = sizes[0];
    if (sizes.size() > 1) off.twice = sizes[1];
    return off;
}

}  // namespace moebius
