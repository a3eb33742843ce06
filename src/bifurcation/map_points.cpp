// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/bifurcation/normal_forms.hpp>
#include <moebius/model/complex_forms.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/newton.hpp>
#include <moebius/solve/spectrum.hpp>
#include <numbers>

#include "eigenpair.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using complex = std::complex<double>;

constexpr double pi = std::numbers::pi;
constexpr double real_angle = 1e-6;  // theta this near to 0 or pi is no torus point
constexpr double resonance = 1e-6;   // theta this near to pi/2 or 2 pi/3 is a strong resonance

/// f = 0 and h = 0, the last unknown of [f_x - z b; c^H 0] (q, h) = (0, 1), for the eigenvalue
/// z = (exp(i theta) - 1)/step, in the scaled (x, p) and theta.
class multiplier_system {
public:
    multiplier_system(const problem& base, double step, const parameter_range& range)
        : model_(*base.model),
          scaling_(base, {range}),
          step_(step),
          x_(base.model->dimension()),
          p_(base.parameters),
          f_(static_cast<Index>(x_.size())),
          fx_(f_.size(), f_.size()),
          fp_(f_.size(), static_cast<Index>(p_.size())) {}

    /// @param theta  pi for a flip, which then stays so
    VectorXd start(const std::vector<double>& x, const std::vector<double>& p, double theta) {
        theta_ = theta;
        VectorXd u = scaling_.scale(x, p);
        linearise(u);
        if (theta == pi) {  // real borders, so that h is real
            const auto null = null_vectors(shifted().real());
            b_ = null.left.cast<complex>();
            c_ = null.right.cast<complex>();
            return u;
        }
        const detail::singular_pair near(fx_, eigenvalue());
        b_ = near.left;
        c_ = near.right;
        VectorXd longer(u.size() + 1);
        longer << u, theta;
        return longer;
    }

    void evaluate(const VectorXd& u, VectorXd& f, MatrixXd& df) {
        const Index n = f_.size();
        const bool turns = u.size() > n + 1;
        if (turns) theta_ = u[n + 1];
        linearise(u);
        MatrixXcd bordered(n + 1, n + 1);
        bordered << shifted(), b_, c_.adjoint(), 0;
        const partial_lu<complex> lu(bordered);
        const VectorXcd right = lu.solve(VectorXcd::Unit(n + 1, n));
        const VectorXcd left = lu.solve_adjoint(VectorXcd::Unit(n + 1, n));
        const VectorXcd w = left.head(n);
        // dh = -w^H (d f_x - dz) q
        VectorXcd q = VectorXcd::Zero(n + 1);
        q.head(n) = right.head(n);
        const multilinear forms(model_, x_, p_, scaling_.free());
        VectorXcd dh(n + 1);
        for (Index j = 0; j < n + 1; ++j)
            dh[j] = -w.dot(second_form(forms, q, VectorXcd::Unit(n + 1, j)));
        f.head(n) = f_;
        f[n] = right[n].real();
        df.setZero();
        df.topLeftCorner(n, n) = fx_;
        df.col(n).head(n) = fp_.col(static_cast<Index>(scaling_.free()[0]));
        df.row(n).head(n + 1) = dh.real().transpose();
        if (turns) {
            const complex by_theta = w.dot(right.head(n)) * complex(0, 1) * turn() / step_;
            f[n + 1] = right[n].imag();
            df.row(n + 1).head(n + 1) = dh.imag().transpose();
            df(n, n + 1) = by_theta.real();
            df(n + 1, n + 1) = by_theta.imag();
        }
        df.leftCols(n + 1) *= scaling_.units().asDiagonal();
    }

    void linearise(const VectorXd& u) {
        scaling_.unscale(u, x_, p_);
        model_.linear(x_, p_, view(f_), view(fx_), view(fp_));
    }

