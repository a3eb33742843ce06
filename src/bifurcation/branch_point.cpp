// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/branch_point.hpp>
#include <moebius/bifurcation/fold.hpp>
#include <moebius/model/derivatives.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/newton.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double imperfect =
    1e-12;  // b beyond this, against the second derivatives, is a near miss
constexpr Index most_states = 1024;    // Moore's system is dense: beyond, gigabytes and minutes
constexpr double no_quadratic = 1e-7;  // against the cubic and mixed terms: a pitchfork

/// The linear terms and w^T f'' at (x, p) in scaled unknowns.
struct scaled_terms {
    VectorXd f;
    MatrixXd df;  // (n, n + 1)
    std::vector<double> x, p;

    scaled_terms(const equilibrium_curve& curve, const VectorXd& u)
        : f(u.size() - 1),
          df(u.size() - 1, u.size()),
          x(curve.base().model->dimension()),
          p(curve.base().parameters) {
        const Index n = f.size();
        MatrixXd fx(n, n), fp(n, static_cast<Index>(p.size()));
        curve.units().unscale(u, x, p);
        curve.base().model->linear(x, view(p), view(f), view(fx), view(fp));
        df << fx, fp.col(static_cast<Index>(curve.units().free()[0]));
        df = df * curve.units().units().asDiagonal();
    }

    [[nodiscard]] MatrixXd hessian(const equilibrium_curve& curve, const VectorXd& w) const {
        const multilinear forms(*curve.base().model, x, p, curve.units().free());
        const auto units = curve.units().units().asDiagonal();
        return units * forms.hessian(w) * units;
    }
};

/// Unknowns z = (x, p, w, b), all scaled.
void moore_system(const equilibrium_curve& curve, const VectorXd& z, VectorXd& f, MatrixXd& df) {
    const Index n = curve.unknowns() - 1;
    const VectorXd u = z.head(n + 1), w = z.segment(n + 1, n);
    const double b = z[2 * n + 1];
    const scaled_terms at(curve, u);
    f.head(n) = at.f + b * w;
    f.segment(n, n + 1) = at.df.transpose() * w;
    f[2 * n + 1] = w.squaredNorm() - 1;
    df.setZero();
    df.topLeftCorner(n, n + 1) = at.df;
    df.block(0, n + 1, n, n).diagonal().setConstant(b);
    df.col(2 * n + 1).head(n) = w;
    df.block(n, 0, n + 1, n + 1) = at.hessian(curve, w);
    df.block(n, n + 1, n + 1, n) = at.df.transpose();
    df.row(2 * n + 1).segment(n + 1, n) = 2 * w.transpose();
}

/// Directions alpha phi_1 + beta phi_2 with w^T f'' of them zero; empty if none are real.
std::vector<VectorXd> crossing_tangents(const MatrixXd& df, const MatrixXd& hessian) {
    const MatrixXd kernel = svd(df).v.rightCols(2);
    const Eigen::Matrix2d a = kernel.transpose() * hessian * kernel;
    // a00 s^2 + 2 a01 s t + a11 t^2 = 0: rotate to the eigenbasis, d0 s^2 + d1 t^2 = 0
    const auto [d, turn] = eigen_of_symmetric(a);
    const double d0 = d[0], d1 = d[1];
    if (!(d0 < 0 && d1 > 0)) return {};
    const Eigen::Vector2d s = turn.col(0) * std::sqrt(d1);
    const Eigen::Vector2d t = turn.col(1) * std::sqrt(-d0);
    return {(kernel * (s + t)).normalized(), (kernel * (s - t)).normalized()};
}

/// Fills normal form and criticality; `tangents` are scaled.
void describe(const equilibrium_curve& curve, const scaled_terms& at, crossing& found) {
    auto& point = found.point;
    const Index n = curve.unknowns() - 1;
    const double unit = curve.units().units()[0];
    const auto form = centre_manifold_at(*curve.base().model, at.x, at.p);
    const auto null = null_vectors(at.df.leftCols(n) / unit);
    // along the tangent that goes most in the parameter: the primary branch
    VectorXd primary = found.tangents[0];
    if (std::abs(found.tangents[1][n]) > std::abs(primary[n])) primary = found.tangents[1];
    primary = primary.cwiseProduct(curve.units().units());
    VectorXd v = VectorXd::Zero(n + 1);
    v.head(n) = null.right;
    const multilinear forms(*curve.base().model, at.x, at.p, curve.units().free());
    const double mixed =
        null.left.dot(forms.second(v, primary / primary[n])) / null.left.dot(null.right);
    point.normal_form = {
        {"quadratic", form.quadratic}, {"cubic", form.cubic}, {"transversality", mixed}};
    const double q = std::abs(form.quadratic) * unit;  // over one state scale
    const double others =
        std::abs(form.cubic) * unit * unit + std::abs(mixed * curve.units().units()[n]);
    if (q > no_quadratic * others)
        point.criticality = "transcritical";
    else
        point.criticality = form.cubic < 0 ? "supercritical" : "subcritical";
}

}  // namespace

std::optional<crossing> find_branch_point(const equilibrium_curve& curve, const VectorXd& u) {
    const Index n = curve.unknowns() - 1;
    if (n > most_states) return std::nullopt;
    const scaled_terms near(curve, u);
    VectorXd z(2 * n + 2);
    z << u, svd(near.df).u.col(n - 1), 0;
    const auto solved = newton(
        [&](const VectorXd& at, VectorXd& f, MatrixXd& df) { moore_system(curve, at, f, df); }, z);
    if (!solved) return std::nullopt;

    crossing found;
    found.u = solved.u.head(n + 1);
    const VectorXd w = solved.u.segment(n + 1, n);
    const scaled_terms at(curve, found.u);
    const MatrixXd hessian = at.hessian(curve, w);
    if (std::abs(solved.u[2 * n + 1]) > imperfect * hessian.norm()) return std::nullopt;
    found.tangents = crossing_tangents(at.df, hessian);
    if (found.tangents.empty()) return std::nullopt;
    found.point = point_at(*curve.base().model, point_type::BP, at.x, at.p);
    found.point.residual = std::max(found.point.residual, solved.residual);
    describe(curve, at, found);
    return found;
}

}  // namespace moebius
