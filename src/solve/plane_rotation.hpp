// SPDX-License-Identifier: MIT
// Rotations of two rows or columns, real or complex.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <complex>

namespace moebius::detail {

inline double conjugate(double x) { return x; }
inline std::complex<double> conjugate(std::complex<double> x) { return std::conj(x); }
inline double squared(double x) { return x * x; }
inline double squared(std::complex<double> x) { return std::norm(x); }

/// c x + s y; std::complex would look for infinities.
inline double combined(double c, double x, double s, double y) { return c * x + s * y; }
inline std::complex<double> combined(double c, std::complex<double> x, std::complex<double> s,
                                     std::complex<double> y) {
    return {c * x.real() + s.real() * y.real() - s.imag() * y.imag(),
            c * x.imag() + s.real() * y.imag() + s.imag() * y.real()};
}

/// A rotation of two rows, or columns: (x, y) -> (c x + s y, -conj(s) x + c y).
template <typename Scalar>
struct plane_rotation {
    using Index = Eigen::Index;
    using matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
    double c = 1;
    Scalar s = 0;

    /// The one that makes (x, y) into (r, 0).
    static plane_rotation onto_first(Scalar x, Scalar y) {
        double x2 = squared(x), y2 = squared(y);
        if (x2 + y2 < 1e-200 || x2 + y2 > 1e200) {
            const double size = std::max(std::abs(x), std::abs(y));
            if (size == 0) return {};
            x /= size;
            y /= size;
            x2 = squared(x);
            y2 = squared(y);
        }
        if (y2 == 0) return {};
        if (x2 == 0) return {0, conjugate(y) / std::sqrt(y2)};
        const double r = std::sqrt(x2 + y2), ax = std::sqrt(x2);
        return {ax / r, x * conjugate(y) / (ax * r)};
    }
    /// Of the columns from `from` up to `to`.
    void rows(matrix& a, Index i, Index from, Index to) const {
        for (Index j = from; j < to; ++j) {
            const Scalar x = a(i, j), y = a(i + 1, j);
            a(i, j) = combined(c, x, s, y);
            a(i + 1, j) = combined(c, y, -conjugate(s), x);
        }
    }
    /// By the adjoint, from the right, of such rows.
    void columns(matrix& a, Index i, Index from, Index to) const {
        for (Index j = from; j < to; ++j) {
            const Scalar x = a(j, i), y = a(j, i + 1);
            a(j, i) = combined(c, x, conjugate(s), y);
            a(j, i + 1) = combined(c, y, -s, x);
        }
    }
};

}  // namespace moebius::detail