    [[nodiscard]] const std::vector<double>& state() const noexcept { return x_; }
    [[nodiscard]] const std::vector<double>& parameters() const noexcept { return p_; }
    [[nodiscard]] double theta() const noexcept { return theta_; }

private:
    [[nodiscard]] complex turn() const {
        return theta_ == pi ? complex(-1) : std::polar(1.0, theta_);
    }
    [[nodiscard]] complex eigenvalue() const { return (turn() - 1.0) / step_; }
    [[nodiscard]] MatrixXcd shifted() const { return detail::shifted(fx_, eigenvalue()); }

    const field& model_;
    scaling scaling_;
    double step_, theta_ = pi;
    std::vector<double> x_, p_;
    VectorXd f_;
    MatrixXd fx_, fp_;
    VectorXcd b_, c_;
};

void check(std::string_view where, double step) {
    if (!(step > 0 && std::isfinite(step)))
        throw invalid_argument(where, fmt::format("step is {}", step), "it must be > 0 and finite");
}

/// Newton's method on the system; sets it to the point that was found.
std::optional<double> solved(multiplier_system& system, const VectorXd& start) {
    const auto found = newton(
        [&](const VectorXd& u, VectorXd& f, MatrixXd& df) { system.evaluate(u, f, df); }, start);
    if (!found) return std::nullopt;
    VectorXd f(start.size());
    MatrixXd df(start.size(), start.size());
    system.evaluate(found.u, f, df);
    return f.lpNorm<Eigen::Infinity>();
}

/// The argument of the multiplier next to the unit circle, among those that are not real.
double nearest_angle(const problem& base, double step, const std::vector<double>& x,
                     const std::vector<double>& p) {
    double theta = 0, nearest = std::numeric_limits<double>::infinity();
    for (const auto& value : point_at(*base.model, point_type::NS, x, p).eigenvalues) {
        const complex multiplier = 1.0 + step * value;
        const double off = std::abs(std::abs(multiplier) - 1);
        if (multiplier.imag() > 0 && off < nearest) {
            nearest = off;
            theta = std::arg(multiplier);
        }
    }
    return theta;
}

}  // namespace

std::optional<special_point> find_flip(const problem& base, double step,
                                       const parameter_range& range, const std::vector<double>& x,
                                       const std::vector<double>& p) {
    check("find_flip", step);
    problem here = base;
    here.parameters = p;
    multiplier_system system(here, step, range);
    const auto residual = solved(system, system.start(x, p, pi));
    if (!residual) return std::nullopt;
    const auto& at_x = system.state();
    const auto& at_p = system.parameters();
    auto point = point_at(*base.model, point_type::PD, at_x, at_p);
    point.residual = std::max(point.residual, *residual);
    const double b = flip_coefficient(*base.model, step, at_x, at_p);
    point.normal_form = {{"b", b}};
    point.criticality = b > 0 ? "supercritical" : "subcritical";
    return point;
}

std::optional<special_point> find_torus(const problem& base, double step,
                                        const parameter_range& range, const std::vector<double>& x,
                                        const std::vector<double>& p) {
    check("find_torus", step);
    problem here = base;
    here.parameters = p;
    const double guess = nearest_angle(here, step, x, p);
    if (guess == 0) return std::nullopt;
    multiplier_system system(here, step, range);
    const auto residual = solved(system, system.start(x, p, guess));
    const double theta = system.theta();
    if (!residual || !(theta > real_angle && theta < pi - real_angle)) return std::nullopt;
    const auto& at_x = system.state();
    const auto& at_p = system.parameters();
    auto point = point_at(*base.model, point_type::NS, at_x, at_p);
    point.residual = std::max(point.residual, *residual);
    const double a = torus_coefficient(*base.model, step, theta, at_x, at_p);
    point.normal_form = {{"theta", theta}, {"a", a}};
    if (std::abs(theta - pi / 2) > resonance && std::abs(theta - 2 * pi / 3) > resonance)
        point.criticality = a < 0 ? "supercritical" : "subcritical";
    return point;
}

}  // namespace moebius
